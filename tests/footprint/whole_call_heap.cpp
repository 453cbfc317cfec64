// SPDX-License-Identifier: BSL-1.0
// Prints `whole_call BYTES`: the most heap that one call takes, that of libcurl and OpenSSL
// included.
#include "../benchmark/calls.hpp"
#include "counted_malloc.hpp"

int main() {
  const benchmarks::LoopbackServer server;
  footprint::printPeak("whole_call", footprint::heap, [&] {
    benchmarks::LibraryCall call(server.url());
    call();
  });
}
