// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "secure_tunneling/detail/wipe.hpp"

/// The hash policy in plain C++17 (FIPS 180-4), for machines without a library that has one. Leaves
/// nothing of a message behind, on the stack neither.
/// Written here because no package brings SHA-256 as a header for every target that the tests run
/// on.
class PortableSha256 {
 public:
  static constexpr std::size_t digestSize = 32;
  static constexpr std::size_t blockSize = 64;

  PortableSha256() noexcept = default;
  PortableSha256(PortableSha256&&) noexcept = default;
  PortableSha256& operator=(PortableSha256&&) noexcept = default;
  ~PortableSha256() { wipeAll(); }

  bool init() noexcept {
    static constexpr std::uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::memcpy(state_, initial, sizeof state_);
    size_ = 0;
    return true;
  }

  bool copyFrom(const PortableSha256& other) noexcept {
    std::memcpy(state_, other.state_, sizeof state_);
    std::memcpy(block_, other.block_, sizeof block_);
    size_ = other.size_;
    return true;
  }

  bool update(const void* data, std::size_t size) noexcept {
    const auto* bytes = static_cast<const unsigned char*>(data);
    while (size != 0) {
      const std::size_t used = static_cast<unsigned>(size_ % blockSize);
      const std::size_t taken = size < blockSize - used ? size : blockSize - used;
      std::memcpy(block_ + used, bytes, taken);
      bytes += taken;
      size -= taken;
      size_ += taken;
      if (used + taken == blockSize) compress();
    }
    return true;
  }

  bool final(unsigned char* digest) noexcept {
    const std::uint64_t bits = size_ * 8;
    constexpr unsigned char end = 0x80;
    constexpr unsigned char zero = 0;
    update(&end, 1);
    while (size_ % blockSize != blockSize - sizeof bits)
      update(&zero, 1);
    unsigned char length[sizeof bits];
    for (std::size_t i = 0; i != sizeof bits; ++i)
      length[i] = static_cast<unsigned char>(bits >> (56 - 8 * i));
    update(length, sizeof length);
    for (std::size_t i = 0; i != digestSize; ++i)
      digest[i] = static_cast<unsigned char>(state_[i / 4] >> (24 - 8 * (i % 4)));
    wipeAll();
    return true;
  }

 protected:
  std::uint32_t state_[8] = {};

 private:
  static std::uint32_t rotate(std::uint32_t word, int count) noexcept {
    return word >> count | word << (32 - count);
  }

  void compress() noexcept {
    static constexpr std::uint32_t constants[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2};
    std::uint32_t words[64];
    for (int i = 0; i != 16; ++i) {
      const unsigned char* const bytes = block_ + 4 * i;
      words[i] = std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                 std::uint32_t{bytes[2]} << 8 | std::uint32_t{bytes[3]};
    }
    for (int i = 16; i != 64; ++i) {
      const std::uint32_t early = words[i - 15];
      const std::uint32_t late = words[i - 2];
      words[i] = words[i - 16] + (rotate(early, 7) ^ rotate(early, 18) ^ early >> 3) +
                 words[i - 7] + (rotate(late, 17) ^ rotate(late, 19) ^ late >> 10);
    }
    std::uint32_t s[8];
    std::memcpy(s, state_, sizeof s);
    for (int i = 0; i != 64; ++i) {
      const std::uint32_t first = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
                                  ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + words[i];
      const std::uint32_t second = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
                                   ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
      std::memmove(s + 1, s, sizeof s - sizeof s[0]);
      s[4] += first;
      s[0] = first + second;
    }
    for (int i = 0; i != 8; ++i)
      state_[i] += s[i];
    secure_tunneling::detail::wipe(words, sizeof words);
    secure_tunneling::detail::wipe(s, sizeof s);
  }
  void wipeAll() noexcept {
    secure_tunneling::detail::wipe(state_, sizeof state_);
    secure_tunneling::detail::wipe(block_, sizeof block_);
  }

  std::uint64_t size_ = 0;
  unsigned char block_[blockSize] = {};
};
