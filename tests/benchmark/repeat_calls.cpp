// SPDX-License-Identifier: BSL-1.0
// repeat_calls raw|library|curlSigv4 COUNT: COUNT calls over one connection, for counting
// instructions.
#include <cstdlib>
#include <string_view>

#include "calls.hpp"

namespace {

template <class Call>
void repeat(const std::string& url, long count) {
  Call call(url);
  while (count-- != 0)
    call();
}

}  // namespace

int main(int argc, char** argv) {
  benchmarks::require(argc == 3, "usage: repeat_calls raw|library|curlSigv4 COUNT");
  const benchmarks::LoopbackServer server;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::string_view kind = argv[1];
  const long count = std::atol(argv[2]);
  if (kind == "raw") {
    repeat<benchmarks::RawCall>(server.url(), count);
  } else if (kind == "curlSigv4") {
    repeat<benchmarks::CurlSigv4Call>(server.url(), count);
  } else {
    repeat<benchmarks::LibraryCall>(server.url(), count);
  }
}
