// SPDX-License-Identifier: BSL-1.0
// The parts of the program for fleets.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "fleet_options.hpp"
#include "fleet_run.hpp"
#include "progress_bar.hpp"
#include "results_file.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "tunnel_list.hpp"

using secure_tunneling::ClientMode;
using secure_tunneling::Result;

namespace {

Result<ProgramOptions> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "rotate-fleet");
  return parseFleetOptions(static_cast<int>(words.size()), words.data());
}

}  // namespace

TEST_CASE("fleet list: ids, modes, comments and blank lines") {
  const auto list = readTunnelList(
      "\xEF\xBB\xBFone\n\n  two\tsource  \r\n# three\nfour ALL# all of it\nfive   destination",
      ClientMode::DESTINATION);
  REQUIRE(list);
  REQUIRE(list->requests.size() == 4);
  const struct {
    std::string id;
    ClientMode mode;
    std::size_t line;
  } expected[] = {{"one", ClientMode::DESTINATION, 1},
                  {"two", ClientMode::SOURCE, 3},
                  {"four", ClientMode::ALL, 5},
                  {"five", ClientMode::DESTINATION, 6}};
  for (std::size_t i = 0; i != 4; ++i) {
    CHECK(list->requests[i].tunnelId == expected[i].id);
    CHECK(list->requests[i].clientMode == expected[i].mode);
    CHECK(list->lines[i] == expected[i].line);
  }
}

TEST_CASE("fleet list: a line that is wrong is told with its number") {
  const struct {
    std::string text;
    std::string problem;
  } cases[] = {
      {"a", "line 1: no mode, and --client-mode is not given"},
      {"a all\nb sauce",
       "line 2: \"sauce\" is not SOURCE, DESTINATION or ALL, did you mean "
       "\"SOURCE\"?"},
      {"a all b", "line 1: expected a tunnel's id and a mode, and nothing behind"},
      {"arn:aws:iot:x:1:tunnel/a all",
       "line 1: \"arn:aws:iot:x:1:tunnel/a\" is no tunnel's id: expected up to 128 letters, digits "
       "and characters of _-+=:"},
      {std::string(129, 'a') + " all",
       "line 1: a word of 129 characters is no tunnel's id: expected up to 128 letters, digits and "
       "characters of _-+=:"},
      {"a " + std::string(325, 'b'),
       "line 1: a word of 325 characters is not SOURCE, DESTINATION or ALL"},
      {"a all\n\na source",
       "line 3: tunnel a stands on line 1 already: the second rotation of a "
       "side takes away the token of the first"},
      {"a source\na all",
       "line 2: tunnel a stands on line 1 already: the second rotation of a "
       "side takes away the token of the first"},
      {"a destination\na source\na all",
       "line 3: tunnel a stands on line 2 already: the second rotation of a side takes away the "
       "token of the first"},
      {"\x1b[31m all",
       "line 1: \"\\x1b[31m\" is no tunnel's id: expected up to 128 letters, "
       "digits and characters of _-+=:"},
  };
  for (const auto& each : cases) {
    const auto list = readTunnelList(each.text, {});
    INFO(each.text);
    REQUIRE_FALSE(list);
    CHECK(list.error().message == each.problem);
  }
  std::string many;
  for (int i = 0; i != 25; ++i)
    many += "a/b\n";
  const auto list = readTunnelList(many, ClientMode::ALL);
  REQUIRE_FALSE(list);
  CHECK(list.error().message.find("line 20: ") != std::string::npos);
  CHECK(list.error().message.find("line 21: ") == std::string::npos);
  CHECK(list.error().message.find("\nand 5 lines more") != std::string::npos);
}

