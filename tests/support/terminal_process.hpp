// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/child_process.hpp"

/// A program in a session of its own, with a terminal at which a test sits. Standard output and
/// standard error go to files. Waits give up after half a minute.
class TerminalProcess {
 public:
  /// Standard input is the terminal, or else `input`.
  TerminalProcess(const std::vector<std::string>& arguments,
                  const std::vector<std::string>& environment, const std::string& input = "")
      : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    std::array<char, 128> name{};
    if (master_ == -1 || grantpt(master_) != 0 || unlockpt(master_) != 0 ||
        ptsname_r(master_, name.data(), name.size()) != 0) {
      throw std::runtime_error("no terminal");
    }
    // Keeps the terminal when the program ends.
    slave_ = open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    // The first terminal that the leader of a session opens is the session's.
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, name.data(), O_RDWR, 0);
    if (!input.empty())
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
    addFile(actions, STDOUT_FILENO, "output");
    addFile(actions, STDERR_FILENO, "errors");
    const int failed = posix_spawn(&process_, arguments.front().c_str(), &actions, &attributes,
                                   pointers(arguments).data(), pointers(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failed != 0) throw std::runtime_error("cannot start " + arguments.front());
  }
  ~TerminalProcess() {
    if (process_ != -1) {
      kill(process_, SIGKILL);
      wait();
    }
    close(slave_);
    close(master_);
  }
  TerminalProcess(const TerminalProcess&) = delete;
  TerminalProcess& operator=(const TerminalProcess&) = delete;

  /// What is on the screen, once that ends with `text` or nothing more comes.
  const std::string& readUntil(const std::string& text) {
    constexpr int patienceMs = 30'000;
    pollfd ready{master_, POLLIN, 0};
    std::array<char, 256> buffer{};
    while (screen_.size() < text.size() ||
           screen_.compare(screen_.size() - text.size(), text.size(), text) != 0) {
      if (poll(&ready, 1, patienceMs) != 1) break;
      const ssize_t count = read(master_, buffer.data(), buffer.size());
      if (count <= 0) break;
      screen_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return screen_;
  }
  void type(const std::string& text) const {
    if (write(master_, text.data(), text.size()) < 0) throw std::runtime_error("no terminal");
  }
  /// Whether what is typed is shown.
  [[nodiscard]] bool hasEcho() const {
    termios settings{};
    return tcgetattr(slave_, &settings) == 0 && (settings.c_lflag & ECHO) != 0;
  }
  /// Waits for its end; the status is as of `ChildProcess::wait`.
  Finished finish() {
    Finished finished;
    finished.status = wait();
    finished.output = readFile(folder_.path("output"));
    finished.errors = readFile(folder_.path("errors"));
    return finished;
  }
  /// All that was on the screen by its end.
  std::string screen() {
    pollfd ready{master_, POLLIN, 0};
    std::array<char, 256> buffer{};
    while (poll(&ready, 1, 0) == 1) {
      const ssize_t count = read(master_, buffer.data(), buffer.size());
      if (count <= 0) break;
      screen_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return screen_;
  }

 private:
  void addFile(posix_spawn_file_actions_t& actions, int descriptor, const std::string& name) {
    posix_spawn_file_actions_addopen(&actions, descriptor, folder_.path(name).c_str(),
                                     O_WRONLY | O_CREAT, 0600);
  }
  int wait() {
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (const std::string& text : texts)
      out.push_back(const_cast<char*>(text.c_str()));
    out.push_back(nullptr);
    return out;
  }

  TemporaryFolder folder_;
  int master_;
  int slave_ = -1;
  pid_t process_ = -1;
  std::string screen_;
};
