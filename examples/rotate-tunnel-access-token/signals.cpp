// SPDX-License-Identifier: BSL-1.0
#include "signals.hpp"

#include <signal.h>

#include <atomic>

namespace {

std::atomic<pid_t> childGroup{0};
static_assert(std::atomic<pid_t>::is_always_lock_free, "a signal handler reads it");

void endWithChildren(int number) {
  const pid_t group = childGroup;
  if (group != 0) kill(-group, SIGKILL);
  // SA_RESETHAND has put the default action back, which follows when this returns.
  raise(number);
}

}  // namespace

void endChildrenOnSignals() {
  struct sigaction action {};
  action.sa_handler = endWithChildren;
  // All are blocked meanwhile, so that this runs once.
  sigfillset(&action.sa_mask);
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) {
    struct sigaction before {};
    if (sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) {
      sigaction(number, &action, nullptr);
    }
  }
}

secure_tunneling::ProcessOptions endedOnSignals() {
  secure_tunneling::ProcessOptions options;
  options.group = &childGroup;
  return options;
}
