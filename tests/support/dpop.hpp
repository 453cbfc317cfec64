// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "support/json.hpp"

/// A key on P-256 as `openssl ecparam -name prime256v1 -genkey` makes it, and the coordinates of
/// its public key by `openssl ec -pubout -outform DER`.
constexpr const char* dpopKey =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIPbsjuxY2G2ZtoOqbVWMWp0xm1/y8ETFIghMFK9sMu5aoAoGCCqGSM49\n"
    "AwEHoUQDQgAErxX66LUvjpF4XVbjMohU4pK+hwccLD48e2ZB0SmgkBy2k+8qm4v2\n"
    "N3g7KaZ+/NMxVdVyawYXC3lGCTSD5n3YQQ==\n"
    "-----END EC PRIVATE KEY-----\n";
constexpr const char* dpopX = "rxX66LUvjpF4XVbjMohU4pK-hwccLD48e2ZB0SmgkBw";
constexpr const char* dpopY = "tpPvKpuL9jd4OymmfvzTMVXVcmsGFwt5Rgk0g-Z92EE";

/// The bytes of base64url without padding; nothing of what is none.
inline std::string fromBase64Url(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const std::size_t digit = digits.find(c);
    if (digit == std::string_view::npos) return "";
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

/// Whoever checks proofs of possession: AWS Sign-In, which knows the session's public key.
class DpopVerifier {
 public:
  /// What is wrong with a proof that came with a POST to `url` at `unixSeconds`, or so many seconds
  /// before; empty for a good one. Each is good once.
  std::string problemOf(std::string_view proof, std::string_view url, std::int64_t unixSeconds,
                        std::int64_t oldest = 0) {
    const std::size_t first = proof.find('.');
    const std::size_t last = proof.rfind('.');
    if (first == last) return "not three parts";
    const auto header = Json::parse(fromBase64Url(proof.substr(0, first)));
    const auto payload = Json::parse(fromBase64Url(proof.substr(first + 1, last - first - 1)));
    const std::string signature = fromBase64Url(proof.substr(last + 1));
    if (!header || !payload) return "not JSON";
    const Json& jwk = (*header)["jwk"];
    if ((*header)["typ"].text() != "dpop+jwt" || (*header)["alg"].text() != "ES256" ||
        header->names().size() != 3) {
      return "the header";
    }
    if (jwk["kty"].text() != "EC" || jwk["crv"].text() != "P-256" || jwk["x"].text() != dpopX ||
        jwk["y"].text() != dpopY || jwk.names().size() != 4) {
      return "the key";
    }
    if ((*payload)["htm"].text() != "POST" || (*payload)["htu"].text() != url ||
        payload->names().size() != 4) {
      return "the request";
    }
    const Json& issued = (*payload)["iat"];
    const std::int64_t age = unixSeconds - issued.integer();
    if (issued.type() != Json::Type::Number || age < 0 || age > oldest) return "the time";
    const std::string& id = (*payload)["jti"].text();
    if (id.size() != 36 || id[14] != '4' || std::string("89ab").find(id[19]) == std::string::npos ||
        !ids_.insert(id).second) {
      return "the id";
    }
    return isSignedBy(jwk, proof.substr(0, last), signature) ? "" : "the signature";
  }

 private:
  static std::string derInteger(std::string number) {
    while (number.size() > 1 && number[0] == '\0' && static_cast<unsigned char>(number[1]) < 0x80)
      number.erase(0, 1);
    if (static_cast<unsigned char>(number[0]) >= 0x80) number.insert(0, 1, '\0');
    return std::string("\x02") + static_cast<char>(number.size()) + number;
  }
  static bool isSignedBy(const Json& jwk, std::string_view text, const std::string& signature) {
    if (signature.size() != 64) return false;
    const std::string integers =
        derInteger(signature.substr(0, 32)) + derInteger(signature.substr(32));
    const std::string der = std::string("\x30") + static_cast<char>(integers.size()) + integers;
    // A SubjectPublicKeyInfo of RFC 5480 for secp256r1.
    const std::string info =
        std::string(
            "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48"
            "\xce\x3d\x03\x01\x07\x03\x42\x00\x04",
            27) +
        fromBase64Url(jwk["x"].text()) + fromBase64Url(jwk["y"].text());
    const auto* at = reinterpret_cast<const unsigned char*>(info.data());
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        d2i_PUBKEY(nullptr, &at, static_cast<long>(info.size())), &EVP_PKEY_free);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    return key != nullptr &&
           EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
           EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(der.data()),
                            der.size(), reinterpret_cast<const unsigned char*>(text.data()),
                            text.size()) == 1;
  }

  std::set<std::string> ids_;
};

/// A session file; `expiresAt` is the end of its credentials.
inline std::string loginFile(const std::string& expiresAt, const std::string& key = dpopKey) {
  std::string lines;
  for (const char c : key)
    lines += c == '\n' ? "\\n" : std::string(1, c);
  return R"({"accessToken": {"accessKeyId": "ASIAOLD", "secretAccessKey": "canary-secret-of-old", )"
         R"("sessionToken": "canary-token-of-old", "accountId": "123456789012", "expiresAt": ")" +
         expiresAt +
         R"("}, "tokenType": "aws_sigv4", "clientId": )"
         R"("arn:aws:signin:::devtools/same-device", "refreshToken": )"
         R"("canary-refresh-1", "idToken": "a.\u0062.\"c\\", "dpopKey": ")" +
         lines + R"(", "extra": {"refreshToken": 1.50, "list": [null, true, -0e1]}})";
}
