// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/model.hpp"

#include <type_traits>

#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

static_assert(std::is_trivially_copyable<ClientMode>::value, "");
static_assert(ClientMode::ALL.name() == "ALL", "usable in constant expressions");
static_assert(!std::is_convertible<const char*, ClientMode>::value, "no mode by accident");

}  // namespace

TEST_CASE("client modes are named as on the wire") {
  CHECK(ClientMode::SOURCE.name() == "SOURCE");
  CHECK(ClientMode::DESTINATION.name() == "DESTINATION");
  CHECK(ClientMode::ALL.name() == "ALL");
  CHECK(ClientMode().name().empty());
  CHECK(ClientMode::other("BOTH").name() == "BOTH");
}

TEST_CASE("client modes compare by name") {
  CHECK(ClientMode::other("ALL") == ClientMode::ALL);
  CHECK(ClientMode::SOURCE != ClientMode::DESTINATION);
  CHECK(ClientMode() != ClientMode::ALL);
  CHECK(ClientMode::other("all") != ClientMode::ALL);
}

TEST_CASE("a request begins without a mode and a response without tokens") {
  const RotateTunnelAccessTokenRequest request;
  CHECK(request.tunnelId.empty());
  CHECK(request.clientMode == ClientMode());
  CHECK_FALSE(request.destinationConfig);
  const RotateTunnelAccessTokenResponse response;
  CHECK_FALSE(response.tunnelArn);
  CHECK_FALSE(response.sourceAccessToken);
  CHECK_FALSE(response.destinationAccessToken);
  CHECK(response.attempts == 0);
}
