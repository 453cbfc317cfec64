// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

#include "support/sha256.hpp"

/// SHA-256 whose call number `failAt` (0 is the first) fails, and with it every later one.
class FailingHash {
 public:
  static constexpr std::size_t digestSize = 32;
  static constexpr std::size_t blockSize = 64;
  explicit FailingHash(int failAt) : callsLeft_(failAt) {}
  bool init() { return step() && hash_.init(); }
  bool update(const void* data, std::size_t size) { return step() && hash_.update(data, size); }
  bool final(unsigned char* digest) { return step() && hash_.final(digest); }
  [[nodiscard]] bool hasFailed() const { return callsLeft_ < 0; }

 private:
  bool step() { return callsLeft_-- > 0; }

  TestSha256 hash_;
  int callsLeft_;
};
