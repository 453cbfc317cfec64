// SPDX-License-Identifier: BSL-1.0
// keep-local-proxy as a process, with a stand-in for localproxy.
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/command.hpp"

using namespace secure_tunneling;

namespace {

/// What local proxies connect to: takes the tokens of a service, and holds the connections.
class Tunnel {
 public:
  explicit Tunnel(ServedFake& service) : service_(service) {}

  [[nodiscard]] std::string authority() const { return server_.authority(); }
  [[nodiscard]] int refusals() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return refusals_;
  }
  void dropAll() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const int socket : held_)
      shutdown(socket, SHUT_RDWR);
    held_.clear();
  }

 private:
  void serve(Connection& connection) {
    const RecordedRequest request = parseRequest(connection.readRequest());
    const std::string token = request.header("access-token").value_or("");
    const bool accepted = service_.with([&](FakeSecureTunnelingService& fake) {
      return static_cast<bool>(fake.connect(token, ClientMode::SOURCE));
    });
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (accepted) {
        held_.push_back(connection.socket());
      } else {
        ++refusals_;
      }
    }
    if (!accepted) {
      connection.answer(400, "Invalid access token: it was previously used");
      return;
    }
    connection.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    connection.waitForClient();
    const std::lock_guard<std::mutex> lock(mutex_);
    held_.erase(std::remove(held_.begin(), held_.end(), connection.socket()), held_.end());
  }

  ServedFake& service_;
  std::mutex mutex_;
  std::vector<int> held_;
  int refusals_ = 0;
  SocketServer server_{[this](Connection& connection) { serve(connection); }};
};

