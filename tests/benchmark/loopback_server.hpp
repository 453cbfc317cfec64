// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
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

/// How bytes get over a connection; without TLS as they are.
class Channel {
 public:
  explicit Channel(int socket) noexcept : socket_(socket) {}
  virtual ~Channel() { close(socket_); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  virtual ssize_t read(char* data, std::size_t size) { return recv(socket_, data, size, 0); }
  virtual ssize_t write(const std::string& data) {
    return ::send(socket_, data.data(), data.size(), MSG_NOSIGNAL);
  }
  [[nodiscard]] int socket() const noexcept { return socket_; }

 private:
  int socket_;
};

/// A keep-alive HTTP/1.1 server on a loopback port that answers every request with the same two
/// tokens, or the same refusal. It is a process of its own, so that its time is not counted as the
/// client's; it does no more than it must, so that the client seldom waits. Start it before any
/// thread.
class LoopbackServer {
 public:
  enum class Answer : unsigned char { Tokens, Throttled };

  explicit LoopbackServer(Answer what = Answer::Tokens)
      : LoopbackServer("http", what, [](int socket) { return std::make_unique<Channel>(socket); }) {
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

 protected:
  /// `open` makes a channel of a connection, in the server's process.
  template <class Open>
  LoopbackServer(const char* scheme, Answer what, Open open) {
    std::uint16_t port = 0;
    const int listener = bindToLoopback(port);
    require(listen(listener, 128) == 0, "no loopback port");
    url_ = scheme + ("://127.0.0.1:" + std::to_string(port)) + "/";
    process_ = fork();
    require(process_ >= 0, "no process for the server");
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      serve(listener, open, what == Answer::Tokens ? answer() : throttled());
    }
    close(listener);
  }

 private:
  struct Peer {
    std::unique_ptr<Channel> channel;
    std::string received;
  };

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

  template <class Open>
  [[noreturn]] static void serve(int listener, Open open, const std::string& answered) {
    std::vector<pollfd> sockets{{listener, POLLIN, 0}};
    std::vector<Peer> peers;
    for (;;) {
      require(poll(sockets.data(), sockets.size(), -1) > 0, "the server cannot poll");
      for (std::size_t i = peers.size(); i-- != 0;) {
        if (sockets[i + 1].revents == 0 || answerNext(peers[i], answered)) continue;
        const auto at = static_cast<std::ptrdiff_t>(i);
        peers.erase(peers.begin() + at);
        sockets.erase(sockets.begin() + at + 1);
      }
      if (sockets[0].revents != 0) {
        const int accepted = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        const int on = 1;
        setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        peers.push_back({open(accepted), {}});
        sockets.push_back({accepted, POLLIN, 0});
      }
    }
  }
  /// False at the end of the connection.
  static bool answerNext(Peer& peer, const std::string& answered) {
    char buffer[16 * 1024];
    const ssize_t size = peer.channel->read(buffer, sizeof buffer);
    if (size <= 0) return false;
    peer.received.append(buffer, static_cast<std::size_t>(size));
    // They come one at a time on a connection.
    if (peer.received.size() < requestSize(peer.received)) return true;
    peer.received.clear();
    require(peer.channel->write(answered) == static_cast<ssize_t>(answered.size()),
            "the server cannot answer at once");
    return true;
  }

  std::string url_;
  pid_t process_ = -1;
};

}  // namespace benchmarks
