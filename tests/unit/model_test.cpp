// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/model.hpp"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <utility>

#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

static_assert(std::is_trivially_copyable<ClientMode>::value, "");
static_assert(ClientMode::ALL.name() == "ALL", "usable in constant expressions");
static_assert(ClientMode::copyOf("ALL")->name() == "ALL", "usable in constant expressions");
static_assert(!std::is_convertible<const char*, ClientMode>::value, "no mode by accident");

/// Whether a mode can be made from a `Text` as it stands.
template <class Text, class = void>
struct IsName : std::false_type {};
template <class Text>
struct IsName<Text, std::void_t<decltype(ClientMode::other(std::declval<Text>()))>>
    : std::true_type {};

static_assert(!IsName<std::string>::value && !IsName<const std::string>::value,
              "the mode would outlive its name");
static_assert(IsName<const std::string&>::value && IsName<std::string&>::value, "kept elsewhere");
static_assert(IsName<const char*>::value && IsName<std::string_view>::value, "kept elsewhere");

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

TEST_CASE("a mode that was copied needs its text no longer, and nor does a copy of it") {
  ClientMode mode;
  {
    std::string text = "DESTINATION";
    mode = ClientMode::copyOf(text).value();
    text.assign(text.size(), '#');
  }
  const std::array<ClientMode, 2> copies{mode, mode};
  mode = {};
  CHECK(copies[1].name() == "DESTINATION");
  CHECK(copies[1] == ClientMode::DESTINATION);
}

TEST_CASE("a mode is copied whole or not at all") {
  const std::string longest(ClientMode::longestCopy, 'x');
  CHECK(ClientMode::copyOf(longest).value().name() == longest);
  CHECK_FALSE(ClientMode::copyOf(longest + "x"));
  CHECK(ClientMode::copyOf("").value() == ClientMode());
}

TEST_CASE("modes are keys by their names") {
  std::map<ClientMode, int> sorted{{ClientMode::SOURCE, 3}, {ClientMode::ALL, 1}, {{}, 0}};
  sorted[ClientMode::copyOf("DESTINATION").value()] = 2;
  int expected = 0;
  for (const auto& each : sorted)
    CHECK(each.second == expected++);
  const std::unordered_set<ClientMode> set{ClientMode::ALL, ClientMode::copyOf("ALL").value(),
                                           ClientMode::other("ALL"), ClientMode::SOURCE};
  CHECK(set.size() == 2);
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
