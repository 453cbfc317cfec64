// SPDX-License-Identifier: BSL-1.0
// What keep-local-proxy decides, with a scripted program, the fake service and a manual clock.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "keeper.hpp"
#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* tunnel = "tunnel-1";
constexpr ProgramEnd statusZero{ProgramEnd::How::Exited, 0};
constexpr ProgramEnd toldToStop{ProgramEnd::How::Stopped, 15};

/// localproxy, as its log shows it: one life after another.
class ScriptedProxy final : public LocalProxy {
 public:
  struct Life {
    /// Stays connected for so long, where its token is taken; less than 0: does not try.
    std::int64_t connectedMs = 0;
    ProgramEnd end = statusZero;
    /// What it writes besides, before it ends.
    std::vector<std::string> lines = {};
    std::int64_t startUpMs = 200;
  };

  ScriptedProxy(FakeSecureTunnelingService& service, ManualClock& clock)
      : service_(service), clock_(clock) {}

  std::string busyPort() override {
    ++portChecks;
    rotationsAtCheck = service_.rotations();
    if (busyChecks == 0) return "";
    --busyChecks;
    return "port 5555 of localhost cannot be listened on: another program has it";
  }

  ProgramEnd run(const Secret& token, const LineListener& onLine) override {
    tokens.emplace_back(token.expose());
    startedAtMs.push_back(clock_.now().unixMs);
    if (lives.empty()) return toldToStop;
    const Life life = lives.front();
    lives.erase(lives.begin());
    clock_.advance(life.startUpMs);
    if (life.connectedMs >= 0) connect(tokens.back(), life, onLine);
    for (const std::string& line : life.lines)
      onLine(line);
    return life.end;
  }

  ClientMode side = ClientMode::SOURCE;
  std::vector<Life> lives;
  int busyChecks = 0;
  int portChecks = 0;
  int rotationsAtCheck = -1;
  std::vector<std::string> tokens;
  std::vector<std::int64_t> startedAtMs;

 private:
  void connect(const std::string& token, const Life& life, const LineListener& onLine) {
    onLine("[2026-01-15T12:30:00.0]{7}[info]    Attempting to establish web socket connection");
    if (service_.connect(token, side)) {
      onLine("[2026-01-15T12:30:00.1]{7}[info]    Successfully established websocket connection");
      onLine("[2026-01-15T12:30:00.1]{7}[info]    Listening for new connection on port 5555");
      clock_.advance(life.connectedMs);
      onLine("[2026-01-15T12:30:00.2]{7}[error]   Error from io_ctx::run(): End of file");
      onLine("[2026-01-15T12:30:00.2]{7}[info]    Attempting to establish web socket connection");
    }
    onLine(
        "[2026-01-15T12:30:00.3]{7}[error]   Proxy server rejected web socket upgrade request: "
        "(HTTP/1.1 400 Bad Request) \"Invalid access token\"");
  }

  FakeSecureTunnelingService& service_;
  ManualClock& clock_;
};

struct World {
  ManualClock clock;
  FakeSecureTunnelingService service{clock};
  ScriptedProxy proxy{service, clock};
  StaticCredentials credentials;
  Client client{settings(), service, credentials, clock};
  std::vector<std::string> said;

  explicit World(const char* accessKeyId = "AKIDEXAMPLE") : credentials(accessKeyId, "secret") {
    service.addCredentials("AKIDEXAMPLE", "secret");
    service.addTunnel(tunnel);
  }
  static Settings settings() {
    Settings settings;
    settings.region = "us-east-1";
    return settings;
  }
  KeeperEnd keep(ClientMode side = ClientMode::SOURCE, Secret token = Secret()) {
    proxy.side = side;
    Keeper keeper({tunnel, side, {}}, client, proxy, clock,
                  [this](const std::string& text) { said.push_back(text); });
    return keeper.run(std::move(token));
  }
  [[nodiscard]] std::string allSaid() const {
    std::string all;
    for (const std::string& text : said)
      all += text + "\n";
    return all;
  }
  [[nodiscard]] bool hasSaid(const std::string& text) const {
    return allSaid().find(text) != std::string::npos;
  }
  void live(int times, ScriptedProxy::Life life) {
    proxy.lives.insert(proxy.lives.end(), static_cast<std::size_t>(times), std::move(life));
  }
};

}  // namespace

