// SPDX-License-Identifier: BSL-1.0
// Real commands in the place of credential_process.
#include "secure_tunneling/credentials/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "secure_tunneling/adapters/system_clock.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/latch.hpp"
#include "support/temporary_folder.hpp"

using namespace secure_tunneling;

namespace {

constexpr const char* printedDocument =
    R"({"Version": 1, "AccessKeyId": "ID", "SecretAccessKey": "secret", "SessionToken": "token",)"
    R"( "Expiration": "2026-01-15T12:30:00Z"})";

std::string textOf(const Credentials& credentials) {
  return credentials.accessKeyId + "|" + std::string(credentials.secretAccessKey.expose()) + "|" +
         std::string(credentials.sessionToken.expose()) + "|" +
         (credentials.expiresAtMs ? std::to_string(*credentials.expiresAtMs) : "never");
}

/// Runs a command, in each of the ways that there are.
struct Runner {
  /// Gives the thread back between steps, as an event loop has it.
  bool inSteps = GENERATE(false, true);

  /// `id|secret|token|expiry`, or the error's message.
  std::string operator()(const std::string& command, ProcessOptions options = {}) const {
    CAPTURE(inSteps);
    ProcessCredentials source(command, options);
    HttpExchange exchange;
    Credentials credentials;
    CredentialsFetch fetch(exchange, &source, credentials, !inSteps);
    SystemClock clock;
    driveToEnd(fetch, nullptr, clock);
    const Result<void> result = fetch.takeOutcome();
    if (result) return textOf(credentials);
    CHECK(result.error().kind == ErrorKind::Credentials);
    CHECK(result.error().delivery == Delivery::NotSent);
    return result.error().message;
  }
};

std::string print(const std::string& text) {
  return "printf %s '" + text + "'";
}

std::atomic<pid_t> runningGroup{0};
volatile sig_atomic_t groupInHandler = 0;

/// A named pipe that tells when all processes that hold its other end are gone.
class Leash {
 public:
  Leash() : path_(folder_.path("leash")) {
    mkfifo(path_.c_str(), 0600);
    reader_ = open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  }
  ~Leash() { close(reader_); }
  Leash(const Leash&) = delete;
  Leash& operator=(const Leash&) = delete;

  /// A command that takes the other end, and writes to it that it did.
  [[nodiscard]] std::string taken() const { return "exec 9>" + path_ + "; echo taken >&9; "; }
  /// Waits at most ten seconds for somebody to take it.
  [[nodiscard]] bool isTaken() const { return awaits(POLLIN); }
  /// Whether somebody has taken it so far; told once.
  [[nodiscard]] bool wasTaken() const {
    char text[16];
    return read(reader_, text, sizeof text) == 6;
  }
  /// Waits as long for who took it to be gone.
  [[nodiscard]] bool isFree() const { return awaits(POLLHUP); }

