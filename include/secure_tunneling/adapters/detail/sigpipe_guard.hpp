// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_DETAIL_SIGPIPE_GUARD_HPP
#define SECURE_TUNNELING_ADAPTERS_DETAIL_SIGPIPE_GUARD_HPP

#if !defined(_WIN32)
#include <signal.h>
#include <time.h>
#include <unistd.h>
#endif

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// Keeps SIGPIPE from this thread while it lives, and takes away the one that came meanwhile.
///
/// CURLOPT_NOSIGNAL, which a library needs, also tells libcurl not to care about SIGPIPE; a TLS
/// write to a connection that the other side has closed would then end the program. Windows has no
/// such signal.
class SigpipeGuard {
 public:
#if defined(_WIN32)
  SigpipeGuard() noexcept {}
  ~SigpipeGuard() {}
#else
  SigpipeGuard() noexcept {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~SigpipeGuard() {
    // Where the program blocks the signal itself, a pending one is its own.
    if (sigismember(&before_, SIGPIPE) != 0) return;
    takeAway();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
#endif
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

#if !defined(_WIN32)
 private:
  void takeAway() noexcept {
#if defined(_POSIX_REALTIME_SIGNALS) && _POSIX_REALTIME_SIGNALS > 0
    const timespec atOnce{};
    sigtimedwait(&pipe_, nullptr, &atOnce);
#else
    // macOS and OpenBSD have no such call. A write's own signal is pending for this thread.
    sigset_t pending;
    int signal = 0;
    if (sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1) sigwait(&pipe_, &signal);
#endif
  }

  sigset_t pipe_;
  sigset_t before_;
#endif
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_DETAIL_SIGPIPE_GUARD_HPP
