// SPDX-License-Identifier: BSL-1.0
// The program for fleets: killed at any point and started again it neither loses a token nor
// rotates a tunnel whose tokens it has.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/caller.hpp"
#include "support/child_process.hpp"
#include "support/gate.hpp"
#include "support/loopback.hpp"
#include "support/temporary_folder.hpp"

using namespace secure_tunneling;

namespace {

/// A service with tunnels, a list of them, and a results file.
struct FleetWorld {
  ServedFake service{SystemClock().now().unixMs};
  std::vector<std::string> tunnels;
  TemporaryFolder folder;
  std::string results = folder.path("results.jsonl");

  explicit FleetWorld(int count) {
    for (int i = 0; i != count; ++i) {
      tunnels.push_back("many-" + std::to_string(i));
      service.with([&](auto& fake) { fake.addTunnel(tunnels.back()); });
    }
    std::ofstream list(folder.path("list"));
    for (const std::string& tunnel : tunnels)
      list << tunnel << "\n";
  }

  [[nodiscard]] ChildProcess start(const std::string& url,
                                   const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {std::string(SECURE_TUNNELING_PROGRAMS) + "/rotate-fleet",
                                          "--results", results, "--client-mode", "all"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back(folder.path("list"));
    return {arguments,
            {std::string("AWS_ACCESS_KEY_ID=") + ServedFake::accessKeyId,
             std::string("AWS_SECRET_ACCESS_KEY=") + ServedFake::secretAccessKey,
             "AWS_REGION=us-east-1", "AWS_CONFIG_FILE=/dev/null",
             "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_ENDPOINT_URL=" + url}};
  }
  [[nodiscard]] ChildProcess start() const { return start(service.url()); }

  /// How many lines of the file say `state`, by tunnel. A line that was cut does not count.
  [[nodiscard]] std::map<std::string, int> linesOf(const std::string& state) const {
    std::map<std::string, int> lines;
    const std::string text = readFile(results);
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != text.npos; at = end + 1) {
      const std::string line = text.substr(at, end - at);
      if (memberOf(line, "state") == state) ++lines[memberOf(line, "tunnelId")];
    }
    return lines;
  }
  /// A member of an object without others in it.
  static std::string memberOf(const std::string& line, const std::string& name) {
    const std::string before = '"' + name + "\":\"";
    const std::size_t at = line.find(before);
    if (at == std::string::npos) return "";
    const std::size_t begin = at + before.size();
    return line.substr(begin, line.find('"', begin) - begin);
  }
  /// Whether the tokens that the file has of a tunnel are those that the service takes.
  [[nodiscard]] bool hasTokensOf(const std::string& tunnel) {
    const std::string text = readFile(results);
    const std::string source = service.with([&](auto& fake) { return fake.sourceToken(tunnel); });
    const std::string destination =
        service.with([&](auto& fake) { return fake.destinationToken(tunnel); });
    return text.find('"' + source + '"') != std::string::npos &&
           text.find('"' + destination + '"') != std::string::npos;
  }
};

std::size_t sizeOf(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

/// Waits until a server has accepted all that have connected to it. It does so in their order, and
/// the last is a connection of this function's own, which sends nothing and is ended by the server.
void connectBehindOthers(std::uint16_t port) {
  std::uint16_t ownPort = 0;
  const int socket = bindToLoopback(ownPort);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  REQUIRE(connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  shutdown(socket, SHUT_WR);
  char byte = 0;
  CHECK(recv(socket, &byte, 1, 0) == 0);
  close(socket);
}

}  // namespace

TEST_CASE("rotate-fleet: killed at 200 points it loses no token and takes none twice") {
  constexpr int tunnels = 25;
  constexpr int kills = 200;
  std::mt19937 random(20260115);
  int killed = 0;
  while (killed != kills) {
    FleetWorld world(tunnels);
    std::atomic<int> toServe{0};
    std::atomic<pid_t> victim{0};
    std::atomic<int> ended{0};
    // Half of the kills come with a request: before it is processed, or behind it.
    const auto serve = [&](Connection& connection) {
      for (;;) {
        const std::string raw = connection.readRequest();
        if (raw.empty()) return;
        const int left = --toServe;
        if (left == 0 && victim != 0) kill(victim, SIGKILL);
        auto request = parseRequest(raw);
        HttpResponse response;
        world.service.with(
            [&](auto& fake) { return fake.send(request.view(), response).hasValue(); });
        if (left == -1 && victim != 0) kill(victim, SIGKILL);
        if (!connection.answer(response.status, response.body.expose())) return;
      }
    };
    SocketServer server([&](Connection& connection) {
      serve(connection);
      ++ended;
    });
    for (bool isOver = false; !isOver;) {
      const bool byRequest = random() % 2 == 0;
      toServe = byRequest && killed != kills ? 1 + static_cast<int>(random() % 8) : 1'000'000;
      ChildProcess program = world.start(server.url());
      victim = program.id();
      if (!byRequest && killed != kills) {
        // The other half comes when so much has been written.
        const std::size_t size = sizeOf(world.results) + random() % 4'000;
        while (sizeOf(world.results) < size && !program.hasEnded())
          std::this_thread::yield();
        program.signal(SIGKILL);
      }
      const int status = program.wait();
      victim = 0;
      // What was under way is answered, to nobody. Behind the next run's requests it would revoke
      // the tokens that these have brought.
      connectBehindOthers(server.port());
      while (ended != server.connections())
        std::this_thread::yield();
      INFO("kill " << killed << ", status " << status << ": " << program.errors());
      REQUIRE((status == 0 || status == 1000 + SIGKILL));
      isOver = status == 0;
      killed += isOver ? 0 : 1;
      // What was there before is there, as it was: not rotated again.
      const std::map<std::string, int> rotated = world.linesOf("rotated");
      for (const auto& [tunnel, count] : rotated) {
        CHECK(count == 1);
        CHECK(world.hasTokensOf(tunnel));
      }
    }
    const std::map<std::string, int> rotated = world.linesOf("rotated");
    const std::map<std::string, int> begun = world.linesOf("begun");
    CHECK(rotated.size() == tunnels);
    int calls = 0;
    for (const auto& [tunnel, count] : begun)
      calls += count;
    // Nothing is sent that was not written down before.
    CHECK(world.service.rotations() <= calls);
    CHECK(world.service.rotations() >= tunnels);
  }
}

TEST_CASE("rotate-fleet: says which tunnels are rotated again") {
  FleetWorld world(3);
  Gate asked;
  Gate over;
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    asked.arrive();
    over.waitFor(1);
  });
  {
    ChildProcess program = world.start(server.url());
    REQUIRE(asked.waitFor(1));
    program.signal(SIGKILL);
    CHECK(program.wait() == 1000 + SIGKILL);
  }
  over.arrive();
  // Of a line that was cut, too, nothing is left.
  std::ofstream(world.results, std::ios::app) << R"({"state":"rotated","tunnelId":"many-1","cli)";
  ChildProcess program = world.start();
  const std::string summary = program.readAll();
  CHECK(program.wait() == 0);
  CHECK(summary.find("3 tunnels: 3 rotated; results in ") == 0);
  CHECK(program.errors().find("tunnel many-0 is rotated again") != std::string::npos);
  CHECK(program.errors().find("many-1") == std::string::npos);
  CHECK(world.linesOf("rotated").size() == 3);
}

