// SPDX-License-Identifier: BSL-1.0
// A user's program that brings its own hash and its own HTTP, and links no library.
#include "secure_tunneling/core.hpp"

namespace {

struct UserHash {
  static constexpr std::size_t digestSize = 32;
  static constexpr std::size_t blockSize = 64;
  bool init() { return false; }
  bool update(const void*, std::size_t) { return false; }
  bool final(unsigned char*) { return false; }
};

}  // namespace

int main() {
  using namespace secure_tunneling;
  using Call = RotateCall<UserHash>;
  Settings settings;
  settings.region = "us-east-1";
  settings.signRequests = false;
  ClientState<UserHash> state(settings);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = "tunnel-1";
  request.clientMode = ClientMode::SOURCE;

  Call call(state, request);
  if (call.next({}) != Call::Step::Send) return 1;
  call.response().status = 200;
  call.response().body.assign(R"({"sourceAccessToken":"new"})");
  call.onSent({}, {});
  if (call.next({}) != Call::Step::Done) return 2;
  const auto response = call.takeResult();
  return response && response->sourceAccessToken->expose() == "new" ? 0 : 3;
}
