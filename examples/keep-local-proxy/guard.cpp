// SPDX-License-Identifier: BSL-1.0
#include "guard.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>

namespace {

[[noreturn]] void guard(int orders) {
  // A signal to all of a terminal's or a service's processes is meant for the others.
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  const auto mostDescriptors = static_cast<int>(sysconf(_SC_OPEN_MAX));
  for (int descriptor = 0; descriptor < mostDescriptors && descriptor < 1024; ++descriptor) {
    if (descriptor != orders) close(descriptor);
  }
  pid_t group = 0;
  while (read(orders, &group, sizeof group) == static_cast<ssize_t>(sizeof group)) {
  }
  if (group > 0) kill(-group, SIGKILL);
  _exit(0);
}

}  // namespace

Guard::Guard() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return;
  const pid_t process = fork();
  if (process == 0) {
    close(ends[1]);
    guard(ends[0]);
  }
  close(ends[0]);
  end_ = ends[1];
}

Guard::~Guard() {
  if (end_ != -1) close(end_);
}

void Guard::watch(pid_t group) const {
  [[maybe_unused]] const ssize_t written = write(end_, &group, sizeof group);
}
