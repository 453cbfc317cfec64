// SPDX-License-Identifier: BSL-1.0
//
// Rotates the source tokens of several tunnels at once, on one thread and one event loop. Goes by
// the same environment as the AWS tools.
#include <curl/curl.h>
#include <signal.h>

#include <cstdio>
#include <list>

#include "rotation.hpp"

namespace st = secure_tunneling;

namespace {

int failures = 0;

void print(const Rotation& rotation, const Rotation::Outcome& outcome) {
  if (outcome && outcome->sourceAccessToken) {
    std::printf("%s %s\n", rotation.tunnelId().c_str(),
                outcome->sourceAccessToken->expose().data());
    std::fflush(stdout);
    return;
  }
  ++failures;
  std::fprintf(stderr, "%s: %s %s\n", rotation.tunnelId().c_str(),
               outcome ? "" : outcome.error().code.c_str(),
               outcome ? "the answer has no token" : outcome.error().message.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: own-event-loop TUNNEL_ID...\n", stderr);
    return 2;
  }
  const auto settings = st::loadSettings();
  if (!settings) {
    std::fprintf(stderr, "%s\n", settings.error().message.c_str());
    return 1;
  }
  signal(SIGPIPE, SIG_IGN);
  curl_global_init(CURL_GLOBAL_DEFAULT);

  EventLoop loop;
  Transfers transfers(loop);
  st::EnvironmentCredentials credentials;
  std::list<Rotation> rotations;
  for (int i = 1; i != argc; ++i)
    rotations.emplace_back(argv[i], *settings, credentials, loop, transfers).start(&print);
  loop.run();
  return failures == 0 ? 0 : 1;
}