TEST_CASE("rotate-fleet: one tunnel is said to be one") {
  FleetWorld world(1);
  ChildProcess program = world.start();
  CHECK(program.readAll().find("1 tunnel: 1 rotated; results in ") == 0);
  CHECK(program.wait() == 0);
}

TEST_CASE("rotate-fleet: what it has is not rotated again, and only its owner can read it") {
  FleetWorld world(40);
  {
    ChildProcess program = world.start();
    CHECK(program.wait() == 0);
    CHECK(program.errors().empty());
  }
  struct stat status {};
  REQUIRE(stat(world.results.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(world.service.rotations() == 40);
  for (const std::string& tunnel : world.tunnels)
    CHECK(world.hasTokensOf(tunnel));
  ChildProcess program = world.start();
  CHECK(program.readAll().find("40 tunnels: 0 rotated, 40 rotated before") == 0);
  CHECK(program.wait() == 0);
  CHECK(world.service.rotations() == 40);
}

TEST_CASE("rotate-fleet: two of them do not write one file") {
  FleetWorld world(2);
  Gate asked;
  Gate over;
  SocketServer server([&](Connection& connection) {
    connection.readRequest();
    asked.arrive();
    over.waitFor(1);
  });
  ChildProcess first = world.start(server.url());
  REQUIRE(asked.waitFor(1));
  ChildProcess second = world.start();
  CHECK(second.wait() == 250);
  CHECK(second.errors().find("another fleet writes it: process " + std::to_string(first.id())) !=
        std::string::npos);
  CHECK(world.service.calls() == 0);
  CHECK_FALSE(world.linesOf("begun").empty());
  first.signal(SIGKILL);
  first.wait();
  over.arrive();
}

TEST_CASE("rotate-fleet: a signal begins no more calls, and a second one ends those under way") {
  FleetWorld world(5);
  Gate asked;
  Gate over;
  SocketServer server([&](Connection& connection) {
    const std::string raw = connection.readRequest();
    asked.arrive();
    over.waitFor(1);
    auto request = parseRequest(raw);
    HttpResponse response;
    world.service.with([&](auto& fake) { return fake.send(request.view(), response).hasValue(); });
    connection.answer(response.status, response.body.expose());
  });
  const bool isTwice = GENERATE(false, true);
  ChildProcess program = world.start(server.url(), {"--parallel", "1"});
  REQUIRE(asked.waitFor(1));
  program.signal(SIGTERM);
  if (isTwice) {
    program.signal(SIGINT);
  } else {
    over.arrive();
  }
  const std::string summary = program.readAll();
  const int status = program.wait();
  over.arrive();
  if (isTwice) {
    CHECK((status == 1000 + SIGTERM || status == 1000 + SIGINT));
    CHECK(summary.find("5 tunnels: 0 rotated, 1 failed, 4 not begun") == 0);
  } else {
    CHECK(status == 1000 + SIGTERM);
    CHECK(summary.find("5 tunnels: 1 rotated, 4 not begun") == 0);
    CHECK(world.hasTokensOf("many-0"));
  }
  // What was set aside for five calls is given back.
  struct stat file {};
  REQUIRE(stat(world.results.c_str(), &file) == 0);
  CHECK(file.st_blocks * 512 < 5 * 4096);
}

#ifdef __linux__
TEST_CASE("rotate-fleet: space that a killed run had set aside is given back, whatever is left") {
  FleetWorld world(2);
  ChildProcess first = world.start();
  first.readAll();
  REQUIRE(first.wait() == 0);
  struct stat before {};
  REQUIRE(stat(world.results.c_str(), &before) == 0);
  const int descriptor = open(world.results.c_str(), O_WRONLY | O_CLOEXEC);
  const int reserved = fallocate(descriptor, FALLOC_FL_KEEP_SIZE, before.st_size, 1 << 20);
  if (reserved != 0 && errno == EOPNOTSUPP) return;  // not every file system can
  REQUIRE(reserved == 0);
  close(descriptor);
  ChildProcess second = world.start();
  second.readAll();
  CHECK(second.wait() == 0);
  struct stat after {};
  REQUIRE(stat(world.results.c_str(), &after) == 0);
  CHECK(after.st_blocks == before.st_blocks);
  CHECK(after.st_size == before.st_size);
}
#endif

TEST_CASE("rotate-fleet: without credentials nothing is under way at its end") {
  FleetWorld world(9);
  ChildProcess program(
      {std::string(SECURE_TUNNELING_PROGRAMS) + "/rotate-fleet", "--results", world.results,
       "--client-mode", "all", world.folder.path("list")},
      {"AWS_REGION=us-east-1", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
       "AWS_EC2_METADATA_DISABLED=true", "AWS_ENDPOINT_URL=" + world.service.url()});
  program.readAll();
  CHECK(program.wait() == 253);
  CHECK_FALSE(world.linesOf("begun").empty());
  CHECK(world.linesOf("begun") == world.linesOf("failed"));
  ChildProcess again = world.start();
  CHECK(again.wait() == 0);
  CHECK(again.errors().empty());
}

TEST_CASE("rotate-fleet: a file that cannot be written is found before anything is sent") {
  FleetWorld world(2);
  const std::string whole = R"({"state":"begun","tunnelId":"a","clientMode":"ALL"})"
                            "\n";
  std::string text;
  SECTION("a folder that is not there") {
    world.results = world.folder.path("none/results");
  }
  SECTION("a device") {
    world.results = "/dev/full";
  }
  SECTION("a file for others' eyes") {
    text = whole;
    std::ofstream(world.results) << text;
    chmod(world.results.c_str(), 0644);
  }
  SECTION("a file of something else") {
    text = GENERATE_COPY(std::string("hello\n"), "hello", whole + "hello\n", whole + "hello");
    std::ofstream(world.results) << text;
    chmod(world.results.c_str(), 0600);
  }
  ChildProcess program = world.start();
  CHECK(program.wait() == 255);
  CHECK(program.errors().find("rotate-fleet: results file ") == 0);
  CHECK(world.service.calls() == 0);
  if (!text.empty()) CHECK(readFile(world.results) == text);
}

TEST_CASE("rotate-fleet: a wrong list is told line by line, before anything is sent") {
  FleetWorld world(2);
  std::ofstream(world.folder.path("list"), std::ios::app)
      << "\n# a comment\nmany/3\nmany-4 sideways\nmany-0 source\nmany-5 source now\n";
  ChildProcess program = world.start();
  CHECK(program.wait() == 252);
  for (const char* const line :
       {"\nline 5: \"many/3\" is no tunnel's id", "\nline 6: \"sideways\" is not ",
        "\nline 7: tunnel many-0 stands on line 1 already", "\nline 8: expected a tunnel's id"}) {
    INFO(line);
    CHECK(program.errors().find(line) != std::string::npos);
  }
  CHECK(world.service.calls() == 0);
  CHECK(sizeOf(world.results) == 0);
}

TEST_CASE("rotate-fleet: a list without an end is refused") {
  FleetWorld world(1);
  std::remove(world.folder.path("list").c_str());
  REQUIRE(symlink("/dev/zero", world.folder.path("list").c_str()) == 0);
  ChildProcess program = world.start();
  CHECK(program.wait() == 252);
  CHECK(program.errors().find("more than 64 MiB are no list of tunnels") != std::string::npos);
  CHECK(world.service.calls() == 0);
}
