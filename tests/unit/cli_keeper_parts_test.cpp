// SPDX-License-Identifier: BSL-1.0
// The parts of keep-local-proxy: its options, what it reads of localproxy's command line and log,
// and how it passes on what that writes.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "keeper_options.hpp"
#include "line_relay.hpp"
#include "proxy_command.hpp"
#include "proxy_log.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "unblocked.hpp"

using namespace secure_tunneling;

namespace {

using Kind = ProxyEvent::Kind;
using Arguments = std::vector<std::string>;
using Ports = std::vector<std::uint16_t>;

Result<KeeperOptions> parse(const Arguments& arguments) {
  std::vector<const char*> words = {"keep-local-proxy"};
  for (const std::string& argument : arguments)
    words.push_back(argument.c_str());
  return parseKeeperOptions(static_cast<int>(words.size()), words.data());
}

Arguments localproxy(const Arguments& more) {
  Arguments words = {"/opt/bin/localproxy"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

TEST_CASE("keeper options: those of the call, its own, and a program behind --") {
  const Result<KeeperOptions> options =
      parse({"--tunnel-id", "t", "--client-mode=SOURCE", "--region", "eu-west-1", "--first-token",
             "--cli-read-timeout", "5", "--", "localproxy", "-s", "5555", "--", "--region"});
  REQUIRE(options);
  CHECK(options->call.tunnelId == "t");
  CHECK(options->call.region == "eu-west-1");
  CHECK(options->call.readTimeoutMs == 5'000);
  CHECK(options->firstTokenFromEnv);
  CHECK(options->program == Arguments{"localproxy", "-s", "5555", "--", "--region"});
}

TEST_CASE("keeper options: what is refused, and why") {
  struct Case {
    Arguments arguments;
    const char* reason;
  };
  const Case cases[] = {
      {{"--client-mode", "SOURCE", "--", "x"}, "--tunnel-id is required"},
      {{"--tunnel-id", "t", "--", "x"}, "--client-mode is required"},
      {{"--tunnel-id", "t", "--client-mode", "ALL", "--", "x"}, "would throw out the proxy"},
      {{"--tunnel-id", "t", "--client-mode", "SUORCE", "--", "x"}, "SOURCE"},
      {{"--tunnel-id", "t", "--client-mode", "SOURCE"}, "no program"},
      {{"--tunnel-id", "t", "--client-mode", "SOURCE", "--"}, "no program"},
      {{"--tunnel-id", "t", "--client-mode", "SOURCE", "localproxy", "-s", "5"}, "behind --"},
      {{"--tunnel-id", "t", "--client-mode", "SOURCE", "--output", "text", "--", "x"}, "--output"},
      {{"--tunnel-id", "t", "--client-mode", "SOURCE", "--endpoint-url", "x", "--", "x"}, "scheme"},
  };
  for (const Case& one : cases) {
    const Result<KeeperOptions> options = parse(one.arguments);
    INFO(one.reason);
    REQUIRE_FALSE(options);
    CHECK(options.error().message.find(one.reason) != std::string::npos);
  }
}

TEST_CASE("keeper options: help names each exit status") {
  const Result<KeeperOptions> options = parse({"--help"});
  REQUIRE(options);
  for (const char* const status : {"126", "127", "250", "252", "253", "254", "255"})
    CHECK(options->call.information.find(status) != std::string::npos);
}

TEST_CASE("localproxy's command line: where it listens and in which region") {
  struct Case {
    Arguments arguments;
    Ports ports;
    const char* address;
    const char* region;
  };
  const Case cases[] = {
      {{"-r", "eu-west-1", "-s", "5555"}, {5555}, "", "eu-west-1"},
      {{"-reu-west-1", "-s5555"}, {5555}, "", "eu-west-1"},
      {{"--source-listen-port", "SSH=5555", "-b", "::1"}, {5555}, "::1", ""},
      {{"--source-listen-port=SSH=5555,HTTP=80"}, {5555, 80}, "", ""},
      {{"--source", "SSH1=1, SSH2=2", "--local=0.0.0.0"}, {1, 2}, "0.0.0.0", ""},
      {{"-s", "SSH=localhost:5555,HTTP=::1:80"}, {5555, 80}, "", ""},
      {{"-s", "0"}, {}, "", ""},
      {{"-s", "SSH=x,HTTP=70000,VNC=7"}, {7}, "", ""},
      {{"-m", "src", "-k", "-s", "5"}, {5}, "", ""},
      {{"-v", "-s", "-s", "6"}, {6}, "", ""},
      {{"-s"}, {}, "", ""},
      {{}, {}, "", ""},
  };
  for (const Case& one : cases) {
    const Result<ProxyCommand> command = readProxyCommand(localproxy(one.arguments), "SOURCE");
    INFO((one.arguments.empty() ? "" : one.arguments.back()));
    REQUIRE(command);
    CHECK(command->isLocalProxy);
    CHECK_FALSE(command->hasConfig);
    CHECK(command->ports == one.ports);
    CHECK(command->bindAddress == one.address);
    CHECK(command->region == one.region);
  }
}

TEST_CASE("localproxy's command line: the file of its --config counts less") {
  const TemporaryFolder folder;
  const std::string file = folder.file("localproxy.ini",
                                       "# a comment\nregion = us-west-2 # here\n"
                                       "source-listen-port=SSH=6000\nlocal-bind-address = ::1\n");
  const Result<ProxyCommand> command =
      readProxyCommand(localproxy({"--config", file, "-r", "eu-west-1"}), "SOURCE");
  REQUIRE(command);
  CHECK(command->hasConfig);
  CHECK(command->ports == Ports{6000});
  CHECK(command->bindAddress == "::1");
  CHECK(command->region == "eu-west-1");
  CHECK(readProxyCommand(localproxy({"--config", folder.path("none")}), "SOURCE"));

  // A pipe's is left for localproxy, as in --config <(...).
  std::array<int, 2> pipe{};
  REQUIRE(pipe2(pipe.data(), O_NONBLOCK) == 0);
  REQUIRE(write(pipe[1], "region = x\n", 11) == 11);
  const std::string piped = "/dev/fd/" + std::to_string(pipe[0]);
  const Result<ProxyCommand> byPipe = readProxyCommand(localproxy({"--config", piped}), "SOURCE");
  REQUIRE(byPipe);
  CHECK(byPipe->hasConfig);
  std::array<char, 16> left{};
  CHECK(read(pipe[0], left.data(), left.size()) == 11);
  close(pipe[0]);
  close(pipe[1]);
}

TEST_CASE("localproxy's command line: what would spend every token is refused") {
  const TemporaryFolder folder;
  const std::string file = folder.file("localproxy.ini", "access-token = abc\n");
  struct Case {
    Arguments arguments;
    const char* side;
    const char* reason;
  };
  const Case cases[] = {
      {{"-s", "5", "-t", "canary"}, "SOURCE", "access token"},
      {{"-s", "5", "-tcanary"}, "SOURCE", "access token"},
      {{"-s", "5", "--access-token=canary"}, "SOURCE", "access token"},
      {{"-s", "5", "--config", file}, "SOURCE", "access token"},
      {{"-s", "5"}, "DESTINATION", "told to be the source"},
      {{"-d", "22"}, "SOURCE", "told to be the destination"},
      {{"-m", "dst"}, "SOURCE", "told to be the destination"},
      {{"--mode=source"}, "DESTINATION", "told to be the source"},
  };
  for (const Case& one : cases) {
    const Result<ProxyCommand> command = readProxyCommand(localproxy(one.arguments), one.side);
    REQUIRE_FALSE(command);
    INFO(command.error().message);
    CHECK(command.error().message.find(one.reason) != std::string::npos);
    CHECK(command.error().message.find("canary") == std::string::npos);
  }
}

TEST_CASE("localproxy's command line: it is known by its name") {
  for (const char* const name : {"localproxy", "./localproxy", "/x/localproxy-3.3.1-aarch64"})
    CHECK(readProxyCommand({name, "-s", "5"}, "SOURCE")->isLocalProxy);
  for (const char* const name : {"mylocalproxy", "localproxytest", "/localproxy/sh", "socat"}) {
    const Result<ProxyCommand> command = readProxyCommand({name, "-s", "5", "-t", "x"}, "SOURCE");
    REQUIRE(command);
    CHECK_FALSE(command->isLocalProxy);
    CHECK(command->ports.empty());
  }
}

TEST_CASE("localproxy's log: what its lines tell") {
  struct Case {
    const char* line;
    Kind kind;
    const char* text;
  };
  const Case cases[] = {
      {"[2026-01-15T12:30:00.123456]{4711}[info]    Attempting to establish web socket connection "
       "with endpoint wss://data.tunneling.iot.eu-west-1.amazonaws.com:443",
       Kind::Trying, ""},
      {"[2026-01-15T12:30:00.123456]{4711}[info]    Successfully established websocket connection "
       "with proxy server: wss://data.tunneling.iot.eu-west-1.amazonaws.com:443",
       Kind::Connected, ""},
      {"[2026-01-15T12:30:00.123456]{4711}[info]    Listening for new connection on port 5555",
       Kind::Listening, "5555"},
      {"[2026-01-15T12:30:00.123456]{4711}[error]   Proxy server rejected web socket upgrade "
       "request: (HTTP/1.1 400 Bad Request) \"Invalid access token: x\"",
       Kind::Refused, "(HTTP/1.1 400 Bad Request) \"Invalid access token: x\""},
      {"[2026-01-15T12:30:00.123456]{4711}[fatal]   Could not bind to address: localhost:5555",
       Kind::CouldNotBind, "Could not bind to address: localhost:5555"},
      {"[2026-01-15T12:30:00.123456]{4711}[error]   Could not listen on bind address: ::1:5555 -- "
       "no",
       Kind::CouldNotBind, "Could not listen on bind address: ::1:5555 -- no"},
      {"[2026-01-15T12:30:00.123456]{4711}[error]   Could not connect to proxy server: refused",
       Kind::Failed, "Could not connect to proxy server: refused"},
      {"[2026-01-15T12:30:00.123456]{4711}[info]    Web socket close received. Code: 1000; "
       "Reason: ",
       Kind::Failed, "Web socket close received. Code: 1000; Reason: "},
      {"[2026-01-15T12:30:00.123456]{4711}[error]   Failed web socket session ID: 0630d2",
       Kind::None, ""},
      {"[2026-01-15T12:30:00.123456]{4711}[warning] Found access token", Kind::None, ""},
      {"Successfully established websocket", Kind::Connected, ""},
      {"}[", Kind::None, ""},
      {"{1}[error]", Kind::Failed, ""},
      {"", Kind::None, ""},
  };
  for (const Case& one : cases) {
    INFO(one.line);
    const ProxyEvent event = readProxyLine(one.line);
    CHECK(event.kind == one.kind);
    CHECK(event.text == one.text);
  }
}

TEST_CASE("what a program writes is passed on as it is, without its token") {
  struct Case {
    std::vector<std::string> pieces;
    std::string passedOn;
    std::vector<std::string> lines;
  };
  // Read by 4 KiB, it is passed on in the middle of the token.
  const std::string longText(17 * 4096 - 6, 'x');
  const Case cases[] = {
      {{"one\ntwo\n"}, "one\ntwo\n", {"one", "two"}},
      {{"on", "e\n\nla", "st"}, "one\n\nlast", {"one", "", "last"}},
      {{"a canary-token and canary-to", "ken.\n"}, "a *** and ***.\n", {"a *** and ***."}},
      {{longText + "canary", "-token\n"}, longText + "***\n", {}},
      {{std::string("\x00\xff\x1b[0m\r\n", 8)}, std::string("\x00\xff\x1b[0m\r\n", 8), {}},
      {{}, "", {}},
  };
  const TemporaryFolder folder;
  for (const Case& one : cases) {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_NONBLOCK) == 0);
    fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    const std::string path = folder.path("output");
    const int to = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    std::vector<std::string> lines;
    const LineRelay::LineListener onLine = [&](std::string_view line) { lines.emplace_back(line); };
    LineRelay relay(ends[0], to, "canary-token", onLine);
    for (const std::string& piece : one.pieces) {
      REQUIRE(write(ends[1], piece.data(), piece.size()) == static_cast<ssize_t>(piece.size()));
      relay.step();
    }
    close(ends[1]);
    relay.finish();
    CHECK(relay.awaited().fd == (relay.isPending() ? to : -1));
    while (relay.isPending())
      relay.step();
    close(ends[0]);
    close(to);
    CHECK(readFile(path) == one.passedOn);
    if (!one.lines.empty()) CHECK(lines == one.lines);
  }
}

TEST_CASE("no more is read of a program than somebody takes of it") {
  std::array<int, 2> program{};
  std::array<int, 2> reader{};
  REQUIRE(pipe2(program.data(), O_NONBLOCK) == 0);
  REQUIRE(pipe2(reader.data(), O_NONBLOCK) == 0);
  std::string full(1 << 20, 'x');
  while (write(reader[1], full.data(), full.size()) > 0) {
  }
  std::vector<std::string> lines;
  const LineRelay::LineListener onLine = [&](std::string_view line) { lines.emplace_back(line); };
  LineRelay relay(program[0], reader[1], "canary-token", onLine);
  REQUIRE(write(program[1], "one\n", 4) == 4);
  CHECK(relay.awaited().fd == program[0]);
  relay.step();
  CHECK(relay.isPending());
  CHECK(relay.awaited().fd == reader[1]);
  CHECK(relay.awaited().events == POLLOUT);
  REQUIRE(write(program[1], "two\n", 4) == 4);
  relay.step();
  CHECK(relay.isPending());
  CHECK(lines.empty());
  while (read(reader[0], full.data(), full.size()) > 0) {
  }
  relay.step();
  CHECK_FALSE(relay.isPending());
  CHECK(lines == std::vector<std::string>{"one"});
  CHECK(read(reader[0], full.data(), full.size()) == 4);
  for (const int descriptor : {program[0], program[1], reader[0], reader[1]})
    close(descriptor);
}

TEST_CASE("a pipe is written without blocking, and stays as it is for others") {
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  const int own = withoutBlocking(ends[1]);
  REQUIRE(own != ends[1]);
  CHECK((fcntl(own, F_GETFL) & O_NONBLOCK) != 0);
  CHECK((fcntl(ends[1], F_GETFL) & O_NONBLOCK) == 0);
  CHECK(write(own, "one", 3) == 3);
  std::array<char, 4> got{};
  CHECK(read(ends[0], got.data(), got.size()) == 3);
  for (const int descriptor : {ends[0], ends[1], own})
    close(descriptor);
}

TEST_CASE("a file is written as it is") {
  const TemporaryFolder folder;
  const std::string path = folder.path("output");
  const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  CHECK(withoutBlocking(file) == file);
  close(file);
  CHECK(withoutBlocking(-1) == -1);
}