/// A port of the loopback that another program listens on. It is none of those that Linux usually
/// gives to whoever asks for any, so that nobody takes it by chance once it is free; which one it
/// is depends on the process, as tests run beside each other.
class TakenPort {
 public:
  TakenPort() {
    for (int i = 0; i != 1000; ++i) {
      port_ = static_cast<std::uint16_t>(10'000 + (getpid() + i * 97) % 20'000);
      socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const int yes = 1;
      setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(port_);
      const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
      if (bind(socket_, generic, sizeof address) == 0 && listen(socket_, 1) == 0) return;
      free();
    }
    std::abort();
  }
  ~TakenPort() { free(); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;

  void free() {
    if (socket_ != -1) close(socket_);
    socket_ = -1;
  }
  [[nodiscard]] std::string port() const { return std::to_string(port_); }

 private:
  int socket_ = -1;
  std::uint16_t port_ = 0;
};

std::string freePort() {
  return TakenPort().port();
}

bool waitUntil(const std::function<bool()>& isSo) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!isSo()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

int countOf(const std::string& what, const std::string& text) {
  int count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

bool isRunning(pid_t process) {
  if (kill(process, 0) != 0) return false;
  // Nobody may have waited for it.
  const std::string status = readFile("/proc/" + std::to_string(process) + "/stat");
  return status.find(") Z ") == std::string::npos;
}

const std::string standIn = SECURE_TUNNELING_STAND_IN_LOCALPROXY;

struct KeeperWorld : World {
  Tunnel tunnel{service};
  std::string port = freePort();

  KeeperWorld() { environment.emplace_back("PATH=/usr/bin:/bin"); }

  [[nodiscard]] std::vector<std::string> arguments(const std::vector<std::string>& program) const {
    std::vector<std::string> all = {programs + "/keep-local-proxy",
                                    "--tunnel-id",
                                    ServedFake::tunnel,
                                    "--client-mode",
                                    "SOURCE",
                                    "--endpoint-url",
                                    service.url(),
                                    "--"};
    all.insert(all.end(), program.begin(), program.end());
    return all;
  }
  [[nodiscard]] std::vector<std::string> localproxy() const {
    return {standIn, "-e", tunnel.authority(), "-s", port};
  }
};

constexpr const char* keptLine = "keep-local-proxy: connected, ";

bool waitForConnections(const ChildProcess& keeper, int count) {
  return waitUntil([&] { return countOf(keptLine, keeper.errors()) >= count; });
}

/// A terminal that nobody reads.
class UnreadTerminal {
 public:
  UnreadTerminal() : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    std::array<char, 128> name{};
    const bool done = master_ != -1 && grantpt(master_) == 0 && unlockpt(master_) == 0 &&
                      ptsname_r(master_, name.data(), name.size()) == 0;
    if (!done) std::abort();
    name_ = name.data();
    slave_ = open(name_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  ~UnreadTerminal() {
    close(slave_);
    close(master_);
  }
  UnreadTerminal(const UnreadTerminal&) = delete;
  UnreadTerminal& operator=(const UnreadTerminal&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// It takes nothing from here on, as after Ctrl-S.
  void stop() const {
    if (tcflow(slave_, TCOOFF) != 0) std::abort();
  }

 private:
  int master_;
  int slave_ = -1;
  std::string name_;
};

/// Whether what a descriptor of a process leads to takes nothing more.
bool isFull(pid_t process, int descriptor) {
  const std::string path = "/proc/" + std::to_string(process) + "/fd/" + std::to_string(descriptor);
  const int opened = open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (opened == -1) return false;
  pollfd taken{opened, POLLOUT, 0};
  const bool isIt = poll(&taken, 1, 0) == 0;
  close(opened);
  return isIt;
}

/// The process of the last line of the proxy's log.
pid_t proxyOf(const ChildProcess& keeper) {
  const std::string errors = keeper.errors();
  const std::size_t brace = errors.rfind("}[info]");
  if (brace == std::string::npos) return -1;
  return std::atoi(errors.c_str() + errors.rfind('{', brace) + 1);
}

}  // namespace

TEST_CASE("keep-local-proxy: a dropped proxy comes back with a new token of its side") {
  KeeperWorld world;
  const std::string destination = world.service.destinationToken();
  ChildProcess keeper(world.arguments(world.localproxy()), world.environment);
  for (int connections = 1; connections != 4; ++connections) {
    const bool connected = waitForConnections(keeper, connections);
    INFO(keeper.errors());
    REQUIRE(connected);
    CHECK(world.service.rotations() == connections);
    if (connections != 3) world.tunnel.dropAll();
  }
  const std::string errors = keeper.errors();
  INFO(errors);
  CHECK(world.service.destinationToken() == destination);
  CHECK(errors.find("keep-local-proxy: listening on port " + world.port) != std::string::npos);
  CHECK(errors.find("}[info]    Successfully established websocket") != std::string::npos);
  CHECK(errors.find("the connection was lost after ") != std::string::npos);
  CHECK(errors.find(world.service.sourceToken()) == std::string::npos);
  keeper.signal(SIGTERM);
  CHECK(keeper.wait() == 1000 + SIGTERM);
}

TEST_CASE("keep-local-proxy: the token is in no argument and no variable, and keys stay behind") {
  KeeperWorld world;
  world.environment.emplace_back("AWS_SESSION_TOKEN_FILE=x");
  world.environment.emplace_back("AWS_CONTAINER_AUTHORIZATION_TOKEN=canary");
  world.environment.emplace_back("AWSIOT_TUNNEL_ACCESS_TOKEN=an-old-one");
  world.environment.emplace_back("KEPT=yes");
  ChildProcess keeper(world.arguments(world.localproxy()), world.environment);
  REQUIRE(waitForConnections(keeper, 1));
  const std::string token = world.service.sourceToken();
  const std::string folder = "/proc/" + std::to_string(proxyOf(keeper));
  const std::string environment = readFile(folder + "/environ");
  const std::string arguments = readFile(folder + "/cmdline");
  CHECK(arguments.find("--config") != std::string::npos);
  CHECK(arguments.find(token) == std::string::npos);
  CHECK(environment.find("KEPT=yes") != std::string::npos);
  CHECK(environment.find("AWS_REGION=us-east-1") != std::string::npos);
  CHECK(environment.find("TOKEN") == std::string::npos);
  CHECK(environment.find("AWS_ACCESS_KEY_ID") == std::string::npos);
  CHECK(environment.find("canary") == std::string::npos);
  const std::string ofKeeper = readFile("/proc/" + std::to_string(keeper.id()) + "/environ");
  CHECK(ofKeeper.find("an-old-one") == std::string::npos);
}

TEST_CASE("keep-local-proxy: another program gets the token by its environment") {
  KeeperWorld world;
  ChildProcess keeper(
      world.arguments({"/bin/sh", "-c",
                       "echo token:$AWSIOT_TUNNEL_ACCESS_TOKEN: ${#AWSIOT_TUNNEL_ACCESS_TOKEN} "
                       "$AWS_SECRET_ACCESS_KEY; exec sleep 1000"}),
      world.environment);
  CHECK(keeper.readLine() == "token:***: " + std::to_string(world.service.sourceToken().size()));
  keeper.signal(SIGINT);
  CHECK(keeper.wait() == 1000 + SIGINT);
}

TEST_CASE("keep-local-proxy: a localproxy with a --config gets the token by its environment") {
  KeeperWorld world;
  const TemporaryFolder files;
  std::vector<std::string> program = world.localproxy();
  program.insert(program.end(), {"--config", files.file("localproxy.ini", "verbose = 4\n")});
  ChildProcess keeper(world.arguments(program), world.environment);
  CHECK(waitForConnections(keeper, 1));
}

TEST_CASE("keep-local-proxy: signals are handed on, and the program ends first") {
  const int number = GENERATE(SIGTERM, SIGINT, SIGHUP, SIGQUIT);
  KeeperWorld world;
  ChildProcess keeper(world.arguments(world.localproxy()), world.environment);
  REQUIRE(waitForConnections(keeper, 1));
  const pid_t proxy = proxyOf(keeper);
  keeper.signal(number);
  CHECK(keeper.wait() == 1000 + number);
  CHECK_FALSE(isRunning(proxy));
  CHECK(world.service.rotations() == 1);
}

TEST_CASE(
    "keep-local-proxy: a signal ends it whatever the program writes, and whoever reads that") {
  // Nobody reads its standard output; errors go to a file.
  const std::string program =
      GENERATE("yes", "yes >/dev/null", "exec yes >&2", "head -c 300000 /dev/zero; sleep 1000",
               "setsid sh -c 'while :; do echo; done' & sleep 1000");
  CAPTURE(program);
  KeeperWorld world;
  ChildProcess keeper(world.arguments({"/bin/sh", "-c", "echo started >&2; " + program}),
                      world.environment);
  REQUIRE(waitUntil([&] { return countOf("started", keeper.errors()) == 1; }));
  keeper.signal(SIGTERM);
  REQUIRE(waitUntil([&] { return keeper.hasEnded(); }));
  CHECK(keeper.wait() == 1000 + SIGTERM);
}

TEST_CASE("keep-local-proxy: a signal ends it where nobody reads, whatever its outputs are") {
  struct Case {
    const char* outputs;
    /// The one that takes nothing more.
    int descriptor;
    const char* line;
  };
  const char* const event = "Successfully established websocket";
  // Standard output is a pipe that nobody reads.
  const Case one = GENERATE_COPY(
      Case{"2>&1", 1, "y"}, Case{"2>&1", 1, "y >&2"}, Case{"2>&1 >/dev/null", 2, "y >&2"},
      Case{"2>&1", 1, event}, Case{"2>&1 >/dev/null", 2, event},
      Case{">/dev/null 2>TERMINAL", 2, "y >&2"}, Case{">/dev/null 2>TERMINAL", 2, event});
  CAPTURE(one.outputs, one.line);
  const TemporaryFolder files;
  const std::string line = one.line;
  const std::string program =
      "echo " + line + "; : >" + files.path("written") + "; exec yes " + line;
  KeeperWorld world;
  const UnreadTerminal terminal;
  terminal.stop();
  std::string outputs = one.outputs;
  const std::string_view name = "TERMINAL";
  if (const std::size_t at = outputs.find(name); at != outputs.npos)
    outputs.replace(at, name.size(), terminal.name());
  std::vector<std::string> arguments = world.arguments({"/bin/sh", "-c", program});
  arguments.insert(arguments.begin(), {"/bin/sh", "-c", "exec \"$@\" " + outputs, "sh"});
  ChildProcess keeper(arguments, world.environment);
  REQUIRE(waitUntil([&] {
    return access(files.path("written").c_str(), F_OK) == 0 && isFull(keeper.id(), one.descriptor);
  }));
  keeper.signal(SIGTERM);
  REQUIRE(waitUntil([&] { return keeper.hasEnded(); }));
  CHECK(keeper.wait() == 1000 + SIGTERM);
}

TEST_CASE("keep-local-proxy: a signal ends it where a terminal takes less than there is") {
  KeeperWorld world;
  const UnreadTerminal terminal;
  const TemporaryFolder files;
  // More than a terminal takes, and no more than a pipe.
  const std::string program = "yes | head -c 60000; : >" + files.path("written") + "; exec yes";
  std::vector<std::string> arguments = world.arguments({"/bin/sh", "-c", program});
  arguments.insert(arguments.begin(), {"/bin/sh", "-c", "exec \"$@\" >" + terminal.name(), "sh"});
  ChildProcess keeper(arguments, world.environment);
  REQUIRE(waitUntil([&] { return access(files.path("written").c_str(), F_OK) == 0; }));
  keeper.signal(SIGTERM);
  REQUIRE(waitUntil([&] { return keeper.hasEnded(); }));
  CHECK(keeper.wait() == 1000 + SIGTERM);
}

TEST_CASE("keep-local-proxy: a signal ends it where it waits, too") {
  KeeperWorld world;
  const TakenPort taken;
  world.port = taken.port();
  ChildProcess keeper(world.arguments(world.localproxy()), world.environment);
  REQUIRE(waitUntil([&] { return !keeper.errors().empty(); }));
  keeper.signal(SIGTERM);
  CHECK(keeper.wait() == 1000 + SIGTERM);
}

TEST_CASE("keep-local-proxy: a signal ends it as the first process of a container, too") {
  KeeperWorld world;
  const TakenPort taken;
  world.port = taken.port();
  std::vector<std::string> arguments = world.arguments(world.localproxy());
  arguments.insert(arguments.begin(),
                   {"/usr/bin/unshare", "--user", "--map-root-user", "--pid", "--fork"});
  ChildProcess container(arguments, world.environment);
  REQUIRE(waitUntil([&] { return !container.errors().empty(); }));
  const std::string own = std::to_string(container.id());
  const std::string first = readFile("/proc/" + own + "/task/" + own + "/children");
  if (container.errors().find("keep-local-proxy: port") == std::string::npos || first.empty()) {
    WARN("no namespaces here: " << container.errors());
    return;
  }
  kill(std::atoi(first.c_str()), SIGTERM);
  CHECK(container.wait() == 128 + SIGTERM);
}

TEST_CASE("keep-local-proxy: the program and its children do not outlive it") {
  KeeperWorld world;
  ChildProcess keeper(
      world.arguments({"/bin/sh", "-c", "sleep 1000 & echo $! $$; wait; wait; true"}),
      world.environment);
  const std::string line = keeper.readLine();
  char* end = nullptr;
  const auto child = static_cast<pid_t>(std::strtol(line.c_str(), &end, 10));
  const auto program = static_cast<pid_t>(std::strtol(end, nullptr, 10));
  REQUIRE(isRunning(child));
  REQUIRE(isRunning(program));
  keeper.signal(SIGKILL);
  CHECK(keeper.wait() == 1000 + SIGKILL);
  CHECK(waitUntil([&] { return !isRunning(program) && !isRunning(child); }));
}

TEST_CASE("keep-local-proxy: what a program leaves behind is ended before it is started again") {
  KeeperWorld world;
  ChildProcess keeper(world.arguments({"/bin/sh", "-c", "sleep 1000 & echo $!"}),
                      world.environment);
  const pid_t left = std::atoi(keeper.readLine().c_str());
  CHECK_FALSE(keeper.readLine().empty());
  CHECK_FALSE(isRunning(left));
}

TEST_CASE("keep-local-proxy: a taken port costs no token") {
  KeeperWorld world;
  TakenPort taken;
  world.port = taken.port();
  ChildProcess keeper(world.arguments(world.localproxy()), world.environment);
  REQUIRE(waitUntil([&] { return countOf("another program has it", keeper.errors()) == 2; }));
  CHECK(world.service.calls() == 0);
  taken.free();
  CHECK(waitForConnections(keeper, 1));
  CHECK(world.service.rotations() == 1);
}

TEST_CASE("keep-local-proxy: one keeper a side and machine") {
  KeeperWorld world;
  ChildProcess first(world.arguments(world.localproxy()), world.environment);
  REQUIRE(waitForConnections(first, 1));
  const Finished second = run(world.arguments(world.localproxy()), world.environment);
  INFO(second.errors);
  CHECK(second.status == 250);
  CHECK(second.errors.find("kept on this machine already: process " + std::to_string(first.id())) !=
        std::string::npos);
  first.signal(SIGKILL);
  first.wait();
  ChildProcess third(world.arguments(world.localproxy()), world.environment);
  CHECK(waitForConnections(third, 1));
  CHECK(world.service.rotations() == 2);
}

TEST_CASE("keep-local-proxy: a token that is there already is used first") {
  KeeperWorld world;
  world.environment.push_back("AWSIOT_TUNNEL_ACCESS_TOKEN=" + world.service.sourceToken());
  std::vector<std::string> arguments = world.arguments(world.localproxy());
  arguments.insert(arguments.begin() + 1, "--first-token-from-env");
  ChildProcess keeper(arguments, world.environment);
  REQUIRE(waitForConnections(keeper, 1));
  CHECK(world.service.calls() == 0);
  world.tunnel.dropAll();
  CHECK(waitForConnections(keeper, 2));
  CHECK(world.service.rotations() == 1);
}

TEST_CASE("keep-local-proxy: it ends where trying again cannot help, and says why") {
  KeeperWorld world;
  std::vector<std::string> program = world.localproxy();
  int status = 0;
  int calls = 0;
  std::string reason;
  const TemporaryFolder files;
  SECTION("the tunnel is gone") {
    world.service.with([](auto& fake) { fake.closeTunnel(ServedFake::tunnel); });
    status = 254;
    calls = 1;
    reason = "ResourceNotFoundException";
  }
  SECTION("no permission") {
    world.service.injectFault(Fault::AccessDenied, 3);
    status = 254;
    calls = 1;
    reason = "iot:RotateTunnelAccessToken on the tunnel";
  }
  SECTION("no credentials") {
    world.unset("AWS_ACCESS_KEY_ID");
    world.unset("AWS_SECRET_ACCESS_KEY");
    status = 253;
    reason = "Unable to locate credentials";
  }
  SECTION("no region") {
    world.unset("AWS_REGION");
    status = 253;
    reason = "no region";
  }
  SECTION("no such program") {
    program = {"no-such-localproxy"};
    status = 127;
    reason = "no-such-localproxy: No such file";
  }
  SECTION("a program that may not be run") {
    program = {files.file("localproxy", "")};
    status = 126;
    reason = "Permission denied";
  }
  SECTION("a program that the system cannot run") {
    program = {files.file("localproxy", "#!/no/such/interpreter\n")};
    chmod(program.front().c_str(), 0700);
    status = 127;
    calls = 1;
    reason = "cannot be started";
  }
  SECTION("a program of another machine") {
    program = {files.file("localproxy",
                          "\x7f"
                          "ELF and what is behind it\n")};
    chmod(program.front().c_str(), 0700);
    status = 126;
    calls = 1;
    reason = "cannot be started: Exec format error";
  }
  SECTION("arguments that cannot work") {
    program.insert(program.end(), {"-t", "canary"});
    status = 252;
    reason = "given an access token";
  }
  const Finished finished = run(world.arguments(program), world.environment);
  CHECK(world.service.calls() == calls);
  checkRefused(finished, status, reason);
}

TEST_CASE("keep-local-proxy: it gives up also where nobody reads why") {
  KeeperWorld world;
  world.service.with([](auto& fake) { fake.closeTunnel(ServedFake::tunnel); });
  std::vector<std::string> arguments = world.arguments(world.localproxy());
  // The pipe is full before it starts.
  arguments.insert(arguments.begin(),
                   {"/bin/sh", "-c",
                    "dd if=/dev/zero of=/proc/self/fd/1 bs=4096 oflag=nonblock conv=notrunc "
                    "2>/dev/null; exec \"$@\" 2>&1",
                    "sh"});
  ChildProcess keeper(arguments, world.environment);
  REQUIRE(waitUntil([&] { return keeper.hasEnded(); }));
  CHECK(keeper.wait() == 254);
}

TEST_CASE("keep-local-proxy: where nothing names a region, that of localproxy is meant") {
  KeeperWorld world;
  world.unset("AWS_REGION");
  std::vector<std::string> program = world.localproxy();
  program.insert(program.end(), {"-r", "us-east-1"});
  ChildProcess keeper(world.arguments(program), world.environment);
  CHECK(waitForConnections(keeper, 1));
}

TEST_CASE("keep-local-proxy: a signal that is ignored when it starts stays ignored") {
  KeeperWorld world;
  std::vector<std::string> arguments = world.arguments(world.localproxy());
  arguments.insert(arguments.begin(), {"/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh"});
  ChildProcess keeper(arguments, world.environment);
  REQUIRE(waitForConnections(keeper, 1));
  keeper.signal(SIGHUP);
  keeper.signal(SIGTERM);
  CHECK(keeper.wait() == 1000 + SIGTERM);
}

TEST_CASE("keep-local-proxy: works without standard streams") {
  KeeperWorld world;
  std::vector<std::string> arguments = world.arguments(world.localproxy());
  arguments.insert(arguments.begin(), {"/bin/sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh"});
  ChildProcess keeper(arguments, world.environment);
  CHECK(waitUntil([&] {
    const std::string token = world.service.sourceToken();
    return world.service.rotations() == 1 && !world.service.accepts(token);
  }));
}
