// SPDX-License-Identifier: BSL-1.0
// serve_loopback [FILE]: serves until it is ended, for programs that are measured as a process;
// prints its URL. With a file over TLS: the certificate of the authority to trust goes there.
#include <cstdio>
#include <filesystem>

#include "loopback_server.hpp"
#include "tls_loopback_server.hpp"

namespace {

void serve(const benchmarks::LoopbackServer& server) {
  std::puts(server.url().c_str());
  std::fflush(stdout);
  server.wait();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) {
    serve(benchmarks::LoopbackServer());
  } else {
    const benchmarks::TlsFiles files;
    std::filesystem::copy_file(files.authority.file(), argv[1]);
    serve(benchmarks::TlsLoopbackServer(files));
  }
}
