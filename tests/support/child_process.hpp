// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"

/// A program that was started by a test, with no environment but the one it is given.
class ChildProcess {
 public:
  ChildProcess(const std::vector<std::string>& arguments,
               const std::vector<std::string>& environment) {
    std::array<int, 2> pipe{};
    if (pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    output_ = pipe[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, folder_.path("errors").c_str(),
                                     O_WRONLY | O_CREAT, 0600);
    const int failed = posix_spawn(&process_, arguments.front().c_str(), &actions, nullptr,
                                   pointers(arguments).data(), pointers(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    close(pipe[1]);
    if (failed != 0) {
      close(output_);
      throw std::runtime_error("cannot start " + arguments.front());
    }
  }
  ~ChildProcess() {
    if (process_ != -1) {
      kill(process_, SIGKILL);
      wait();
    }
    close(output_);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// The next line of its standard output, without its end; what is left when there is none.
  std::string readLine() {
    std::string line;
    for (char c = '\0'; read(output_, &c, 1) == 1 && c != '\n';)
      line += c;
    return line;
  }
  /// The rest of its standard output.
  std::string readAll() {
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = read(output_, buffer.data(), buffer.size())) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(count));
    return text;
  }
  [[nodiscard]] pid_t id() const noexcept { return process_; }
  void signal(int number) const { kill(process_, number); }
  /// Whether it has ended; it is still to be waited for.
  [[nodiscard]] bool hasEnded() const noexcept {
    siginfo_t ended{};
    waitid(P_PID, static_cast<id_t>(process_), &ended, WEXITED | WNOHANG | WNOWAIT);
    return ended.si_pid == process_;
  }
  /// Its exit status when it has ended; 1000 and more for a signal.
  int wait() {
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  /// Its standard error so far.
  [[nodiscard]] std::string errors() const { return readFile(folder_.path("errors")); }

 private:
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (const std::string& text : texts)
      out.push_back(const_cast<char*>(text.c_str()));
    out.push_back(nullptr);
    return out;
  }

  TemporaryFolder folder_;
  int output_ = -1;
  pid_t process_ = -1;
};

/// What came of a program that ran to its end.
struct Finished {
  int status = 0;
  std::string output;
  std::string errors;
};

inline Finished run(const std::vector<std::string>& arguments,
                    const std::vector<std::string>& environment) {
  ChildProcess child(arguments, environment);
  Finished finished;
  finished.output = child.readAll();
  finished.status = child.wait();
  finished.errors = child.errors();
  return finished;
}
