// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DETAIL_POSIX_COMMAND_HPP
#define SECURE_TUNNELING_CREDENTIALS_DETAIL_POSIX_COMMAND_HPP

#if !defined(_WIN32)
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#endif

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "secure_tunneling/credentials/detail/close_on_exec.hpp"
#include "secure_tunneling/credentials/detail/command_output.hpp"
#include "secure_tunneling/credentials/process_options.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/detail/wipe.hpp"

#if !defined(_WIN32)

namespace secure_tunneling {
inline namespace v0_2 {

namespace detail {

/// A shell command whose standard output is read as it comes. It leads a process group of its own,
/// so that all of it can be ended, and has no standard input; its standard error is that of the
/// program, of which it inherits no other descriptor.
///
/// Its time is that of the system's monotonic clock and of no driver: it runs in real time,
/// whatever becomes of the wall clock meanwhile.
class ChildCommand : public CommandOutput {
 public:
  explicit ChildCommand(const ProcessOptions& options) noexcept
      : CommandOutput(options), endMs_(monotonicMs() + options.timeoutMs) {}
  /// Kills what still runs, and waits until it is gone, which it is at once.
  ~ChildCommand() {
    closeOutput();
    if (process_ == -1) return;
    // The group is there when posix_spawn returns.
    kill(-process_, SIGKILL);
    while (waitpid(process_, nullptr, 0) == -1 && errno == EINTR) {
    }
    setProcess(-1);
  }
  ChildCommand(const ChildCommand&) = delete;
  ChildCommand& operator=(const ChildCommand&) = delete;

  void start(const std::string& command) {
    const int failed = spawn(command);
    if (failed != 0) problem_ = filled("cannot be run: {}", {std::strerror(failed)});
  }
  /// Takes what it has written, and whether it has ended, without waiting for either. Returns
  /// whether it is over.
  bool isOver() {
    if (process_ != -1 && output_ != -1) readOutput();
    if (process_ != -1 && output_ == -1) lookForEnd();
    if (process_ == -1 || !problem_.empty()) return true;
    if (remainingMs() != 0) return false;
    tookTooLong();
    return true;
  }
  /// Waits for more of its output, `mostMs` at most. Where that has ended it mostly has itself, of
  /// which nothing tells: then a little while.
  void wait(int mostMs) noexcept {
    const int longestMs = output_ != -1 ? remainingMs() : pauses_.nextMs();
    pollfd ready{output_, POLLIN, 0};
    poll(&ready, 1, mostMs < longestMs ? mostMs : longestMs);
  }

 private:
  static std::int64_t monotonicMs() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const std::int64_t seconds = now.tv_sec;
    return seconds * 1000 + now.tv_nsec / 1'000'000;
  }
  [[nodiscard]] int remainingMs() const noexcept {
    const std::int64_t left = endMs_ - monotonicMs();
    return left > 0 ? static_cast<int>(left) : 0;
  }

  /// An errno value, 0 when all went well.
  int spawn(const std::string& command) {
    int pipeEnds[2];
    if (!openPipe(pipeEnds)) return errno;
    output_ = pipeEnds[0];
    // Of this end alone: the command's blocks as every program's does.
    fcntl(output_, F_SETFL, O_NONBLOCK);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipeEnds[1], STDOUT_FILENO);
    closeOthers(actions);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const char* const arguments[] = {"sh", "-c", command.c_str(), nullptr};
    // No handler runs between the start and the note of it.
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pid_t process = -1;
    const int failed = posix_spawn(&process, "/bin/sh", &actions, &attributes,
                                   const_cast<char* const*>(arguments), programEnvironment());
    setProcess(failed == 0 ? process : -1);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    close(pipeEnds[1]);
    return failed;
  }

  /// The program's own descriptors, and those of its other libraries, are none of the command's
  /// business: they may hold a connection open, or lead to what it must not read.
  static void closeOthers(posix_spawn_file_actions_t& actions) noexcept {
    constexpr int first = STDERR_FILENO + 1;
#if defined(_GNU_SOURCE) && defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
    posix_spawn_file_actions_addclosefrom_np(&actions, first);
#else
    // Those that are open now. The numbers that are no longer are passed over.
    DIR* const directory = opendir("/dev/fd");
    if (directory == nullptr) return;
    while (const dirent* const entry = readdir(directory)) {
      const long number = std::strtol(entry->d_name, nullptr, 10);
      if (number >= first) posix_spawn_file_actions_addclose(&actions, static_cast<int>(number));
    }
    closedir(directory);
#endif
  }

  void readOutput() {
    char chunk[chunkBytes];
    const WipeOnExit<char[sizeof chunk]> wiped(chunk);
    for (int i = 0; i != mostChunks; ++i) {
      const ssize_t size = read(output_, chunk, sizeof chunk);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno == EAGAIN) return;
      if (size < 0) {
        problem_ = filled("its output cannot be read: {}", {std::strerror(errno)});
        return;
      }
      if (size == 0) return closeOutput();
      if (!take(std::string_view(chunk, static_cast<std::size_t>(size)))) return;
    }
  }
  void closeOutput() noexcept {
    if (output_ == -1) return;
    close(output_);
    output_ = -1;
    pauses_ = {};
  }

  void lookForEnd() {
    int status = 0;
    const pid_t ended = waitpid(process_, &status, WNOHANG);
    // Where the program ignores SIGCHLD the system keeps no status, and where it waits for any
    // child itself, by waitpid(-1), it may have got this one: the output has to do.
    const bool isGone = ended == -1 && errno == ECHILD;
    if (ended != process_ && !isGone) return;
    setProcess(-1);
    if (isGone) return;
    if (!WIFSIGNALED(status)) return exited(static_cast<std::uint64_t>(WEXITSTATUS(status)));
    problem_ = filled("it was ended by signal {}", {decimal(WTERMSIG(status)).text()});
  }

  void setProcess(pid_t process) noexcept {
    process_ = process;
    if (options_.group != nullptr) *options_.group = process == -1 ? 0 : process;
  }

  std::int64_t endMs_;
  int output_ = -1;
  pid_t process_ = -1;
};

}  // namespace detail

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // !defined(_WIN32)

#endif  // SECURE_TUNNELING_CREDENTIALS_DETAIL_POSIX_COMMAND_HPP
