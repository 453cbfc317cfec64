// SPDX-License-Identifier: BSL-1.0
// What the library does by Windows' own calls where it does by POSIX elsewhere.
#include <stdlib.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

#include "secure_tunneling/adapters/system_clock.hpp"
#include "secure_tunneling/configuration/detail/shared_text.hpp"
#include "secure_tunneling/credentials/detail/secret_file.hpp"
#include "secure_tunneling/credentials/process.hpp"
#include "support/catch.hpp"

#include <aclapi.h>

using namespace secure_tunneling;

namespace {

class Folder {
 public:
  Folder() {
    path_ = (std::filesystem::temp_directory_path() /
             ("secure tunneling " + std::to_string(::GetCurrentProcessId())))
                .string();
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "\\" + name; }
  [[nodiscard]] std::string file(const std::string& name, std::string_view text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  [[nodiscard]] std::size_t count() const {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      (void)entry;
      ++files;
    }
    return files;
  }

 private:
  std::string path_;
};

std::string contentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A variable that is as it was when this goes.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    const char* const before = ::getenv(name);
    if (before != nullptr) before_ = before;
    ::_putenv_s(name, value.c_str());
  }
  ~Variable() { ::_putenv_s(name_, before_.c_str()); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string before_;
};

/// `id|secret`, or the error's message.
std::string run(const std::string& command, ProcessOptions options = {}, bool mayBlock = true) {
  ProcessCredentials source(command, options);
  HttpExchange exchange;
  Credentials credentials;
  CredentialsFetch fetch(exchange, &source, credentials, mayBlock);
  SystemClock clock;
  driveToEnd(fetch, nullptr, clock);
  const Result<void> result = fetch.takeOutcome();
  if (!result) return result.error().message;
  return credentials.accessKeyId + "|" + std::string(credentials.secretAccessKey.expose());
}

constexpr std::string_view document =
    R"({"Version": 1, "AccessKeyId": "ID", "SecretAccessKey": "secret"})";

}  // namespace

TEST_CASE("the home folder of Windows") {
  const Variable home("HOME", "");
  const Variable profile("USERPROFILE", R"(C:\Users\me)");
  CHECK(detail::homeDirectory() == R"(C:\Users\me)");
  CHECK(detail::homeDirectory("somebody").empty());
  CHECK(detail::expandPath("~/.aws/config") == R"(C:\Users\me/.aws/config)");
  CHECK(detail::expandPath(R"(~\.aws\config)") == R"(C:\Users\me\.aws\config)");
  CHECK(detail::expandPath("~somebody/x") == "~somebody/x");
  CHECK(detail::sharedFilePath(detail::SharedFile::Config).path == R"(C:\Users\me/.aws/config)");
  const Variable other("USERPROFILE", R"(D:\)");
  CHECK(detail::expandPath("~/x") == "D:/x");
  const Variable named("HOME", "E:/home");
  CHECK(detail::expandPath("~/x") == "E:/home/x");
}

TEST_CASE("files as they are on Windows") {
  const Folder folder;
  const auto read = [](const std::string& path) {
    const auto text = detail::readSharedFile({path, true});
    if (!text) return "error: " + text.error().message;
    return text->unread != nullptr ? std::string(text->unread) : std::string(text->text.expose());
  };
  // No line end is changed, and 0x1A is no end of a file.
  CHECK(read(folder.file("config", "a\r\nb\x1a\n")) == "a\r\nb\x1a\n");
  CHECK(read(folder.path("none")) == "no such file");
  CHECK(read(folder.path("none\\config")) == "no such file");
  CHECK(read(folder.path(".")) == "a directory");
}

TEST_CASE("a secret is in a file of its owner's on Windows") {
  const Folder folder;
  const std::string path = folder.file("token.json", "old");
  Secret text;
  text.append("new\n");
  REQUIRE(detail::replaceSecretFile(path, text));
  CHECK(contentOf(path) == "new\n");
  CHECK(folder.count() == 1);
  CHECK(detail::replaceSecretFile(folder.path("other.json"), text));
  CHECK(folder.count() == 2);
  CHECK_FALSE(detail::replaceSecretFile(folder.path("none\\token.json"), text));
  std::filesystem::create_directory(folder.path("taken"));
  CHECK_FALSE(detail::replaceSecretFile(folder.path("taken"), text));
  CHECK(folder.count() == 3);

  // The user has rights, and neither everybody nor all users.
  PACL list = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  REQUIRE(::GetNamedSecurityInfoA(path.c_str(), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, nullptr,
                                  nullptr, &list, nullptr, &descriptor) == ERROR_SUCCESS);
  REQUIRE(list != nullptr);
  for (DWORD i = 0; i != list->AceCount; ++i) {
    void* entry = nullptr;
    REQUIRE(::GetAce(list, i, &entry) != 0);
    auto* const allowed = static_cast<ACCESS_ALLOWED_ACE*>(entry);
    CAPTURE(i, allowed->Mask);
    for (const WELL_KNOWN_SID_TYPE others :
         {WinWorldSid, WinBuiltinUsersSid, WinAuthenticatedUserSid}) {
      const bool grantsRead = allowed->Header.AceType == ACCESS_ALLOWED_ACE_TYPE &&
                              (allowed->Mask & FILE_READ_DATA) != 0;
      CHECK_FALSE((grantsRead && ::IsWellKnownSid(&allowed->SidStart, others) != 0));
    }
  }
  ::LocalFree(descriptor);
}

TEST_CASE("credentials that a command prints on Windows") {
  const Folder folder;
  const std::string file = folder.file("with blanks.json", document);
  const bool mayBlock = GENERATE(true, false);
  CAPTURE(mayBlock);
  CHECK(run("type \"" + file + "\"", {}, mayBlock) == "ID|secret");
  CHECK(run("echo noise 1>&2& type \"" + file + "\"", {}, mayBlock) == "ID|secret");
  CHECK(run("echo " + std::string(document), {}, mayBlock) == "ID|secret");
  CHECK(run("type \"" + file + "\" & exit 3", {}, mayBlock) ==
        "credential_process: it exited with status 3");
  CHECK(run("exit 0", {}, mayBlock).find("credential_process: ") == 0);
  // More than the pipe holds.
  ProcessOptions few;
  few.maxOutputBytes = 64;
  CHECK(run("for /l %i in (1,1,100000) do @echo noise", few, mayBlock) ==
        "credential_process: it wrote more than 64 bytes");
}

TEST_CASE("a command that takes too long is ended on Windows with what it has started") {
  const Folder folder;
  const std::string mark = folder.path("mark");
  ProcessOptions brief;
  brief.timeoutMs = 300;
  // It has its output open for as long as it lives, and so has what it starts.
  const std::string loop = "for /l %i in (1,0,2) do @rem";
  CHECK(run("cmd.exe /c \"" + loop + "\" & echo later> \"" + mark + "\"", brief) ==
        "credential_process: it took longer than 300 ms");
  CHECK_FALSE(std::filesystem::exists(mark));
}

TEST_CASE("the clock of Windows") {
  SystemClock clock;
  const auto unixMs = [] {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  };
  const std::int64_t before = unixMs();
  const Moment first = clock.now();
  const std::int64_t after = unixMs();
  // In steps of up to 16 ms.
  CHECK(first.unixMs >= before - 20);
  CHECK(first.unixMs <= after + 20);
  clock.wait(50);
  const Moment second = clock.now();
  CHECK(second.monotonicMs - first.monotonicMs >= 30);
  CHECK(second.random != first.random);
  clock.wait(0);
}