TEST_CASE("fleet options: what is given") {
  const auto options = parse({"--results", "r", "--client-mode", "all", "--parallel", "7",
                              "--timeout", "90", "--region", "eu-west-1", "-"});
  REQUIRE(options);
  CHECK(options->resultsFile == "r");
  CHECK(options->clientMode == ClientMode::ALL);
  CHECK(options->parallel == 7);
  CHECK(options->timeoutMs == 90'000);
  CHECK(options->call.region == std::optional<std::string>("eu-west-1"));
  CHECK(options->listFile == "-");
  const auto usual = parse({"--results=r", "list"});
  REQUIRE(usual);
  CHECK(usual->parallel == 32);
  CHECK(usual->timeoutMs == 0);
  CHECK(usual->clientMode.name().empty());
}

TEST_CASE("fleet options: what is wrong") {
  const struct {
    std::vector<const char*> words;
    const char* problem;
  } cases[] = {
      {{"list"}, "--results FILE is required"},
      {{"--results", "r"}, "no list of tunnels"},
      {{"--results", "r", "a", "b"}, "one list of tunnels is enough: b"},
      {{"--results", "r", "--parallel", "0", "a"}, "--parallel \"0\": expected a whole number"},
      {{"--results", "r", "--parallel", "1001", "a"}, "from 1 to 1000"},
      {{"--results", "r", "--timeout", "1.5", "a"}, "--timeout \"1.5\": expected a whole number"},
      {{"--results", "r", "--client-mode", "SRC", "a"}, "--client-mode \"SRC\" is not "},
      {{"--results", "r", "--paralel", "3"}, "unknown: --paralel"},
  };
  for (const auto& each : cases) {
    const auto options = parse(each.words);
    INFO(each.problem);
    REQUIRE_FALSE(options);
    CHECK(options.error().message.find(each.problem) != std::string::npos);
  }
}

TEST_CASE("fleet progress: a line") {
  CHECK(progressLine(0, 10, 0, 80) == "[..............................] 0 of 10");
  CHECK(progressLine(5, 10, 1, 80) == "[###############...............] 5 of 10, 1 failed");
  CHECK(progressLine(10, 10, 0, 80) == "[##############################] 10 of 10");
  // No line of a terminal is filled to its last column.
  CHECK(progressLine(5, 10, 1, 37) == "[########........] 5 of 10, 1 failed");
  CHECK(progressLine(5, 10, 1, 30) == "[####.....] 5 of 10, 1 failed");
  CHECK(progressLine(5, 10, 1, 25) == "5 of 10, 1 failed");
  CHECK(progressLine(5, 10, 1, 18) == "5 of 10, 1 failed");
  CHECK(progressLine(5, 10, 1, 17).empty());
}

namespace {

/// A disk in the place of the C library's: how often it fails next, and why.
int diskFailures = 0;
int diskReason = 0;
/// The last folder that was brought to it.
ino_t folderOnDisk = 0;

}  // namespace

extern "C" int fdatasync(int) {
  if (diskFailures == 0) return 0;
  --diskFailures;
  errno = diskReason;
  return -1;
}
extern "C" int fsync(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) folderOnDisk = status.st_ino;
  return 0;
}

namespace {

using secure_tunneling::RotateTunnelAccessTokenRequest;
using secure_tunneling::RotateTunnelAccessTokenResponse;

RotateTunnelAccessTokenRequest requestOf(const std::string& tunnel) {
  return {tunnel, ClientMode::ALL, {}};
}
Result<RotateTunnelAccessTokenResponse> tokens() {
  RotateTunnelAccessTokenResponse response;
  response.sourceAccessToken.emplace("a-source-token");
  return Result<RotateTunnelAccessTokenResponse>(std::move(response));
}

/// A results file, which has `text` in it.
struct Place {
  TemporaryFolder folder;
  std::string path = folder.path("results");

  explicit Place(const std::string& text = "") {
    std::ofstream(path) << text;
    chmod(path.c_str(), 0600);
  }
  [[nodiscard]] std::string text() const { return readFile(path); }
};

const std::string begunLine =
    R"({"state":"begun","tunnelId":"a","clientMode":"ALL","time":"2026-01-02T03:04:05Z"})";
const std::string failedLine =
    R"({"state":"failed","tunnelId":"a","clientMode":"ALL","time":"2026-01-02T03:04:06Z","message":")";

}  // namespace

TEST_CASE("fleet results: what is not on the disk is not in the file") {
  Place place;
  ResultsFile file;
  REQUIRE(file.open(place.path));
  REQUIRE(file.begin(requestOf("a")));
  const std::string before = place.text();
  diskReason = EIO;
  diskFailures = 1;
  const auto lost = file.end(requestOf("a"), tokens());
  REQUIRE_FALSE(lost);
  CHECK(lost.error().message.find("Input/output error") != std::string::npos);
  CHECK(place.text() == before);
  // An interruption is no failure.
  diskReason = EINTR;
  diskFailures = 3;
  REQUIRE(file.end(requestOf("a"), tokens()));
  CHECK(diskFailures == 0);
  CHECK(place.text().find(before) == 0);
  CHECK(place.text().find("a-source-token", before.size()) != std::string::npos);
}