 private:
  [[nodiscard]] bool awaits(short event) const {
    // The end of all others is always told.
    pollfd state{reader_, static_cast<short>(event & ~POLLHUP), 0};
    return poll(&state, 1, 10'000) == 1 && (state.revents & event) != 0;
  }

  TemporaryFolder folder_;
  std::string path_;
  int reader_ = -1;
};

}  // namespace

TEST_CASE("credentials that a command prints") {
  const Runner run;
  const TemporaryFolder folder;
  const std::string file = folder.file("with blanks.json", printedDocument);
  CHECK(run(print(printedDocument)) == "ID|secret|token|1768480200000");
  CHECK(run("cat \"" + file + "\"") == "ID|secret|token|1768480200000");
  CHECK(run("cat '" + file + "' | sed s/ID/other/") == "other|secret|token|1768480200000");
  CHECK(run(print(R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"})")) == "A|s||never");
  CHECK(run("echo noise >&2; " + print(printedDocument)) == "ID|secret|token|1768480200000");
  TestEnvironment environment;
  environment.set("KEY_ID_OF_TEST", "seen");
  CHECK(run("cat '" + file + "' | sed s/ID/$KEY_ID_OF_TEST/") == "seen|secret|token|1768480200000");
}

TEST_CASE("a command that does not do its part") {
  const Runner run;
  const std::string valid = print(printedDocument);
  const struct {
    std::string command;
    const char* problem;
  } cases[] = {
      {valid + "; exit 3", "it exited with status 3"},
      {"echo canary >&2; exit 1", "it exited with status 1"},
      {"/no/such/command", "it exited with status 127"},
      {valid + "; kill -9 $$", "it was ended by signal 9"},
      {"true", "it wrote nothing to standard output"},
      {"printf ' \\n'", "it wrote nothing to standard output"},
      // There is nothing to read.
      {"cat", "it wrote nothing to standard output"},
      {"echo 'Hello, World!'", "not valid JSON in UTF-8, at byte 0 of 14"},
      {valid + "; echo more", "not valid JSON in UTF-8, at byte 127 of 132"},
      {"printf '\\377\\000'", "not valid JSON in UTF-8, at byte 0 of 2"},
      {"echo '{}'", "Version: expected 1"},
      {R"(echo '{"Version":2,"AccessKeyId":"A","SecretAccessKey":"s"}')", "Version: expected 1"},
      {R"(echo '{"Version":1,"AccessKeyId":"A"}')", "SecretAccessKey: missing"},
      {R"(echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"x"}')",
       "Expiration: expected a date as in 2026-01-15T12:30:00Z"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.command);
    CHECK(run(row.command) == std::string("credential_process: ") + row.problem);
  }
}

TEST_CASE("a command that writes without end is ended") {
  const Runner run;
  const Leash leash;
  CHECK(run(leash.taken() + "yes") == "credential_process: it wrote more than 65536 bytes");
  CHECK(leash.wasTaken());
  CHECK(leash.isFree());
  ProcessOptions options;
  options.maxOutputBytes = 127;
  CHECK(run(print(printedDocument), options) == "ID|secret|token|1768480200000");
  options.maxOutputBytes = 126;
  CHECK(run(print(printedDocument), options) == "credential_process: it wrote more than 126 bytes");
}

TEST_CASE("a command's output without a limit") {
  const Runner run;
  ProcessOptions options;
  options.maxOutputBytes = SIZE_MAX;
  CHECK(run("head -c 300000 /dev/zero | tr '\\0' ' '; " + print(printedDocument), options) ==
        "ID|secret|token|1768480200000");
}

TEST_CASE("a command inherits none of the program's descriptors but standard error") {
  const Runner run;
  // The kind that a program which is started inherits.
  const int descriptor = dup(STDERR_FILENO);
  const int high = fcntl(STDERR_FILENO, F_DUPFD, 200);
  const std::string folder = "/dev/fd/";
  for (const int each : {descriptor, high})
    CHECK(run("[ ! -e " + folder + std::to_string(each) + " ] && " + print(printedDocument)) ==
          "ID|secret|token|1768480200000");
  CHECK(run("[ -e " + folder + "2 ] && " + print(printedDocument)) ==
        "ID|secret|token|1768480200000");
  close(descriptor);
  close(high);
}

TEST_CASE("a command that hangs is ended, with all that it started") {
  const Runner run;
  const Leash leash;
  std::string command;
  SECTION("by itself") {
    command = "exec sleep 1000";
  }
  SECTION("with its output closed") {
    command = print(printedDocument) + "; exec >&-; sleep 1000";
  }
  SECTION("with children") {
    command = "sleep 1000 & (sleep 1000; true) & wait";
  }
  SECTION("with a child that outlives it and keeps the output") {
    command = "sleep 1000 & " + print(printedDocument);
  }
  SECTION("and will not be told to end") {
    command = "trap '' TERM INT HUP; sleep 1000 & sleep 1000; wait";
  }
  ProcessOptions options;
  // Again with more time where the machine was too slow for the command to begin.
  for (options.timeoutMs = 300; options.timeoutMs < 60'000; options.timeoutMs *= 4) {
    CHECK(run(leash.taken() + command, options) ==
          "credential_process: it took longer than " + std::to_string(options.timeoutMs) + " ms");
    if (leash.wasTaken()) break;
  }
  CHECK(options.timeoutMs < 60'000);
  CHECK(leash.isFree());
}

TEST_CASE("a command is run where the program ignores the end of its children") {
  const Runner run;
  struct sigaction before {};
  struct sigaction ignored {};
  ignored.sa_handler = SIG_IGN;
  sigaction(SIGCHLD, &ignored, &before);
  CHECK(run(print(printedDocument)) == "ID|secret|token|1768480200000");
  CHECK(run("exit 1") == "credential_process: it wrote nothing to standard output");
  sigaction(SIGCHLD, &before, nullptr);
}

TEST_CASE("a command starts with the usual signals") {
  const Runner run;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  CHECK(run(print(printedDocument) + "; kill -TERM $$; sleep 1000") ==
        "credential_process: it was ended by signal 15");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("a command of a profile") {
  TestEnvironment environment;
  environment.write(".aws/config", "[profile p]\ncredential_process = exit 4\n[profile q]\n");
  Result<detail::SharedFiles> files = detail::SharedFiles::load();
  REQUIRE(files);
  ProcessCredentials source;
  Credentials credentials;
  const ProfileView profile{*files, "p", "p"};
  CHECK(source.isNamedBy(profile));
  CHECK_FALSE(source.isNamedBy(ProfileView{*files, "q", "q"}));
  const Result<void> failed = source.retrieveFor(profile, {}, credentials);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == "profile \"p\": credential_process: it exited with status 4");
  const Result<void> none = source.retrieve({}, credentials);
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::NoCredentials);
}

TEST_CASE("a command of a profile may go on in the lines below") {
  TestEnvironment environment;
  environment.write(".aws/config",
                    "[profile p]\ncredential_process = test a =\n  b ||\n\texit\n  9\n");
  Result<detail::SharedFiles> files = detail::SharedFiles::load();
  REQUIRE(files);
  ProcessCredentials source;
  Credentials credentials;
  const Result<void> failed = source.retrieveFor(ProfileView{*files, "p", "p"}, {}, credentials);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == "profile \"p\": credential_process: it exited with status 9");
}