TEST_CASE("keeper: a proxy that loses its connection gets a new token of its side at once") {
  World world;
  const bool isSource = GENERATE(true, false);
  const std::string before =
      isSource ? world.service.destinationToken(tunnel) : world.service.sourceToken(tunnel);
  world.live(3, {20'000});
  const KeeperEnd end = world.keep(isSource ? ClientMode::SOURCE : ClientMode::DESTINATION);

  CHECK(end.signal == 15);
  CHECK(world.service.rotations() == 4);
  CHECK(world.clock.waits().empty());
  CHECK(before ==
        (isSource ? world.service.destinationToken(tunnel) : world.service.sourceToken(tunnel)));
  std::vector<std::string> tokens = world.proxy.tokens;
  std::sort(tokens.begin(), tokens.end());
  CHECK(std::unique(tokens.begin(), tokens.end()) == tokens.end());
  INFO(world.allSaid());
  CHECK(world.said.front() == "connected, 0.2 s after the start");
  CHECK(world.hasSaid("listening on port 5555"));
  CHECK(
      world.hasSaid("the connection was lost after 20.0 s: Error from io_ctx::run(): End of "
                    "file, and its token cannot be used again (it ended with status 0); trying "
                    "again at once"));
  CHECK(world.hasSaid("connected, 0.2 s after the connection was lost"));
}

TEST_CASE("keeper: it rotates when the program has ended, and never meanwhile") {
  World world;
  world.live(1, {11 * 60 * 60 * 1000});
  world.keep();
  CHECK(world.service.rotations() == 2);
}

TEST_CASE("keeper: short lives are tried again at once, then later and later, and explained") {
  World world;
  world.live(9, {1'000});
  world.keep();
  // The manual clock's random number leaves each wait at its full length.
  CHECK(world.clock.waits() ==
        std::vector<std::int64_t>{1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 60'000, 60'000});
  const auto isExplained = [](const std::string& text) {
    return text.find("another proxy seems to hold this side") != std::string::npos;
  };
  INFO(world.allSaid());
  const auto first = std::find_if(world.said.begin(), world.said.end(), isExplained);
  REQUIRE(first != world.said.end());
  CHECK(std::count_if(world.said.begin(), first, [](const std::string& text) {
          return text.find("lost after") != std::string::npos;
        }) == 5);
  CHECK(world.hasSaid("trying again in 16.0 s"));
}

TEST_CASE("keeper: waits are spread over the half of their length") {
  World world;
  world.clock.setRandom(0);
  world.live(4, {1'000});
  world.keep();
  CHECK(world.clock.waits() == std::vector<std::int64_t>{500, 1'000, 2'000});
}

TEST_CASE("keeper: a connection of more than ten seconds makes up for short ones") {
  World world;
  world.live(3, {1'000});
  world.live(1, {GENERATE(10'001, 60'000)});
  world.live(2, {1'000});
  world.keep();
  CHECK(world.clock.waits() == std::vector<std::int64_t>{1'000, 2'000, 1'000});
}

TEST_CASE("keeper: ten seconds are a short life, and so is a port that could not be bound") {
  World world;
  SECTION("ten seconds") {
    world.live(2, {10'000});
  }
  SECTION("a port") {
    world.live(2, {12'700,
                   {ProgramEnd::How::Exited, 1},
                   {"[2026-01-15T12:30:00.0]{7}[fatal]   Could not bind to address: localhost"}});
  }
  SECTION("nothing is known of the program, and it does not last") {
    world.live(2, {-1, statusZero, {"hello"}});
  }
  SECTION("killed") {
    world.live(2, {-1, {ProgramEnd::How::Killed, 9}});
  }
  world.keep();
  CHECK(world.clock.waits() == std::vector<std::int64_t>{1'000});
}

TEST_CASE("keeper: a port that could be bound after all is no reason") {
  World world;
  world.live(2, {-1,
                 statusZero,
                 {"[2026-01-15T12:30:00.0]{7}[error]   Could not bind to address: localhost",
                  "[2026-01-15T12:30:00.0]{7}[info]    Listening for new connection on port 5555"},
                 11'000});
  world.keep();
  CHECK(world.clock.waits().empty());
}

TEST_CASE("keeper: the reason of a loss is what failed just before, and each port is told once") {
  World world;
  class Proxy final : public LocalProxy {
   public:
    explicit Proxy(ManualClock& clock) : clock_(clock) {}
    std::string busyPort() override { return ""; }
    ProgramEnd run(const Secret&, const LineListener& onLine) override {
      if (++runs == 2) return toldToStop;
      onLine("Successfully established websocket connection");
      onLine("Listening for new connection on port 5555");
      onLine("Listening for new connection on port 5556");
      onLine("[t]{1}[error] the reset of one connection");
      onLine("Listening for new connection on port 5555");
      clock_.advance(60'000);
      return statusZero;
    }
    int runs = 0;

   private:
    ManualClock& clock_;
  };
  Proxy proxy(world.clock);
  Keeper keeper({tunnel, ClientMode::SOURCE, {}}, world.client, proxy, world.clock,
                [&](const std::string& text) { world.said.push_back(text); });
  keeper.run(Secret());
  CHECK(world.said ==
        std::vector<std::string>{"connected, 0.0 s after the start", "listening on port 5555",
                                 "listening on port 5556",
                                 "the connection was lost after 60.0 s (it ended with status 0); "
                                 "trying again at once"});
}

TEST_CASE("keeper: a program of which nothing is known counts by how long it lived") {
  World world;
  world.live(3, {-1, {ProgramEnd::How::Exited, 3}, {"hello"}, 11'000});
  world.keep();
  CHECK(world.clock.waits().empty());
  CHECK(world.hasSaid("never said that it was connected, in 11.0 s (it ended with status 3)"));
}

TEST_CASE("keeper: no token is spent while the port is taken") {
  World world;
  world.proxy.busyChecks = 5;
  world.keep();
  CHECK(world.proxy.portChecks == 6);
  CHECK(world.proxy.rotationsAtCheck == 0);
  CHECK(world.service.rotations() == 1);
  CHECK(world.clock.waits() == std::vector<std::int64_t>{1'000, 2'000, 4'000, 8'000, 10'000});
  CHECK(world.said.front() ==
        "port 5555 of localhost cannot be listened on: another program has it: no token is spent "
        "on that; trying again in 1.0 s");
}

TEST_CASE("keeper: the port is tested before each rotation") {
  World world;
  world.live(3, {20'000});
  world.keep();
  CHECK(world.proxy.portChecks == 4);
  CHECK(world.proxy.rotationsAtCheck == 3);
}

TEST_CASE("keeper: a token that is there already is used first, and once") {
  World world;
  const std::string token = world.service.sourceToken(tunnel);
  world.live(1, {20'000});
  world.keep(ClientMode::SOURCE, Secret(token));
  CHECK(world.proxy.tokens.front() == token);
  CHECK(world.proxy.tokens.size() == 2);
  CHECK(world.service.rotations() == 1);
}

TEST_CASE("keeper: it goes on through what passes") {
  World world;
  const Fault fault =
      GENERATE(Fault::ConnectionRefused, Fault::DroppedBeforeRotation, Fault::Throttled,
               Fault::InternalError, Fault::BadGateway, Fault::ServiceUnavailable,
               Fault::DroppedAfterRotation, Fault::EmptyBody, Fault::TruncatedBody,
               Fault::NotJsonBody, Fault::WrongTypeBody, Fault::InvalidUtf8Body);
  world.service.injectFault(fault, 30);
  const KeeperEnd end = world.keep();
  INFO(world.allSaid());
  CHECK(end.signal == 15);
  CHECK(world.proxy.tokens.size() == 1);
  CHECK(world.service.accepts(world.proxy.tokens.front()));
  CHECK(world.hasSaid("no new token: "));
  const std::int64_t longest = fault == Fault::ConnectionRefused ? 15'000 : 60'000;
  CHECK(*std::max_element(world.clock.waits().begin(), world.clock.waits().end()) == longest);
}

TEST_CASE("keeper: it waits as long as the service asks") {
  World world;
  world.service.setRetryAfter("45");
  world.service.injectFault(Fault::Throttled, 3);
  world.keep();
  CHECK(world.clock.waits().back() == 45'000);
}

TEST_CASE("keeper: it ends, and starts nothing, where trying again cannot help") {
  struct Case {
    const char* accessKeyId;
    std::function<void(FakeSecureTunnelingService&)> prepare;
    const char* reason;
  };
  const Case cases[] = {
      {"AKIDEXAMPLE", [](auto& service) { service.closeTunnel(tunnel); },
       "Tunnel not found: tunnel-1. The tunnel is closed"},
      {"AKIDEXAMPLE", [](auto& service) { service.injectFault(Fault::AccessDenied, 3); },
       "It takes iot:RotateTunnelAccessToken"},
      {"AKIDOTHER", [](auto&) {}, "when calling the RotateTunnelAccessToken operation"},
  };
  for (const Case& one : cases) {
    World world(one.accessKeyId);
    one.prepare(world.service);
    const KeeperEnd end = world.keep();
    INFO(end.failure.message);
    CHECK(end.signal == 0);
    CHECK(end.failure.exitCode == exitService);
    CHECK(end.failure.message.find(one.reason) != std::string::npos);
    CHECK(world.proxy.tokens.empty());
    CHECK(world.clock.waits().empty());
  }
}

TEST_CASE("keeper: it ends when the tunnel does, after the connection was lost") {
  World world;
  world.live(1, {FakeSecureTunnelingService::twelveHoursMs});
  const KeeperEnd end = world.keep();
  CHECK(end.failure.exitCode == exitService);
  CHECK(world.proxy.tokens.size() == 1);
  CHECK(world.hasSaid("the connection was lost after 12 h 0 min"));
}

TEST_CASE("keeper: it ends when the program cannot be started") {
  const auto [number, exitCode] =
      GENERATE(table<int, int>({{ENOENT, exitNotFound}, {EACCES, exitNotExecutable}}));
  World world;
  world.live(1, {-1, {ProgramEnd::How::NotStarted, number}});
  CHECK(world.keep().failure.exitCode == exitCode);
}

TEST_CASE("keeper: what may pass is told from what does not") {
  struct Case {
    ErrorKind kind;
    int status;
    const char* code;
    int transportCode;
    Delivery delivery;
    bool passes;
  };
  const Case cases[] = {
      {ErrorKind::Transport, 0, "", 7, Delivery::NotSent, true},
      {ErrorKind::Untrusted, 0, "", 60, Delivery::NotSent, true},
      {ErrorKind::InvalidResponse, 200, "", 0, Delivery::Answered, true},
      {ErrorKind::Service, 400, "ThrottlingException", 0, Delivery::Unknown, true},
      {ErrorKind::Service, 429, "", 0, Delivery::Answered, true},
      {ErrorKind::Service, 501, "", 0, Delivery::Unknown, true},
      {ErrorKind::Service, 400, "ResourceNotFoundException", 0, Delivery::Unknown, false},
      {ErrorKind::Service, 403, "ExpiredTokenException", 0, Delivery::Answered, false},
      {ErrorKind::DeadlineExceeded, 0, "", 28, Delivery::Unknown, true},
      {ErrorKind::Cancelled, 0, "", 42, Delivery::Unknown, false},
      {ErrorKind::Credentials, 0, "", 6, Delivery::NotSent, true},
      {ErrorKind::Credentials, 0, "", 0, Delivery::NotSent, false},
      {ErrorKind::NoCredentials, 0, "", 0, Delivery::NotSent, false},
      {ErrorKind::Configuration, 0, "", 77, Delivery::NotSent, false},
      {ErrorKind::InvalidArgument, 0, "", 0, Delivery::NotSent, false},
      {ErrorKind::Signing, 0, "", 0, Delivery::NotSent, false},
  };
  for (const Case& one : cases) {
    Error error = makeError(one.kind, "");
    error.httpStatus = one.status;
    error.code = one.code;
    error.transportCode = one.transportCode;
    error.delivery = one.delivery;
    INFO(static_cast<int>(one.kind) << " " << one.status << " " << one.code);
    CHECK(mayPass(error) == one.passes);
  }
}
