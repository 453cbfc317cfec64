// SPDX-License-Identifier: BSL-1.0
#include "signals.hpp"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>

namespace {

std::atomic<pid_t> childGroup{0};
static_assert(std::atomic<pid_t>::is_always_lock_free, "a signal handler reads it");

/// The terminal that is to be put back as it was; -1 for none.
std::atomic<int> silentTerminal{-1};
termios terminalBefore;

void putTerminalBack() {
  const int terminal = silentTerminal.exchange(-1);
  if (terminal != -1) tcsetattr(terminal, TCSAFLUSH, &terminalBefore);
}

void endWithChildren(int number) {
  putTerminalBack();
  const pid_t group = childGroup;
  if (group != 0) kill(-group, SIGKILL);
  // SA_RESETHAND has put the default action back.
  sigset_t own;
  sigemptyset(&own);
  sigaddset(&own, number);
  sigprocmask(SIG_UNBLOCK, &own, nullptr);
  raise(number);
  // The first process of a container is not ended that way.
  _exit(128 + number);
}

}  // namespace

void cleanUpInheritance() {
  while (open("/dev/null", O_RDWR) <= STDERR_FILENO) {
  }
  for (const int number : {SIGPIPE, SIGXFSZ})
    signal(number, SIG_IGN);
  signal(SIGCHLD, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

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

WithoutEcho::WithoutEcho(int terminal) {
  if (tcgetattr(terminal, &terminalBefore) != 0) return;
  silentTerminal = terminal;
  termios silent = terminalBefore;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(terminal, TCSAFLUSH, &silent);
}

WithoutEcho::~WithoutEcho() {
  putTerminalBack();
}

secure_tunneling::ProcessOptions endedOnSignals() {
  secure_tunneling::ProcessOptions options;
  options.group = &childGroup;
  return options;
}
