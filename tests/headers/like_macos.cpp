// SPDX-License-Identifier: BSL-1.0
// What stands in for the calls that macOS lacks does its work: compiled with like_macos.hpp, and
// run.
#include <cerrno>
#include <cstdlib>
#include <string>

#include "all_headers.hpp"

#undef NDEBUG
#include <cassert>

#undef environ
extern "C" char*** _NSGetEnviron() {
  return &environ;
}

namespace st = secure_tunneling;

namespace {

bool isInherited(int descriptor) {
  return (fcntl(descriptor, F_GETFD) & FD_CLOEXEC) == 0;
}

bool isPipePending() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGPIPE) == 1;
}

void testDescriptors() {
  int ends[2];
  assert(st::detail::openPipe(ends));
  assert(!isInherited(ends[0]) && !isInherited(ends[1]));
  close(ends[0]);
  close(ends[1]);
  const int opened = st::detail::openSocket(AF_INET, SOCK_STREAM, 0);
  assert(opened != -1 && !isInherited(opened));
  close(opened);
  // Why there is none is what errno says.
  assert(st::detail::openSocket(-1, SOCK_STREAM, 0) == -1 && errno == EAFNOSUPPORT);
}

/// `beside` is a path in a folder that can be written to.
void testSecretFile(const std::string& beside) {
  std::string pattern = beside + ".XXXXXX";
  const int file = st::detail::openTemporary(pattern.data());
  assert(file != -1 && !isInherited(file));
  close(file);
  std::string missing = pattern + "/of-a-file/XXXXXX";
  assert(st::detail::openTemporary(missing.data()) == -1 && errno == ENOTDIR);
  st::Secret text;
  text.append("secret");
  assert(st::detail::replaceSecretFile(pattern, text));
  struct stat status {};
  assert(stat(pattern.c_str(), &status) == 0 && status.st_size == 6);
  assert((status.st_mode & 0777) == 0600);
  unlink(pattern.c_str());
}

void testSigpipe() {
  int ends[2];
  assert(st::detail::openPipe(ends));
  close(ends[0]);
  {
    const st::detail::SigpipeGuard guard;
    assert(write(ends[1], "", 1) == -1 && isPipePending());
  }
  assert(!isPipePending());
  { const st::detail::SigpipeGuard unused; }
  close(ends[1]);
}

void testCommand() {
  setenv("OF_LIKE_MACOS", "secret", 1);
  st::ProcessCredentials source(
      R"(printf '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"%s"}' "$OF_LIKE_MACOS")");
  st::HttpExchange exchange;
  st::Credentials credentials;
  st::CredentialsFetch fetch(exchange, &source, credentials, true);
  st::SystemClock clock;
  st::driveToEnd(fetch, nullptr, clock);
  assert(fetch.takeOutcome());
  assert(credentials.secretAccessKey.expose() == "secret");
}

void testProcessMark() {
  st::detail::ProcessMark mark;
  assert(!mark.isOfThisProcess());
  mark.set();
  assert(mark.isOfThisProcess());
  const pid_t child = fork();
  if (child == 0) _exit(mark.isOfThisProcess() ? 1 : 0);
  int status = -1;
  assert(waitpid(child, &status, 0) == child && status == 0);
}

}  // namespace

int main(int, char** arguments) {
  testDescriptors();
  testSecretFile(arguments[0]);
  testSigpipe();
  testCommand();
  testProcessMark();
}
