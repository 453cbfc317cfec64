// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_OPENSSL_DPOP_KEY_HPP
#define SECURE_TUNNELING_ADAPTERS_OPENSSL_DPOP_KEY_HPP

/// @file
/// The key of a session of `aws login`, by OpenSSL. Link with libcrypto.

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <climits>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// Takes an INTEGER off `der` and writes it to 32 bytes, big-endian; false where there is none that
/// fits.
inline bool takeDerInteger(std::string_view& der, char* out) noexcept {
  constexpr std::size_t size = 32;
  if (der.size() < 2 || der[0] != '\x02') return false;
  const std::size_t length = static_cast<unsigned char>(der[1]);
  if (length > der.size() - 2) return false;
  std::string_view number(der.data() + 2, length);
  der.remove_prefix(2 + length);
  while (number.size() > size && number.front() == '\0')
    number.remove_prefix(1);
  if (number.empty() || number.size() > size) return false;
  std::memset(out, 0, size);
  std::memcpy(out + size - number.size(), number.data(), number.size());
  return true;
}

/// An ECDSA signature in DER as r and s, of 32 bytes each; false where it is none.
inline bool readEcdsaSignature(std::string_view der, char (&out)[64]) noexcept {
  if (der.size() < 2 || der[0] != '\x30' || static_cast<unsigned char>(der[1]) != der.size() - 2) {
    return false;
  }
  der.remove_prefix(2);
  return takeDerInteger(der, out) && takeDerInteger(der, out + 32) && der.empty();
}

/// Takes back what OpenSSL adds to its queue of errors meanwhile: whoever looks there next is not
/// to find it.
class OpensslErrors {
 public:
  OpensslErrors() noexcept { ERR_set_mark(); }
  ~OpensslErrors() { ERR_pop_to_mark(); }
  OpensslErrors(const OpensslErrors&) = delete;
  OpensslErrors& operator=(const OpensslErrors&) = delete;
};

}  // namespace detail

/// The `Key` of `BasicLoginCredentials` by OpenSSL, which wipes the key itself at its end. Works
/// with 1.1.1 and later, by its EVP interface.
class OpensslDpopKey {
 public:
  OpensslDpopKey() noexcept = default;
  ~OpensslDpopKey() { EVP_PKEY_free(key_); }
  OpensslDpopKey(const OpensslDpopKey&) = delete;
  OpensslDpopKey& operator=(const OpensslDpopKey&) = delete;

  /// Lets go of the key.
  void clear() noexcept {
    EVP_PKEY_free(key_);
    key_ = nullptr;
  }
  /// Reads a key in PEM that is not encrypted. False where it is none on P-256.
  [[nodiscard]] bool read(std::string_view pem) {
    clear();
    const detail::OpensslErrors errors;
    BIO* const text =
        pem.size() > INT_MAX ? nullptr : BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    if (text != nullptr) key_ = PEM_read_bio_PrivateKey(text, nullptr, &noPassphrase, nullptr);
    BIO_free(text);
    return key_ != nullptr && readPoint();
  }
  /// Signs the SHA-256 of `text`: r and s, 32 bytes each.
  [[nodiscard]] bool sign(std::string_view text, char (&signature)[64]) const noexcept {
    const detail::OpensslErrors errors;
    unsigned char der[72];
    std::size_t size = sizeof der;
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    const bool isSigned =
        context != nullptr &&
        EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_) == 1 &&
        EVP_DigestSign(context, der, &size, reinterpret_cast<const unsigned char*>(text.data()),
                       text.size()) == 1;
    EVP_MD_CTX_free(context);
    return isSigned &&
           detail::readEcdsaSignature({reinterpret_cast<const char*>(der), size}, signature);
  }
  /// Fills `bytes` with random numbers that nobody can predict. False where OpenSSL has none.
  [[nodiscard]] static bool random(unsigned char (&bytes)[16]) noexcept {
    const detail::OpensslErrors errors;
    return RAND_bytes(bytes, sizeof bytes) == 1;
  }
  /// The public key: x and y, 32 bytes each.
  [[nodiscard]] std::string_view point() const noexcept { return {point_, sizeof point_}; }

 private:
  /// Nobody is asked for one, as OpenSSL would on the terminal.
  static int noPassphrase(char*, int, int, void*) noexcept { return -1; }

  /// The public key, where it has the form of all on P-256: a header, and a point that is not
  /// compressed.
  [[nodiscard]] bool readPoint() noexcept {
    constexpr unsigned char form[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                      0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                      0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
    unsigned char der[sizeof form + sizeof point_];
    unsigned char* end = der;
    const bool isIt = i2d_PUBKEY(key_, nullptr) == sizeof der &&
                      i2d_PUBKEY(key_, &end) == sizeof der &&
                      std::memcmp(der, form, sizeof form) == 0;
    if (isIt) std::memcpy(point_, der + sizeof form, sizeof point_);
    return isIt;
  }

  EVP_PKEY* key_ = nullptr;
  char point_[64] = {};
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_OPENSSL_DPOP_KEY_HPP
