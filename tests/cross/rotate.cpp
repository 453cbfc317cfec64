// SPDX-License-Identifier: BSL-1.0
// rotate TUNNEL CAFILE: rotates the tokens of both sides of a tunnel twice, over one connection,
// and prints what it runs on and the last tokens, one name=value a line. Settings and credentials
// come from the environment.
#include <sys/utsname.h>

#include <cstdio>

#include "secure_tunneling/secure_tunneling.hpp"

namespace st = secure_tunneling;

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: rotate TUNNEL CAFILE\n", stderr);
    return 2;
  }
  utsname machine{};
  uname(&machine);
  std::printf("machine=%s\n", machine.machine);

  auto settings = st::loadSettings();
  if (!settings) {
    std::fprintf(stderr, "%s\n", settings.error().message.c_str());
    return 2;
  }
  st::CurlTransportOptions options;
  options.caFile = argv[2];
  st::CurlTransport transport(options);
  st::DefaultCredentialsChain credentials;
  st::SystemClock clock;
  st::Client client(*std::move(settings), transport, credentials, clock);
  st::RotateTunnelAccessTokenRequest request;
  request.tunnelId = argv[1];
  request.clientMode = st::ClientMode::ALL;

  auto response = st::rotateTunnelAccessToken(request, client);
  if (response) {
    std::printf("first=%s\n", response->sourceAccessToken->expose().data());
    response = st::rotateTunnelAccessToken(request, client);
  }
  if (!response) {
    std::printf("error=%s\n",
                response.error().kind == st::ErrorKind::Untrusted ? "untrusted" : "other");
    std::fprintf(stderr, "%s\n", response.error().message.c_str());
    return 1;
  }
  std::printf("source=%s\ndestination=%s\n", response->sourceAccessToken->expose().data(),
              response->destinationAccessToken->expose().data());
}
