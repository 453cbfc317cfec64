// SPDX-License-Identifier: BSL-1.0
// The program with an event loop of its own. Its servers hold an answer until something else has
// happened, which never would if the program waited for the answer.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <string>
#include <vector>

#include "support/caller.hpp"
#include "support/child_process.hpp"
#include "support/gate.hpp"
#include "support/latch.hpp"
#include "support/sts_answers.hpp"
#include "support/temporary_folder.hpp"

using namespace secure_tunneling;

namespace {

/// A service with several tunnels, and the program that rotates their tokens.
struct World {
  SystemClock clock;
  ServedFake service{clock.now().unixMs};
  std::vector<std::string> tunnels;

  explicit World(int count) {
    for (int i = 0; i != count; ++i) {
      tunnels.push_back("many-" + std::to_string(i));
      service.with([&](auto& fake) { fake.addTunnel(tunnels.back()); });
    }
  }

  /// Starts the program for its tunnels, by files and servers of its own.
  [[nodiscard]] ChildProcess start(const std::vector<std::string>& named,
                                   std::vector<std::string> environment) const {
    std::vector<std::string> arguments = {std::string(SECURE_TUNNELING_PROGRAMS) +
                                          "/own-event-loop"};
    arguments.insert(arguments.end(), named.begin(), named.end());
    environment.emplace_back("AWS_REGION=us-east-1");
    environment.push_back("AWS_ENDPOINT_URL_IOTSECURETUNNELING=" + service.url());
    return {arguments, environment};
  }
  [[nodiscard]] ChildProcess start(const std::string& url) const {
    std::vector<std::string> arguments = {std::string(SECURE_TUNNELING_PROGRAMS) +
                                          "/own-event-loop"};
    arguments.insert(arguments.end(), tunnels.begin(), tunnels.end());
    return {arguments,
            {std::string("AWS_ACCESS_KEY_ID=") + ServedFake::accessKeyId,
             std::string("AWS_SECRET_ACCESS_KEY=") + ServedFake::secretAccessKey,
             "AWS_REGION=us-east-1", "AWS_CONFIG_FILE=/dev/null",
             "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_ENDPOINT_URL=" + url}};
  }
  /// The line of a tunnel that has got its new token.
  [[nodiscard]] std::string lineOf(const std::string& tunnel) {
    return tunnel + " " + service.with([&](auto& fake) { return fake.sourceToken(tunnel); });
  }
  /// Answers a request that was read from a connection.
  bool answer(Connection& connection, const std::string& raw) {
    auto request = parseRequest(raw);
    HttpResponse response;
    if (!service.with([&](auto& fake) { return fake.send(request.view(), response).hasValue(); })) {
      return false;
    }
    return connection.answer(response.status, response.body.expose());
  }
};

bool isOf(const std::string& raw, const std::string& tunnel) {
  return raw.find('"' + tunnel + '"') != std::string::npos;
}

/// The line of /proc that says how many threads a process has.
std::string threadsOf(const ChildProcess& process) {
  const std::string status = readFile("/proc/" + std::to_string(process.id()) + "/status");
  const std::size_t at = status.find("Threads:");
  return at == std::string::npos ? "unknown" : status.substr(at, status.find('\n', at) - at);
}

std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

TEST_CASE("own event loop: many tunnels at once, on one thread") {
  World world(8);
  Gate requests;
  Gate answers;
  SocketServer server([&](Connection& connection) {
    for (;;) {
      const std::string raw = connection.readRequest();
      if (raw.empty()) return;
      requests.arrive();
      if (!answers.waitFor(1) || !world.answer(connection, raw)) return;
    }
  });
  ChildProcess program = world.start(server.url());
  REQUIRE(requests.waitFor(8));
  CHECK(server.connections() == 8);
  CHECK(threadsOf(program) == "Threads:\t1");
  answers.arrive();

  std::vector<std::string> lines;
  std::vector<std::string> expected;
  for (std::size_t i = 0; i != world.tunnels.size(); ++i)
    lines.push_back(program.readLine());
  for (const std::string& tunnel : world.tunnels)
    expected.push_back(world.lineOf(tunnel));
  CHECK(program.wait() == 0);
  INFO(program.errors());
  CHECK(sorted(lines) == sorted(expected));
  CHECK(world.service.rotations() == 8);
}

TEST_CASE("own event loop: a server that keeps one waiting does not keep the others") {
  World world(3);
  Gate othersDone;
  SocketServer server([&](Connection& connection) {
    const std::string raw = connection.readRequest();
    if (isOf(raw, "many-0")) {
      // In the middle of an answer, too.
      connection.write("HTTP/1.1 100 Continue\r\n");
      othersDone.waitFor(1);
      connection.write("\r\n");
    }
    world.answer(connection, raw);
  });
  ChildProcess program = world.start(server.url());
  const std::vector<std::string> others = {program.readLine(), program.readLine()};
  CHECK(sorted(others) == sorted({world.lineOf("many-1"), world.lineOf("many-2")}));
  othersDone.arrive();
  const std::string line = program.readLine();
  CHECK(line == world.lineOf("many-0"));
  CHECK(program.wait() == 0);
}

TEST_CASE("own event loop: the wait before a retry is the loop's, too") {
  World world(6);
  Gate firstAttempts;
  std::atomic<bool> longWaitIsOver{false};
  // All get an error at once; the first is asked to wait for five seconds, which the others, who
  // wait for one at most, must not have to share.
  SocketServer server([&](Connection& connection) {
    for (int attempt = 1;; ++attempt) {
      const std::string raw = connection.readRequest();
      if (raw.empty()) return;
      const bool isFirst = isOf(raw, "many-0");
      if (attempt == 1) {
        firstAttempts.arrive();
        firstAttempts.waitFor(6);
        connection.answer(503, "{}", isFirst ? "Retry-After: 5\r\n" : "");
        continue;
      }
      if (isFirst) longWaitIsOver = true;
      if (!world.answer(connection, raw)) return;
    }
  });
  ChildProcess program = world.start(server.url());
  std::vector<std::string> lines;
  std::vector<std::string> expected;
  for (int i = 1; i != 6; ++i)
    lines.push_back(program.readLine());
  CHECK_FALSE(longWaitIsOver);
  for (int i = 1; i != 6; ++i)
    expected.push_back(world.lineOf(world.tunnels[static_cast<std::size_t>(i)]));
  CHECK(sorted(lines) == sorted(expected));
}

TEST_CASE("own event loop: one that fails does not fail the others") {
  World world(2);
  world.tunnels.insert(world.tunnels.begin(), {"no-such-tunnel", ""});
  ChildProcess program = world.start(world.service.url());
  const std::vector<std::string> lines = {program.readLine(), program.readLine()};
  CHECK(sorted(lines) == sorted({world.lineOf("many-0"), world.lineOf("many-1")}));
  CHECK(program.wait() == 1);
  CHECK(program.errors().find("no-such-tunnel: ResourceNotFoundException") != std::string::npos);
  CHECK(program.errors().find(": tunnelId") == std::string::npos);
  CHECK(program.errors().find("tunnelId: required") != std::string::npos);
}

TEST_CASE("own event loop: a metadata service that stalls holds up no other call") {
  World world(3);
  world.service.with([](auto& fake) {
    fake.addCredentials("ASIAROLE", "secret-of-the-role", "token-of-the-role");
    fake.addCredentials("ASIAINSTANCE", "secret-of-the-instance", "token-of-the-instance");
  });
  const std::string document =
      R"({"Code":"Success","AccessKeyId":"ASIAINSTANCE","SecretAccessKey":"secret-of-the-instance",)"
      R"("Token":"token-of-the-instance","Expiration":"2035-01-01T00:00:00Z"})";
  const std::string assumed =
      stsAnswer("ASIAROLE", "secret-of-the-role", "token-of-the-role", "2035-01-01T00:00:00Z");
  Gate othersDone;
  // Says nothing before the other tunnels have their tokens, however long that takes.
  SocketServer metadata([&](Connection& connection) {
    while (true) {
      const std::string raw = connection.readRequest();
      if (raw.empty()) return;
      if (raw.find("PUT") == 0) {
        if (!othersDone.waitFor(2)) return;
        connection.answer(200, "session", "X-aws-ec2-metadata-token-ttl-seconds: 600\r\n");
      } else if (raw.find("/security-credentials/ ") != std::string::npos) {
        connection.answer(200, "role");
      } else {
        connection.answer(200, document);
      }
    }
  });
  std::atomic<int> assumptions{0};
  SocketServer sts([&](Connection& connection) {
    while (!connection.readRequest().empty()) {
      ++assumptions;
      connection.answer(200, assumed);
    }
  });
  const TemporaryFolder folder;
  std::ofstream(folder.path("config"))
      << "[profile keys]\naws_access_key_id = " << ServedFake::accessKeyId
      << "\naws_secret_access_key = " << ServedFake::secretAccessKey
      << "\n[profile one-role]\nrole_arn = arn:aws:iam::1:role/one\nsource_profile = keys\n"
         "[profile two-roles]\nrole_arn = arn:aws:iam::1:role/two\nsource_profile = one-role\n"
         "[profile instance]\nrole_arn = arn:aws:iam::1:role/three\n"
         "credential_source = Ec2InstanceMetadata\n";
  ChildProcess program = world.start(
      {"many-0@instance", "many-1@two-roles", "many-2@keys"},
      {"AWS_CONFIG_FILE=" + folder.path("config"), "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
       "AWS_EC2_METADATA_SERVICE_ENDPOINT=" + metadata.url(), "AWS_ENDPOINT_URL_STS=" + sts.url()});
  std::vector<std::string> lines;
  for (int i = 0; i != 2; ++i) {
    lines.push_back(program.readLine());
    othersDone.arrive();
  }
  CHECK(sorted(lines) == sorted({world.lineOf("many-1"), world.lineOf("many-2")}));
  const std::string last = program.readLine();
  CHECK(program.wait() == 0);
  INFO(program.errors());
  CHECK(last == world.lineOf("many-0"));
  CHECK(assumptions == 3);
}

#ifdef SECURE_TUNNELING_SLOW_LOOKUP
TEST_CASE("own event loop: neither a command nor the look-up of a name holds up another call") {
  World world(3);
  world.service.with([](auto& fake) {
    fake.addCredentials("ASIACONTAINER", "secret-of-the-container", "token-of-the-container");
    fake.addCredentials("ASIACOMMAND", "secret-of-the-command", "token-of-the-command");
  });
  SocketServer agent([](Connection& connection) {
    while (!connection.readRequest().empty()) {
      connection.answer(200, R"({"AccessKeyId":"ASIACONTAINER","Token":"token-of-the-container",)"
                             R"("SecretAccessKey":"secret-of-the-container",)"
                             R"("Expiration":"2035-01-01T00:00:00Z"})");
    }
  });
  const Latch lookup;
  const Latch command;
  const TemporaryFolder folder;
  const std::string document =
      folder.file("document", R"({"Version":1,"AccessKeyId":"ASIACOMMAND",)"
                              R"("SecretAccessKey":"secret-of-the-command",)"
                              R"("SessionToken":"token-of-the-command"})");
  std::ofstream(folder.path("config"))
      << "[profile keys]\naws_access_key_id = " << ServedFake::accessKeyId
      << "\naws_secret_access_key = " << ServedFake::secretAccessKey
      << "\n[profile command]\ncredential_process = " << command.waitedFor() << "cat " << document
      << "\n";
  ChildProcess program = world.start(
      {"many-0", "many-1@command", "many-2@keys"},
      {"AWS_CONFIG_FILE=" + folder.path("config"), "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
       "AWS_CONTAINER_CREDENTIALS_FULL_URI=" + agent.url("agent.invalid") + "/",
       "SLOW_LOOKUP=" + lookup.path(), "LD_PRELOAD=" SECURE_TUNNELING_SLOW_LOOKUP});
  // Each is done before what the others wait for has happened.
  std::string line = program.readLine();
  CHECK(line == world.lineOf("many-2"));
  lookup.open();
  line = program.readLine();
  CHECK(line == world.lineOf("many-0"));
  command.open();
  line = program.readLine();
  CHECK(line == world.lineOf("many-1"));
  CHECK(program.wait() == 0);
  INFO(program.errors());
  CHECK(program.errors().empty());
}
#endif

TEST_CASE("own event loop: a signal ends every call, and each says what it knows") {
  World world(3);
  Gate requests;
  SocketServer server([&](Connection& connection) {
    const std::string raw = connection.readRequest();
    if (isOf(raw, "many-0")) connection.answer(503, "", "x-amz-retry-after: 30000\r\n");
    requests.arrive();
    connection.waitForClient();
  });
  ChildProcess program = world.start(server.url());
  REQUIRE(requests.waitFor(3));
  program.signal(SIGTERM);
  CHECK(program.readAll().empty());
  CHECK(program.wait() == 1);
  const std::string errors = program.errors();
  for (const std::string& tunnel : world.tunnels) {
    const std::size_t at = errors.find(tunnel + ":");
    REQUIRE(at != std::string::npos);
    CHECK(errors.substr(at, errors.find('\n', at) - at).find("the call was cancelled") !=
          std::string::npos);
  }
}
