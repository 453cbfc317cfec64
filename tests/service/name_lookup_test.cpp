// SPDX-License-Identifier: BSL-1.0
// Names whose look-up takes its time. No resolver can be told to be slow, so this program has a
// getaddrinfo of its own, which libcurl finds before the system's.
#include <dlfcn.h>
#include <netdb.h>

#include <atomic>
#include <string>

#include "support/caller.hpp"
#include "support/gate.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* slowHost = "slow.invalid";

/// A look-up that lasts until the test has seen enough.
struct SlowLookup {
  Gate released;
  std::atomic<bool> isOver{false};
  Gate over;
};
SlowLookup lookups[2];
std::atomic<SlowLookup*> current{nullptr};

}  // namespace

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  if (node != nullptr && std::string(node) == slowHost) {
    SlowLookup& lookup = *current;
    lookup.released.waitFor(1);
    lookup.isOver = true;
    lookup.over.arrive();
    return EAI_NONAME;
  }
  static const auto next =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return next(node, service, hints, result);
}

#if LIBCURL_VERSION_NUM >= 0x075700
TEST_CASE("a limit of time is one of the look-up of a name, too") {
  CurlTransportOptions options = direct();
  SECTION("of connecting") {
    current = &lookups[0];
    options.connectTimeoutMs = 100;
  }
  SECTION("of the whole exchange") {
    current = &lookups[1];
    options.totalTimeoutMs = 100;
  }
  Settings settings = settingsFor("https://" + std::string(slowHost));
  settings.maxAttempts = 1;
  const auto response = Caller(settings, options).rotate();
  CHECK_FALSE(current.load()->isOver);
  current.load()->released.arrive();
  CHECK(current.load()->over.waitFor(1));
  REQUIRE_FALSE(response);
  INFO(describe(response));
  CHECK(response.error().transportCode == CURLE_OPERATION_TIMEDOUT);
  CHECK(response.error().delivery == Delivery::NotSent);
}
#endif
