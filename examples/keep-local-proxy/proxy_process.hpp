// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

#include "guard.hpp"
#include "keeper.hpp"
#include "proxy_command.hpp"

/// The local proxy as a process. It runs in a process group of its own, with nothing on its
/// standard input, and does not outlive this process.
class ProxyProcess final : public LocalProxy {
 public:
  /// `path` is the program's, `words` what it is called with. What is told with `say` is about
  /// signals.
  ProxyProcess(std::string path, std::vector<std::string> words, ProxyCommand command,
               const Guard& guard, Keeper::Say say);

  std::string busyPort() override;
  /// Meanwhile SIGHUP, SIGINT, SIGQUIT and SIGTERM are handed on to the program, which is killed
  /// where it has not ended ten seconds after the first.
  ProgramEnd run(const secure_tunneling::Secret& token, const LineListener& onLine) override;

 private:
  struct Pipes;

  [[noreturn]] void exec(const Pipes& pipes, char* const* words, char* const* environment,
                         pid_t keeper) const;
  ProgramEnd watch(pid_t process, Pipes& pipes, const secure_tunneling::Secret& token,
                   const LineListener& onLine) const;

  const std::string path_;
  const std::vector<std::string> words_;
  const ProxyCommand command_;
  const Guard& guard_;
  const Keeper::Say say_;
  /// Standard output and standard error.
  const int output_;
  const int errors_;
};

/// The file that `name` is run from, as a shell finds it. 0, or the errno that it cannot be run
/// for.
int findProgram(const std::string& name, std::string& path);
