// SPDX-License-Identifier: BSL-1.0
// The whole call, built and run under every set of flags; without a test framework, which would
// want exceptions or RTTI itself.
#include <cstdio>
#include <string_view>

#include "secure_tunneling/secure_tunneling.hpp"
#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"

using namespace secure_tunneling;

namespace {

int failures = 0;

void check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "failed: %s\n", what);
  ++failures;
}

Settings settings() {
  Settings settings;
  settings.region = "us-east-1";
  return settings;
}

RotateTunnelAccessTokenRequest request(ClientMode mode) {
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = "tunnel-1";
  request.clientMode = mode;
  return request;
}

void rotatesAgainstTheFakeService() {
  ManualClock clock;
  FakeSecureTunnelingService service(clock);
  service.addCredentials("AKIDEXAMPLE", "secret", "session");
  service.addTunnel("tunnel-1");
  const std::string old = service.sourceToken("tunnel-1");
  service.injectFault(Fault::InternalError);

  StaticCredentials credentials("AKIDEXAMPLE", "secret", "session");
  Client client(settings(), service, credentials, clock);
  const auto response = rotateTunnelAccessToken(request(ClientMode::SOURCE), client);

  check(response.hasValue(), "a rotation succeeds");
  if (!response) return;
  check(response->attempts == 2, "an error of the server is met with another attempt");
  check(response->sourceAccessToken &&
            service.connect(response->sourceAccessToken->expose(), ClientMode::SOURCE),
        "the new token connects");
  check(!response->destinationAccessToken, "only the chosen side is rotated");
  check(!service.connect(old, ClientMode::SOURCE), "the old token is refused");
}

void reportsErrors() {
  ManualClock clock;
  ScriptedTransport transport;
  StaticCredentials credentials("AKIDEXAMPLE", "secret");
  Client client(settings(), transport, credentials, clock);

  transport.answer(400, R"({"__type":"ns#ResourceNotFoundException:uri","message":"no tunnel"})");
  const auto refused = rotateTunnelAccessToken(request(ClientMode::ALL), client);
  check(!refused && refused.error().kind == ErrorKind::Service &&
            refused.error().code == "ResourceNotFoundException" &&
            refused.error().message == "no tunnel",
        "the service's error arrives");

  transport.answer(200, R"({"tunnelArn": 1})");
  const auto unreadable = rotateTunnelAccessToken(request(ClientMode::ALL), client);
  check(!unreadable && unreadable.error().kind == ErrorKind::InvalidResponse,
        "an answer that cannot be understood is an error");

  const auto unset = rotateTunnelAccessToken(request(ClientMode()), client);
  check(!unset && unset.error().kind == ErrorKind::InvalidArgument, "a missing mode is an error");
  check(transport.requests().size() == 2, "nothing is sent for it");
}

void linksTheDefaultAdapters() {
  CurlTransport transport;
  SystemClock clock;
  EnvironmentCredentials credentials;
  Client client(settings(), transport, credentials, clock);
  check(!rotateTunnelAccessToken(request(ClientMode()), client), "nothing is sent");
}

}  // namespace

int main() {
  rotatesAgainstTheFakeService();
  reportsErrors();
  linksTheDefaultAdapters();
  return failures == 0 ? 0 : 1;
}
