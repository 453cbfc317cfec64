// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_DPOP_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_DPOP_HPP

#include <cstdint>
#include <string>
#include <string_view>

#include "secure_tunneling/credentials/detail/token_file.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/secret.hpp"
#include "secure_tunneling/sigv4/detail/hash_message.hpp"

/// Proofs of possession of a private key (DPoP, RFC 9449), by ECDSA on P-256 (ES256). `Key` is as
/// of `BasicLoginCredentials`.
namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// Appends base64url of `bytes`, without padding.
inline void appendBase64Url(std::string_view bytes, std::string& out) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6)
      out.push_back(digits[bits >> (count - 6) & 63]);
  }
  if (count != 0) out.push_back(digits[bits << (6 - count) & 63]);
}

/// A UUID of version 4.
inline std::string uuidOf(unsigned char (&random)[16]) {
  random[6] = static_cast<unsigned char>((random[6] & 0x0f) | 0x40);
  random[8] = static_cast<unsigned char>((random[8] & 0x3f) | 0x80);
  char hex[2 * sizeof random];
  sigv4::detail::toHex(random, sizeof random, hex);
  const std::string_view text(hex, sizeof hex);
  return filled("{}-{}-{}-{}-{}", {text.substr(0, 8), text.substr(8, 4), text.substr(12, 4),
                                   text.substr(16, 4), text.substr(20)});
}

/// Appends the proof of `key` for a POST to `url` at `unixSeconds`; false where the key's engine
/// fails.
template <class Key>
[[nodiscard]] bool appendDpopProof(const Key& key, std::string_view url, std::int64_t unixSeconds,
                                   std::string& out) {
  unsigned char random[16];
  if (!Key::random(random)) return false;
  const std::string_view point = key.point();
  std::string header = R"({"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":")";
  appendBase64Url(point.substr(0, 32), header);
  header += R"(","y":")"sv;
  appendBase64Url(point.substr(32), header);
  header += R"("}})"sv;
  std::string quotedUrl;
  appendJsonString(quotedUrl, url);
  const std::string payload =
      filled(R"({"htm":"POST","htu":{},"iat":{},"jti":"{}"})",
             {quotedUrl, Decimal(static_cast<std::uint64_t>(unixSeconds)).text(), uuidOf(random)});
  std::string proof;
  appendBase64Url(header, proof);
  proof += '.';
  appendBase64Url(payload, proof);
  char signature[64];
  if (!key.sign(proof, signature)) return false;
  proof += '.';
  appendBase64Url({signature, sizeof signature}, proof);
  out += proof;
  return true;
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_DPOP_HPP
