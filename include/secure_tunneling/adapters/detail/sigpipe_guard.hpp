// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_DETAIL_SIGPIPE_GUARD_HPP
#define SECURE_TUNNELING_ADAPTERS_DETAIL_SIGPIPE_GUARD_HPP

#include <csignal>
#include <ctime>

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// Keeps SIGPIPE from this thread while it lives, and takes away the one that came meanwhile.
///
/// CURLOPT_NOSIGNAL, which a library needs, also tells libcurl not to care about SIGPIPE; a TLS
/// write to a connection that the other side has closed would then end the program.
class SigpipeGuard {
 public:
  SigpipeGuard() noexcept {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~SigpipeGuard() {
    // Where the program blocks the signal itself, a pending one is its own.
    if (sigismember(&before_, SIGPIPE) != 0) return;
    const timespec atOnce{};
    sigtimedwait(&pipe_, nullptr, &atOnce);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_DETAIL_SIGPIPE_GUARD_HPP
