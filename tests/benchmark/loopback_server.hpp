// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
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
/// tokens. It is a process of its own, so that its time is not counted as the client's; it does no
/// more than it must, so that the client seldom waits. Start it before any thread.
class LoopbackServer {
 public:
  LoopbackServer() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    require(listener >= 0 && bind(listener, generic, size) == 0 && listen(listener, 128) == 0 &&
                getsockname(listener, generic, &size) == 0,
            "no loopback port");
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
    process_ = fork();
    require(process_ >= 0, "no process for the server");
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      serve(listener);
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

  /// Whether `received` is a whole request; they come one at a time on a connection.
  static bool isWhole(const std::string& received) {
    const std::size_t end = received.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::size_t length = received.find("Content-Length: ");
    const std::size_t bodySize =
        length < end ? std::strtoul(received.c_str() + length + 16, nullptr, 10) : 0;
    return received.size() >= end + 4 + bodySize;
  }

  [[noreturn]] static void serve(int listener) {
    const std::string answered = answer();
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
        if (!isWhole(received[i])) continue;
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
