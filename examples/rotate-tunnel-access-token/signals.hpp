// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "secure_tunneling/credentials/process.hpp"

/// Does away with what whoever started this may have left so that it is in the way: standard
/// descriptors that are closed, signals that are blocked, children that nobody can wait for. A
/// reader that is gone and a file that may not grow show as errors of the write.
void cleanUpInheritance();

/// Has a signal that ends this program (SIGHUP, SIGINT, SIGQUIT, SIGTERM, where it is not ignored)
/// end the credential process too, which is in a process group of its own and so gets none from the
/// terminal; and put the terminal back. The program then dies by that signal.
void endChildrenOnSignals();

/// While one lives a terminal does not show what is typed. It does again when this goes, and when a
/// signal ends the program. One at a time.
class WithoutEcho {
 public:
  explicit WithoutEcho(int terminal);
  ~WithoutEcho();
  WithoutEcho(const WithoutEcho&) = delete;
  WithoutEcho& operator=(const WithoutEcho&) = delete;
};

/// How credential processes are run so that they are found.
secure_tunneling::ProcessOptions endedOnSignals();
