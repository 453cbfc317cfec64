// SPDX-License-Identifier: BSL-1.0
// repeat_calls raw|library COUNT [URL CA_FILE]: COUNT calls over one connection, to a server of its
// own or another, for callgrind and for what looks at the connection.
#include <cstdlib>
#include <string_view>

#include "calls.hpp"

namespace {

template <class Call>
void repeat(const benchmarks::Target& target, long count) {
  Call call(target);
  while (count-- != 0)
    call();
}

}  // namespace

int main(int argc, char** argv) {
  benchmarks::require(argc == 3 || argc == 5,
                      "usage: repeat_calls raw|library COUNT [URL CA_FILE]");
  const benchmarks::LoopbackServer server;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const benchmarks::Target target(argc == 5 ? argv[3] : server.url(), argc == 5 ? argv[4] : "");
  const long count = std::atol(argv[2]);
  if (std::string_view(argv[1]) == "raw") {
    repeat<benchmarks::RawCall>(target, count);
  } else {
    repeat<benchmarks::LibraryCall>(target, count);
  }
}
