// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_PROCESS_OPTIONS_HPP
#define SECURE_TUNNELING_CREDENTIALS_PROCESS_OPTIONS_HPP

/// @file
/// What bounds a command that prints credentials.

#include <sys/types.h>

#include <atomic>
#include <cstddef>

namespace secure_tunneling {
inline namespace v0_2 {

/// What bounds a command.
struct ProcessOptions {
  /// The longest that the command may take, in milliseconds; then it is killed with all that it
  /// started.
  int timeoutMs = 60'000;
  /// The longest output that is accepted, in bytes; SIZE_MAX for no limit.
  std::size_t maxOutputBytes = std::size_t{64} * 1024;
#if !defined(_WIN32)
  /// Where to keep the id of the command's process group while it runs, 0 otherwise: for a signal
  /// handler that ends the program, and with `kill(-group, SIGKILL)` the command. One command at a
  /// time: sources that an event loop runs beside each other need one each. Null where nobody asks.
  /// Not on Windows, where what a program has started so ends with it.
  std::atomic<pid_t>* group = nullptr;
#endif
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_PROCESS_OPTIONS_HPP
