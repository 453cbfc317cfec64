// SPDX-License-Identifier: BSL-1.0
// Prints the bytes of stack that a signature takes, the hash's own not included: it is made on a
// stack filled with a pattern, and what the pattern has lost was used.
#include <ucontext.h>

#include <cstddef>
#include <cstdio>
#include <cstring>

#include "../benchmark/signatures.hpp"

namespace {

/// A hash that needs next to no stack. Its digests mean nothing.
struct StacklessHash {
  static constexpr std::size_t digestSize = 32;
  static constexpr std::size_t blockSize = 64;
  [[nodiscard]] bool init() noexcept {
    sum = 1;
    return true;
  }
  [[nodiscard]] bool update(const void* data, std::size_t size) noexcept {
    const auto* const bytes = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i != size; ++i)
      sum = sum * 31 + bytes[i];
    return true;
  }
  [[nodiscard]] bool final(unsigned char* digest) noexcept {
    for (std::size_t i = 0; i != digestSize; ++i)
      digest[i] = static_cast<unsigned char>(sum >> (i % 8));
    return true;
  }
  unsigned sum = 0;
};

StacklessHash hash;
benchmarks::Signer signer(hash);
alignas(64) unsigned char stack[std::size_t{64} * 1024];
ucontext_t outside;

void doNothing() {}
void signCached() {
  signer.signCached();
}
void signDeriving() {
  signer.signDeriving();
}

std::size_t stackOf(void (*function)()) {
  function();  // what is done once only, as allocating the key cache, is not counted
  constexpr unsigned char pattern = 0xA5;
  std::memset(stack, pattern, sizeof stack);
  ucontext_t inside;
  getcontext(&inside);
  inside.uc_stack.ss_sp = stack;
  inside.uc_stack.ss_size = sizeof stack;
  inside.uc_link = &outside;
  makecontext(&inside, function, 0);
  swapcontext(&outside, &inside);
  std::size_t unused = 0;
  while (unused != sizeof stack && stack[unused] == pattern)
    ++unused;
  return sizeof stack - unused;
}

}  // namespace

int main() {
  const std::size_t nothing = stackOf(&doNothing);
  const std::size_t derived = stackOf(&signDeriving) - nothing;
  const std::size_t cached = stackOf(&signCached) - nothing;
  std::printf("%zu\n", derived > cached ? derived : cached);
}
