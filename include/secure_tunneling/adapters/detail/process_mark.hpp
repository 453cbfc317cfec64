// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_DETAIL_PROCESS_MARK_HPP
#define SECURE_TUNNELING_ADAPTERS_DETAIL_PROCESS_MARK_HPP

#if !defined(_WIN32)
#include <pthread.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
#endif

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// Tells one side of a fork from the other. Windows has no fork.
class ProcessMark {
 public:
#if defined(_WIN32)
  void set() noexcept {}
  [[nodiscard]] bool isOfThisProcess() noexcept {
    return true;
  }
#else
  /// It is of this process from here on.
  void set() noexcept {
    process_ = getpid();
    thread_ = clockOfThisThread();
  }
  [[nodiscard]] bool isOfThisProcess() noexcept {
    // A thread is of one process, and its clock's id takes no system call, which getpid does.
    const clockid_t thread = clockOfThisThread();
    if (thread != clockid_t{} && thread == thread_) return true;
    if (process_ != getpid()) return false;
    thread_ = thread;
    return true;
  }

 private:
  /// 0 where threads have no clocks.
  static clockid_t clockOfThisThread() noexcept {
    clockid_t clock{};
#if defined(_POSIX_THREAD_CPUTIME) && _POSIX_THREAD_CPUTIME >= 0
    pthread_getcpuclockid(pthread_self(), &clock);
#endif
    return clock;
  }

  pid_t process_ = 0;
  clockid_t thread_{};
#endif
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_DETAIL_PROCESS_MARK_HPP