TEST_CASE("fleet results: a limit on the size of files is found before anything is sent") {
  const Place place(begunLine + "\n");
  ResultsFile file;
  REQUIRE(file.open(place.path));
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit low = before;
  low.rlim_cur = 10'000;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &low) == 0);
  const Result<void> fits = file.reserve(2);
  const Result<void> doesNot = file.reserve(3);
  // The file is longer already, and stays as it is.
  low.rlim_cur = 10;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &low) == 0);
  const Result<void> nothing = file.reserve(0);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(fits);
  CHECK(nothing);
  REQUIRE_FALSE(doesNot);
  CHECK(doesNot.error().message.find("no room for what 3 calls may bring: File too large") !=
        std::string::npos);
}

TEST_CASE("fleet results: a line that was cut goes") {
  const std::string before = begunLine + "\n";
  const std::string cut[] = {
      R"({"st)",
      begunLine.substr(0, 60),
      failedLine,
      failedLine + "}",
      failedLine + R"(a \"b\"})",
      std::string(100, '\0'),
      R"({"state":"be)" + std::string(100, '\0'),
  };
  for (const std::string& each : cut) {
    INFO(each);
    Place place(before + each);
    ResultsFile file;
    CHECK(file.open(place.path));
    CHECK(file.known(requestOf("a")) == Known::Begun);
    CHECK(place.text() == before);
  }
}

TEST_CASE("fleet results: a last line that lacks only its end is kept") {
  const std::string text = begunLine + "\n" + failedLine + R"(of \"some\" kind \\"})";
  Place place(text);
  ResultsFile file;
  REQUIRE(file.open(place.path));
  CHECK(file.known(requestOf("a")) == Known::Failed);
  CHECK(place.text() == text + "\n");
}

TEST_CASE("fleet results: a file of something else stays as it is") {
  const std::string texts[] = {
      R"({"private_key":"of something else"})",
      R"({"state":"on"})",
      R"({"stateless":1,)",
      "hello",
      std::string(4, '\0') + "more",
      begunLine + "\nhello",
  };
  for (const std::string& each : texts) {
    INFO(each);
    Place place(each);
    ResultsFile file;
    const auto opened = file.open(place.path);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message.find("is none of this program") != std::string::npos);
    CHECK(place.text() == each);
  }
}

TEST_CASE("fleet results: a file of another user is refused") {
  // Only root can make one.
  if (geteuid() != 0) return;
  Place place;
  REQUIRE(chown(place.path.c_str(), 4711, 4711) == 0);
  ResultsFile file;
  const auto opened = file.open(place.path);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find("it belongs to another user, number 4711") !=
        std::string::npos);
}

TEST_CASE("fleet results: the file's name is on the disk, whoever made it") {
  Place place;
  std::string path = place.path;
  const TemporaryFolder other;
  SECTION("of a file that is there") {}
  SECTION("of what a link leads to") {
    path = other.path("link");
    REQUIRE(symlink(place.path.c_str(), path.c_str()) == 0);
  }
  struct stat status {};
  REQUIRE(stat(place.folder.path().c_str(), &status) == 0);
  folderOnDisk = 0;
  ResultsFile file;
  REQUIRE(file.open(path));
  CHECK(folderOnDisk == status.st_ino);
}

namespace {

/// A fleet of two, whose progress is told by a test.
struct Progress {
  Place place;
  ResultsFile file;
  const FleetRun::Requests requests = {requestOf("a"), requestOf("b")};
  const std::atomic<bool> stopped{false};
  FleetRun run{requests, file, stopped};

  Progress() { REQUIRE(file.open(place.path)); }
};

}  // namespace

TEST_CASE("fleet run: begins no more once something could not be written") {
  Progress fleet;
  diskReason = ENOSPC;
  SECTION("that one begins") {
    diskFailures = 1;
    CHECK_FALSE(fleet.run.onBegin(0));
  }
  SECTION("what came of one") {
    REQUIRE(fleet.run.onBegin(0));
    diskFailures = 1;
    fleet.run.onResult(0, tokens());
  }
  CHECK(diskFailures == 0);
  CHECK_FALSE(fleet.run.onBegin(1));
  CHECK_FALSE(fleet.run.isComplete());
}

TEST_CASE("fleet run: a call that began has an end in the file, though nothing was sent") {
  Progress fleet;
  REQUIRE(fleet.run.onBegin(0));
  const auto error =
      secure_tunneling::makeError(secure_tunneling::ErrorKind::NoCredentials, "none");
  fleet.run.onResult(0, error);
  fleet.run.onResult(1, error);
  CHECK(fleet.run.summary(0) == "2 tunnels: 0 rotated, 1 failed, 1 not begun");
  CHECK(fleet.run.lacksCredentials());
  CHECK(fleet.place.text().find(R"("state":"failed","tunnelId":"a")") != std::string::npos);
  CHECK(fleet.place.text().find(R"("tunnelId":"b")") == std::string::npos);
}
