// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_SIGPIPE_GUARD_HPP
#define SECURE_TUNNELING_DETAIL_SIGPIPE_GUARD_HPP

#include <csignal>
#include <ctime>

namespace secure_tunneling {
inline namespace v1 {
namespace detail {

/// Keeps SIGPIPE from this thread while it lives, where that is needed, and takes away the one that
/// came meanwhile.
///
/// CURLOPT_NOSIGNAL, which a library needs, also tells libcurl not to care about SIGPIPE; a TLS
/// write to a connection that the other side has closed would then end the program.
class SigpipeGuard {
 public:
  explicit SigpipeGuard(bool isNeeded) noexcept {
    if (!isNeeded) return;
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    // Where the program blocks the signal itself, a pending one is its own.
    blocked_ =
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_) == 0 && sigismember(&before_, SIGPIPE) == 0;
  }
  ~SigpipeGuard() {
    if (!blocked_) return;
    const timespec atOnce{};
    while (sigtimedwait(&pipe_, nullptr, &atOnce) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
  bool blocked_ = false;
};

}  // namespace detail
}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_SIGPIPE_GUARD_HPP
