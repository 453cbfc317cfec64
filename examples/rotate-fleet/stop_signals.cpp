// SPDX-License-Identifier: BSL-1.0
#include "stop_signals.hpp"

#include <signal.h>

#include <initializer_list>

std::atomic<bool> StopSignals::stopped{false};
std::atomic<bool> StopSignals::cancelled{false};
std::atomic<int> StopSignals::number{0};

static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "a signal handler sets them");

namespace {

void onSignal(int which) {
  if (StopSignals::stopped) StopSignals::cancelled = true;
  StopSignals::stopped = true;
  if (StopSignals::number == 0) StopSignals::number = which;
}

}  // namespace

void StopSignals::watch() {
  struct sigaction action {};
  action.sa_handler = onSignal;
  for (const int which : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    if (sigaction(which, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
      sigaction(which, &action, nullptr);
  }
}
