// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_OPENSSL_SHA256_HPP
#define SECURE_TUNNELING_ADAPTERS_OPENSSL_SHA256_HPP

/// @file
/// SHA-256 by OpenSSL. Link with libcrypto.

#include <openssl/evp.h>

#include <cstddef>
#include <utility>

namespace secure_tunneling {
inline namespace v0_2 {

/// The hash policy over OpenSSL's EVP interface. The digest is fetched once, from the providers
/// that the program has configured (a FIPS one is honoured), and one context is reused: a message
/// after the first allocates no more than the provider does for it. Needs OpenSSL 3 for the
/// explicit fetch; with 1.1.1 the built-in digest is used. Move-only; one thread at a time.
class OpensslSha256 {
 public:
  /// Bytes of a digest.
  static constexpr std::size_t digestSize = 32;
  /// Bytes of the blocks that SHA-256 works in, which HMAC has to know.
  static constexpr std::size_t blockSize = 64;

  /// Takes nothing from OpenSSL before the first message.
  OpensslSha256() noexcept = default;
  /// Takes the message that was begun, too.
  /// @{
  OpensslSha256(OpensslSha256&& other) noexcept
      : digest_(std::exchange(other.digest_, nullptr)),
        context_(std::exchange(other.context_, nullptr)) {}
  OpensslSha256& operator=(OpensslSha256&& other) noexcept {
    std::swap(digest_, other.digest_);
    std::swap(context_, other.context_);
    return *this;
  }
  /// @}
  ~OpensslSha256() {
    EVP_MD_CTX_free(context_);
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    EVP_MD_free(digest_);
#endif
  }

  /// Begins a message; one that was not finished is dropped.
  [[nodiscard]] bool init() noexcept {
    prepare();
    if (context_ != nullptr && EVP_DigestInit_ex(context_, digest_, nullptr) == 1) return true;
    // OpenSSL 1.1.1 would take what it could not set up for ready the next time.
    EVP_MD_CTX_free(std::exchange(context_, nullptr));
    return false;
  }
  /// Adds `size` bytes to the message; may be 0.
  [[nodiscard]] bool update(const void* data, std::size_t size) noexcept {
    return EVP_DigestUpdate(context_, data, size) == 1;
  }
  /// Ends the message, and writes the 32 bytes of its digest.
  [[nodiscard]] bool final(unsigned char* digest) noexcept {
    return EVP_DigestFinal_ex(context_, digest, nullptr) == 1;
  }

 private:
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
  using Digest = EVP_MD;
#else
  using Digest = const EVP_MD;
#endif

  // Fetched on first use and not in the constructor: fetching may load a provider from a file.
  void prepare() noexcept {
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    if (digest_ == nullptr) digest_ = EVP_MD_fetch(nullptr, "SHA256", nullptr);
#else
    digest_ = EVP_sha256();
#endif
    if (context_ == nullptr) context_ = EVP_MD_CTX_new();
  }

  Digest* digest_ = nullptr;
  EVP_MD_CTX* context_ = nullptr;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_OPENSSL_SHA256_HPP
