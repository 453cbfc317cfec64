// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "../support/loopback.hpp"

namespace benchmarks {

/// Ends the program with a message: a figure from a call that failed would be worth nothing.
[[noreturn]] inline void die(const char* what) {
  std::fprintf(stderr, "benchmark: %s\n", what);
  std::_Exit(1);
}
inline void require(bool condition, const char* what) {
  if (!condition) die(what);
}

/// A keep-alive HTTP/1.1 server on a loopback port that answers every request with the same two
/// tokens, or the same refusal. It is a process of its own, so that its time is not counted as the
/// client's; it does no more than it must, so that the client seldom waits. Start it before any
/// thread.
class LoopbackServer {
 public:
  enum class Answer : unsigned char { Tokens, Throttled };

  explicit LoopbackServer(Answer what = Answer::Tokens) {
    std::uint16_t port = 0;
    const int listener = bindToLoopback(port);
    require(listen(listener, 128) == 0, "no loopback port");
    url_ = "http://127.0.0.1:" + std::to_string(port) + "/";
    process_ = fork();
    require(process_ >= 0, "no process for the server");
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      serve(listener, what == Answer::Tokens ? answer() : throttled());
    }
    close(listener);
  }
  ~LoopbackServer() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  [[nodiscard]] const std::string& url() const noexcept { return url_; }
  /// Until the server ends, which it does not by itself.
  void wait() const { waitpid(process_, nullptr, 0); }

 private:
  static std::string answer() {
    const std::string token(400, 'A');
    const std::string body =
        R"({"tunnelArn":"arn:aws:iot:us-east-1:123456789012:tunnel/01234567-89ab-cdef-0123-456789abcdef",)"
        R"("sourceAccessToken":")" +
        token + R"(","destinationAccessToken":")" + token + R"("})";
    return "HTTP/1.1 200 OK\r\n"
           "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
           "Content-Type: application/x-amz-json-1.1\r\n"
           "Content-Length: " +
           std::to_string(body.size()) +
           "\r\n"
           "Connection: keep-alive\r\n"
           "x-amzn-RequestId: 01234567-89ab-cdef-0123-456789abcdef\r\n"
           "\r\n" +
           body;
  }

  static std::string throttled() {
    const std::string body = R"({"__type":"ThrottlingException","message":"Rate exceeded"})";
    return "HTTP/1.1 400 Bad Request\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }

  [[noreturn]] static void serve(int listener, const std::string& answered) {
    std::vector<pollfd> sockets{{listener, POLLIN, 0}};
    std::vector<std::string> received(1);
    std::vector<char> buffer(std::size_t{64} * 1024);
    for (;;) {
      require(poll(sockets.data(), sockets.size(), -1) > 0, "the server cannot poll");
      for (std::size_t i = sockets.size(); i-- > 1;) {
        if (sockets[i].revents == 0) continue;
        const ssize_t size = recv(sockets[i].fd, buffer.data(), buffer.size(), 0);
        if (size <= 0) {
          close(sockets[i].fd);
          sockets.erase(sockets.begin() + static_cast<std::ptrdiff_t>(i));
          received.erase(received.begin() + static_cast<std::ptrdiff_t>(i));
          continue;
        }
        received[i].append(buffer.data(), static_cast<std::size_t>(size));
        // They come one at a time on a connection.
        if (received[i].size() < requestSize(received[i])) continue;
        received[i].clear();
        const ssize_t sent = send(sockets[i].fd, answered.data(), answered.size(), MSG_NOSIGNAL);
        require(sent == static_cast<ssize_t>(answered.size()), "the server cannot answer at once");
      }
      if (sockets[0].revents != 0) {
        const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        const int on = 1;
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockets.push_back({connection, POLLIN, 0});
        received.emplace_back();
      }
    }
  }

  std::string url_;
  pid_t process_ = -1;
};

}  // namespace benchmarks
