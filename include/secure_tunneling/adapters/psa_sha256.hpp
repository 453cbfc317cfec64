// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_PSA_SHA256_HPP
#define SECURE_TUNNELING_ADAPTERS_PSA_SHA256_HPP

/// @file
/// SHA-256 by the PSA Crypto API, as in Mbed TLS 4. Link with libmbedcrypto or libtfpsacrypto.

#include <psa/crypto.h>

#include <cstddef>

namespace secure_tunneling {
inline namespace v0_2 {

/// The hash policy over the PSA Crypto API, as Mbed TLS 2.28, 3.x and 4 and other implementations
/// have it, and by their drivers over the accelerator of a chip. The program calls
/// `psa_crypto_init()` before the first use, as its TLS needs it too: this calls it nowhere. An
/// engine that fails, or was not initialised and needs it, makes the call end in
/// `ErrorKind::Signing`. Link with libmbedcrypto, or libtfpsacrypto. Allocates nothing itself; one
/// thread at a time.
class PsaSha256 {
 public:
  /// Bytes of a digest.
  static constexpr std::size_t digestSize = 32;
  /// Bytes of the blocks that SHA-256 works in, which HMAC has to know.
  static constexpr std::size_t blockSize = 64;

  PsaSha256() noexcept = default;
  /// Copies the message that was begun, too; where that fails, the copy's next step does.
  PsaSha256(const PsaSha256& other) noexcept {
    (void)psa_hash_clone(&other.operation_, &operation_);
  }
  /// Copies the message that was begun, too.
  PsaSha256& operator=(const PsaSha256& other) noexcept {
    if (this == &other) return *this;
    (void)psa_hash_abort(&operation_);
    (void)psa_hash_clone(&other.operation_, &operation_);
    return *this;
  }
  ~PsaSha256() { (void)psa_hash_abort(&operation_); }

  /// Begins a message; one that was not finished is dropped.
  [[nodiscard]] bool init() noexcept {
    // An operation that is under way, or has failed, cannot be set up again.
    return psa_hash_abort(&operation_) == PSA_SUCCESS &&
           psa_hash_setup(&operation_, PSA_ALG_SHA_256) == PSA_SUCCESS;
  }
  /// Adds `size` bytes to the message; may be 0.
  [[nodiscard]] bool update(const void* data, std::size_t size) noexcept {
    return psa_hash_update(&operation_, static_cast<const unsigned char*>(data), size) ==
           PSA_SUCCESS;
  }
  /// Ends the message, and writes the 32 bytes of its digest.
  [[nodiscard]] bool final(unsigned char* digest) noexcept {
    std::size_t size = 0;
    return psa_hash_finish(&operation_, digest, digestSize, &size) == PSA_SUCCESS &&
           size == digestSize;
  }

 private:
  psa_hash_operation_t operation_ = psa_hash_operation_init();
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_PSA_SHA256_HPP
