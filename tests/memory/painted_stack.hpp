// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

/// Makes the compiler believe that `memory` is read, so that what was written there is there.
inline void keep(const void* memory) noexcept {
  __asm__ __volatile__("" : : "r"(memory) : "memory");
}

/// A stack of its own for one function at a time, painted before: what it holds afterwards is what
/// the function and all that it called left there.
class PaintedStack {
 public:
  PaintedStack() noexcept { std::memset(memory_, paint, sizeof memory_); }

  template <class Function>
  void run(Function& function) {
    if (getcontext(&inside_) != 0) std::abort();
    inside_.uc_stack.ss_sp = memory_;
    inside_.uc_stack.ss_size = sizeof memory_;
    inside_.uc_link = &outside_;
    running = &function;
    makecontext(&inside_, &enter<Function>, 0);
    if (swapcontext(&outside_, &inside_) != 0) std::abort();
  }

  [[nodiscard]] const char* memory() const noexcept { return memory_; }
  [[nodiscard]] static constexpr std::size_t size() noexcept { return sizeof memory_; }
  /// Bytes from the top down to the deepest that was written.
  [[nodiscard]] std::size_t used() const noexcept {
    std::size_t clean = 0;
    while (clean != sizeof memory_ && memory_[clean] == paint)
      ++clean;
    return sizeof memory_ - clean;
  }

 private:
  static constexpr char paint = 0x55;
  inline static void* running = nullptr;

  template <class Function>
  [[gnu::noinline]] static void call(Function& function) {
    function();
  }
  /// With a margin, so that the switch back does not write over what was left.
  template <class Function>
  static void enter() {
    char margin[1024] = {};
    keep(margin);
    call(*static_cast<Function*>(running));
    keep(margin);
  }

  alignas(64) char memory_[std::size_t{512} * 1024];
  ucontext_t inside_{};
  ucontext_t outside_{};
};
