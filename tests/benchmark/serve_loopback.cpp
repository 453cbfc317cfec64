// SPDX-License-Identifier: BSL-1.0
// Serves until it is ended, for programs that are measured as a process; prints its URL.
#include <cstdio>

#include "loopback_server.hpp"

int main() {
  const benchmarks::LoopbackServer server;
  std::puts(server.url().c_str());
  std::fflush(stdout);
  server.wait();
}
