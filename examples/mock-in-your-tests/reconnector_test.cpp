// SPDX-License-Identifier: BSL-1.0
//
// An application's unit test of its own reconnect logic. The fake service stands in for AWS: no
// socket, no account, no waiting.

#include "reconnector.hpp"

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"

namespace {

namespace st = secure_tunneling;

class FakeLocalProxy final : public LocalProxy {
 public:
  explicit FakeLocalProxy(st::FakeSecureTunnelingService& service) : service_(service) {}

  bool connect(const st::Secret& sourceAccessToken) override {
    return service_.connect(sourceAccessToken.expose(), st::ClientMode::SOURCE).hasValue();
  }

 private:
  st::FakeSecureTunnelingService& service_;
};

/// An application whose local proxy has just lost its connection.
struct DroppedTunnel {
  st::ManualClock clock;
  st::FakeSecureTunnelingService service{clock};
  FakeLocalProxy proxy{service};
  st::StaticCredentials credentials{"AKIDEXAMPLE", "secret"};
  st::Client client{settings(), service, credentials, clock};
  Reconnector reconnector{"my-tunnel", client, proxy};

  DroppedTunnel() {
    service.addCredentials("AKIDEXAMPLE", "secret");
    service.addTunnel("my-tunnel");
    REQUIRE(service.connect(service.sourceToken("my-tunnel"), st::ClientMode::SOURCE));
  }

  static st::Settings settings() {
    st::Settings settings;
    settings.region = "us-east-1";
    return settings;
  }
};

}  // namespace

TEST_CASE("a dropped local proxy reconnects with a new token") {
  DroppedTunnel app;
  const std::string spent = app.service.sourceToken("my-tunnel");

  CHECK(app.reconnector.onTunnelDropped().outcome == Reconnect::Outcome::Connected);

  CHECK(app.service.sourceToken("my-tunnel") != spent);
  CHECK(app.service.rotations() == 1);
}

TEST_CASE("a closed tunnel is given up") {
  DroppedTunnel app;
  app.service.closeTunnel("my-tunnel");

  CHECK(app.reconnector.onTunnelDropped().outcome == Reconnect::Outcome::GaveUp);
  CHECK(app.service.calls() == 1);
}

TEST_CASE("a tunnel at the end of its twelve hours is given up, rotated or not") {
  DroppedTunnel app;
  app.clock.advance(st::FakeSecureTunnelingService::twelveHoursMs - 1);
  CHECK(app.reconnector.onTunnelDropped().outcome == Reconnect::Outcome::Connected);

  app.clock.advance(1);
  CHECK(app.reconnector.onTunnelDropped().outcome == Reconnect::Outcome::GaveUp);
}

TEST_CASE("a throttled application tries later") {
  DroppedTunnel app;
  app.service.injectFault(st::Fault::Throttled, 3);

  const Reconnect throttled = app.reconnector.onTunnelDropped();
  CHECK(throttled.outcome == Reconnect::Outcome::TryLater);
  CHECK(throttled.laterMs > 0);

  app.clock.advance(throttled.laterMs);
  CHECK(app.reconnector.onTunnelDropped().outcome == Reconnect::Outcome::Connected);
}

TEST_CASE("an answer that is lost on the way costs a token, not the tunnel") {
  DroppedTunnel app;
  app.service.injectFault(st::Fault::DroppedAfterRotation);

  CHECK(app.reconnector.onTunnelDropped().outcome == Reconnect::Outcome::Connected);

  CHECK(app.service.rotations() == 2);
  CHECK(app.clock.waits().size() == 1);
}

TEST_CASE("an answer that cannot be read is tried again later") {
  DroppedTunnel app;
  app.service.injectFault(st::Fault::TruncatedBody);

  const Reconnect unread = app.reconnector.onTunnelDropped();
  CHECK(unread.outcome == Reconnect::Outcome::TryLater);

  app.clock.advance(unread.laterMs);
  CHECK(app.reconnector.onTunnelDropped().outcome == Reconnect::Outcome::Connected);
}
