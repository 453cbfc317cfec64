// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_MBEDTLS_SHA256_HPP
#define SECURE_TUNNELING_ADAPTERS_MBEDTLS_SHA256_HPP

/// @file
/// SHA-256 by Mbed TLS 2.7 to 3.x. Link with libmbedcrypto.

#if !__has_include(<mbedtls/sha256.h>)
#error \
    "Mbed TLS 4 has no mbedtls/sha256.h for programs: secure_tunneling/adapters/psa_sha256.hpp is for it"
#endif
#include <mbedtls/sha256.h>
#include <mbedtls/version.h>

#include <cstddef>

namespace secure_tunneling {
inline namespace v0_2 {

/// The hash policy over Mbed TLS 2.7 to 3.x, and with MBEDTLS_SHA256_ALT over the hash engine of a
/// chip. For Mbed TLS 4, and wherever the PSA Crypto API is there, take `psa_sha256.hpp`. An engine
/// that reports a failure makes the call end in `ErrorKind::Signing`. Link with libmbedcrypto.
/// Allocates nothing itself, wipes its context when it goes; one thread at a time.
class MbedtlsSha256 {
 public:
  /// Bytes of a digest.
  static constexpr std::size_t digestSize = 32;
  /// Bytes of the blocks that SHA-256 works in, which HMAC has to know.
  static constexpr std::size_t blockSize = 64;

  MbedtlsSha256() noexcept { mbedtls_sha256_init(&context_); }
  /// Copies the message that was begun, too.
  MbedtlsSha256(const MbedtlsSha256& other) noexcept : MbedtlsSha256() {
    mbedtls_sha256_clone(&context_, &other.context_);
  }
  /// Copies the message that was begun, too.
  MbedtlsSha256& operator=(const MbedtlsSha256& other) noexcept {
    if (this != &other) mbedtls_sha256_clone(&context_, &other.context_);
    return *this;
  }
  ~MbedtlsSha256() { mbedtls_sha256_free(&context_); }

// The names without _ret exist before 3.0, too: deprecated, and unable to fail.
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  /// Begins a message; one that was not finished is dropped.
  [[nodiscard]] bool init() noexcept {
    return mbedtls_sha256_starts(&context_, 0) == 0;
  }
  /// Adds `size` bytes to the message; may be 0.
  [[nodiscard]] bool update(const void* data, std::size_t size) noexcept {
    return mbedtls_sha256_update(&context_, static_cast<const unsigned char*>(data), size) == 0;
  }
  /// Ends the message, and writes the 32 bytes of its digest.
  [[nodiscard]] bool final(unsigned char* digest) noexcept {
    return mbedtls_sha256_finish(&context_, digest) == 0;
  }
#else
  [[nodiscard]] bool init() noexcept {
    return mbedtls_sha256_starts_ret(&context_, 0) == 0;
  }
  [[nodiscard]] bool update(const void* data, std::size_t size) noexcept {
    return mbedtls_sha256_update_ret(&context_, static_cast<const unsigned char*>(data), size) == 0;
  }
  [[nodiscard]] bool final(unsigned char* digest) noexcept {
    return mbedtls_sha256_finish_ret(&context_, digest) == 0;
  }
#endif

 private:
  mbedtls_sha256_context context_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_MBEDTLS_SHA256_HPP
