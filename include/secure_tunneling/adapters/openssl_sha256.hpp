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
      : context_(std::exchange(other.context_, nullptr)) {}
  OpensslSha256& operator=(OpensslSha256&& other) noexcept {
    std::swap(context_, other.context_);
    return *this;
  }
  /// @}
  ~OpensslSha256() { EVP_MD_CTX_free(context_); }

  /// Begins a message; one that was not finished is dropped.
  [[nodiscard]] bool init() noexcept {
    const bool isBegun =
        context_ == nullptr ? begin() : EVP_DigestInit_ex(context_, sameAgain(), nullptr) == 1;
    return isBegun || drop();
  }
  /// Goes on with the message that `other` has begun; false where OpenSSL cannot copy that.
  [[nodiscard]] bool copyFrom(const OpensslSha256& other) noexcept {
    if (context_ == nullptr) context_ = EVP_MD_CTX_new();
    return (context_ != nullptr && EVP_MD_CTX_copy_ex(context_, other.context_) == 1) || drop();
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
  /// Begins the first message. On first use and not in the constructor, for fetching may load a
  /// provider from a file.
  bool begin() noexcept {
    context_ = EVP_MD_CTX_new();
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
#else
    const EVP_MD* const digest = EVP_sha256();
#endif
    const bool isBegun = context_ != nullptr && EVP_DigestInit_ex(context_, digest, nullptr) == 1;
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    EVP_MD_free(digest);
#endif
    return isBegun;
  }
  /// The digest of a context that has had its first message: null in OpenSSL 3, which would fetch
  /// again what is named. Others need to be told, and some of them read what null points to.
  static const EVP_MD* sameAgain() noexcept {
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    return nullptr;
#else
    return EVP_sha256();
#endif
  }
  /// OpenSSL 1.1.1 would take what it could not set up for ready the next time.
  bool drop() noexcept {
    EVP_MD_CTX_free(std::exchange(context_, nullptr));
    return false;
  }

  /// Has its digest; null before the first message.
  EVP_MD_CTX* context_ = nullptr;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_OPENSSL_SHA256_HPP
