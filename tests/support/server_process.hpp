// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

/// A server in a process of its own: its memory is not looked at, and its threads hold no lock
/// here. It ends with this object, and with this process.
class ServerProcess {
 public:
  /// `makeServer()` returns a pointer to a server that has `url()`.
  template <class MakeServer>
  explicit ServerProcess(MakeServer makeServer) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) std::abort();
    process_ = fork();
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const auto server = makeServer();
      const std::string url = server->url();
      if (write(ends[1], url.data(), url.size()) != static_cast<ssize_t>(url.size())) _exit(1);
      for (;;)
        pause();
    }
    close(ends[1]);
    std::array<char, 64> url{};
    const ssize_t size = read(ends[0], url.data(), url.size());
    close(ends[0]);
    if (size <= 0) std::abort();
    url_.assign(url.data(), static_cast<std::size_t>(size));
  }
  ~ServerProcess() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  [[nodiscard]] const std::string& url() const noexcept { return url_; }

 private:
  pid_t process_ = -1;
  std::string url_;
};
