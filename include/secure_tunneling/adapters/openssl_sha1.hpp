// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_OPENSSL_SHA1_HPP
#define SECURE_TUNNELING_ADAPTERS_OPENSSL_SHA1_HPP

#include <openssl/evp.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace secure_tunneling {
inline namespace v0_1 {

/// SHA-1 by OpenSSL, for names only: the AWS tools call the file of an SSO token by it.
struct OpensslSha1 {
  /// The digest of `text` in lower-case hexadecimal; empty when OpenSSL has no SHA-1.
  static std::string hex(std::string_view text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr) != 1) return {};
    std::string out;
    for (std::size_t i = 0; i != size; ++i) {
      out.push_back("0123456789abcdef"[digest[i] >> 4]);
      out.push_back("0123456789abcdef"[digest[i] & 15]);
    }
    return out;
  }
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_OPENSSL_SHA1_HPP