TEST_CASE("a signal handler finds the process group of the command while it runs") {
  const Runner run;
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { groupInHandler = runningGroup; };
  action.sa_flags = SA_RESTART;
  REQUIRE(sigaction(SIGUSR1, &action, &before) == 0);
  ProcessOptions options;
  options.group = &runningGroup;
  const std::string credentials =
      run("kill -USR1 $PPID; printf "
          "'{\"Version\":1,\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\"}' $$",
          options);
  CHECK(credentials == std::to_string(groupInHandler) + "|s||never");
  CHECK(runningGroup == 0);
  run("/nonexistent", options);
  CHECK(runningGroup == 0);
  sigaction(SIGUSR1, &before, nullptr);
}

TEST_CASE("a search that runs a command gives the thread back until it is over") {
  const Latch latch;
  ProcessCredentials source(latch.waitedFor() + print(printedDocument));
  HttpExchange exchange;
  Credentials credentials;
  CredentialsFetch fetch(exchange, &source, credentials);
  std::vector<std::int64_t> waits;
  // Whatever the time of the driver does.
  constexpr std::int64_t years = 90'000'000'000;
  for (const std::int64_t unixMs : std::vector<std::int64_t>{0, 1, years, -years, 5, 5, 5, 5, 5}) {
    REQUIRE(fetch.next({unixMs, 0}) == Step::Wait);
    waits.push_back(fetch.waitMs());
  }
  CHECK(waits == std::vector<std::int64_t>{1, 2, 4, 8, 16, 20, 20, 20, 20});
  latch.open();
  SystemClock clock;
  driveToEnd(fetch, nullptr, clock);
  CHECK(fetch.takeOutcome());
  CHECK(textOf(credentials) == "ID|secret|token|1768480200000");
  CHECK_FALSE(fetch.hasBlocked());
}

TEST_CASE("a source runs one command at a time") {
  const TemporaryFolder folder;
  const std::string log = folder.path("log");
  const Latch latch;
  ProcessCredentials source("echo begins >>" + log + "; " + latch.waitedFor() + "echo ends >>" +
                            log + "; " + print(printedDocument));
  HttpExchange exchanges[2];
  Credentials credentials[2];
  CredentialsFetch first(exchanges[0], &source, credentials[0]);
  CredentialsFetch second(exchanges[1], &source, credentials[1]);
  for (int i = 0; i != 5; ++i) {
    CHECK(first.next({}) == Step::Wait);
    CHECK(second.next({}) == Step::Wait);
    CHECK(second.waitMs() == 20);
  }
  // The thread that would have to wait may be the one that drives the first.
  Credentials others;
  const Result<void> refused = source.retrieve({}, others);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "these credentials are being fetched by another call");
  latch.open();
  SystemClock clock;
  for (CredentialsFetch* const each : {&first, &second}) {
    driveToEnd(*each, nullptr, clock);
    CHECK(each->takeOutcome());
  }
  CHECK(readFile(log) == "begins\nends\nbegins\nends\n");
}

TEST_CASE("a search that is given up ends its command, with all that it started") {
  const Leash leash;
  ProcessOptions options;
  options.group = &runningGroup;
  ProcessCredentials source(leash.taken() + "sleep 1000 & sleep 1000", options);
  HttpExchange exchange;
  Credentials credentials;
  std::optional<CredentialsFetch> fetch(std::in_place, exchange, &source, credentials);
  REQUIRE(fetch->next({}) == Step::Wait);
  const pid_t group = runningGroup;
  REQUIRE(leash.isTaken());
  CHECK(leash.wasTaken());
  fetch.reset();
  CHECK(runningGroup == 0);
  CHECK(leash.isFree());
  CHECK(waitpid(group, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);

  fetch.emplace(exchange, &source, credentials);
  CHECK(fetch->next({}) == Step::Wait);
  CHECK(runningGroup != 0);
}
