// SPDX-License-Identifier: BSL-1.0
// A shared library with the headers inside, of one of the versions that a process has; FUNCTION is
// all that it means to show. 0 where a call does what it should.
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/core.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"

namespace st = secure_tunneling;

extern "C" int FUNCTION();

extern "C" int FUNCTION() {
  st::Settings settings;
  settings.region = "us-east-1";
  settings.endpointUrl = "https://example.com/stage";
  st::ScriptedTransport transport;
  transport.answer(200, R"({"sourceAccessToken":"new"})");
  st::ManualClock clock;
  st::StaticCredentials credentials("AKIDEXAMPLE", "secret");
  st::BasicClient<st::OpensslSha256> client(settings, transport, credentials, clock);
  st::RotateTunnelAccessTokenRequest request;
  request.tunnelId = "tunnel-1";
  request.clientMode = st::ClientMode::SOURCE;
  const auto response = st::rotateTunnelAccessToken(request, client);
  return response && response->sourceAccessToken->expose() == "new" ? 0 : 1;
}
