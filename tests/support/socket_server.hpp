// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "support/certificates.hpp"
#include "support/loopback.hpp"

/// An HTTP/1.1 answer with a length, as it stands on the wire.
inline std::string answerText(int status, std::string_view body,
                              std::string_view headerLines = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " Status\r\n" + std::string(headerLines) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

/// The server's end of one connection. A script reads and writes what a server should, or should
/// not. Reading gives up after half a minute, so that a test that goes wrong ends.
class Connection {
 public:
  Connection(int socket, int number, SSL* tls) : socket_(socket), number_(number), tls_(tls) {}

  /// 0 for the first connection of its server.
  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] int socket() const noexcept { return socket_; }
  /// Whether the client came with the TLS session of an earlier connection.
  [[nodiscard]] bool isResumed() const noexcept {
    return tls_ != nullptr && SSL_session_reused(tls_) == 1;
  }

  /// One whole request as it stands on the wire; what there was of it when the client is gone.
  std::string readRequest() {
    std::size_t needed = requestSize(received_);
    while (needed > received_.size()) {
      const std::string more = readSome();
      if (more.empty()) break;
      received_ += more;
      needed = requestSize(received_);
    }
    std::string request = received_.substr(0, needed);
    received_.erase(0, request.size());
    return request;
  }
  /// Up to 16 KiB, as soon as something is there; empty when the client is gone.
  std::string readSome() {
    std::array<char, 16384> buffer{};
    const auto count = tls_ == nullptr
                           ? recv(socket_, buffer.data(), buffer.size(), 0)
                           : SSL_read(tls_, buffer.data(), static_cast<int>(buffer.size()));
    return {buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
  }
  /// Reads until the client closes the connection.
  void waitForClient() {
    while (!readSome().empty()) {
    }
  }

  /// False when the client is gone.
  bool write(std::string_view text) {
    while (!text.empty()) {
      const auto count = tls_ == nullptr
                             ? send(socket_, text.data(), text.size(), MSG_NOSIGNAL)
                             : SSL_write(tls_, text.data(), static_cast<int>(text.size()));
      if (count <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  /// An HTTP/1.1 answer with a length.
  bool answer(int status, std::string_view body, std::string_view headerLines = {}) {
    return write(answerText(status, body, headerLines));
  }

  /// Ends the connection with a reset, when the script returns, instead of an orderly close.
  void reset() {
    const linger hard{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    cut();
  }
  /// Sends TLS's closing message; there is more that can be read.
  void closeTls() noexcept {
    if (tls_ != nullptr) SSL_shutdown(tls_);
  }
  /// No TLS closing message at the end.
  void cut() noexcept {
    if (tls_ != nullptr) SSL_set_quiet_shutdown(tls_, 1);
  }

 private:
  int socket_;
  int number_;
  SSL* tls_;
  std::string received_;
};

struct TlsOptions {
  CertificateFiles certificate;
  /// Clients need a certificate of this authority, where it is not empty.
  std::string clientCaFile;
  /// The latest version spoken, 0 for no limit. Old ones are made to work.
  int newestVersion = 0;
};

/// Listens on a free loopback port and runs a script for each connection, in a thread of its own.
/// The connection is closed when the script returns. The end of the server cuts what is open and
/// waits for the scripts.
class SocketServer {
 public:
  using Script = std::function<void(Connection&)>;

  explicit SocketServer(Script script) : SocketServer(nullptr, std::move(script)) {}
  SocketServer(const TlsOptions& tls, Script script)
      : SocketServer(makeContext(tls), std::move(script)) {}
  ~SocketServer() {
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (const Peer& peer : peers_) {
        if (peer.socket != -1) shutdown(peer.socket, SHUT_RDWR);
      }
    }
    for (Peer& peer : peers_)
      peer.thread.join();
    close(listener_);
  }
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// `127.0.0.1:port`.
  [[nodiscard]] std::string authority(const std::string& host = "127.0.0.1") const {
    return host + ":" + std::to_string(port_);
  }
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
    return (context_ == nullptr ? "http://" : "https://") + authority(host);
  }
  /// Connections so far, those without a TLS handshake included.
  [[nodiscard]] int connections() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return static_cast<int>(peers_.size());
  }

 private:
  using Context = std::shared_ptr<SSL_CTX>;

  struct Peer {
    int socket = -1;
    std::thread thread;
  };

  SocketServer(Context context, Script script)
      : context_(std::move(context)), script_(std::move(script)), listener_(bindToLoopback(port_)) {
    if (listen(listener_, 64) != 0) throw std::runtime_error("no loopback port");
    acceptor_ = std::thread([this] { acceptAll(); });
  }

  static Context makeContext(const TlsOptions& options) {
    Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX* const raw = context.get();
    bool done =
        SSL_CTX_use_certificate_chain_file(raw, options.certificate.certificate.c_str()) == 1 &&
        SSL_CTX_use_PrivateKey_file(raw, options.certificate.key.c_str(), SSL_FILETYPE_PEM) == 1;
    if (options.newestVersion != 0) {
      done = done && SSL_CTX_set_min_proto_version(raw, TLS1_VERSION) == 1 &&
             SSL_CTX_set_max_proto_version(raw, options.newestVersion) == 1 &&
             SSL_CTX_set_cipher_list(raw, "ALL:@SECLEVEL=0") == 1;
    }
    if (!options.clientCaFile.empty()) {
      SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
      done = done && SSL_CTX_load_verify_locations(raw, options.clientCaFile.c_str(), nullptr) == 1;
    }
    // Without one, OpenSSL takes no session again from clients with a certificate.
    const unsigned char sessions[] = "loopback";
    done = done && SSL_CTX_set_session_id_context(raw, sessions, sizeof sessions) == 1;
    if (!done) throw std::runtime_error("OpenSSL cannot make a server");
    return context;
  }

  void acceptAll() {
    // OpenSSL writes without MSG_NOSIGNAL. The threads of the connections inherit this.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    for (;;) {
      const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      const timeval patience{30, 0};
      setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      const int yes = 1;
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      const std::lock_guard<std::mutex> lock(mutex_);
      Peer& peer = peers_.emplace_back();
      peer.socket = socket;
      const int number = static_cast<int>(peers_.size()) - 1;
      peer.thread = std::thread([this, &peer, socket, number] {
        serve(socket, number);
        const std::lock_guard<std::mutex> closing(mutex_);
        close(std::exchange(peer.socket, -1));
      });
    }
  }

  void serve(int socket, int number) {
    if (context_ == nullptr) {
      Connection connection(socket, number, nullptr);
      script_(connection);
      return;
    }
    const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context_.get()), &SSL_free);
    if (SSL_set_fd(tls.get(), socket) != 1 || SSL_accept(tls.get()) != 1) return;
    Connection connection(socket, number, tls.get());
    script_(connection);
    SSL_shutdown(tls.get());
  }

  Context context_;
  Script script_;
  std::uint16_t port_ = 0;
  int listener_;
  mutable std::mutex mutex_;
  std::list<Peer> peers_;
  std::thread acceptor_;
};

/// A loopback port that nobody listens on, and nobody else can take while this lives.
class ClosedPort {
 public:
  ClosedPort() : socket_(bindToLoopback(port_)) {}
  ~ClosedPort() { close(socket_); }
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;

  /// `127.0.0.1:port`.
  [[nodiscard]] std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  std::uint16_t port_ = 0;
  int socket_;
};

/// Carries bytes both ways between a client and another socket until one side ends.
inline void relay(Connection& client, int other) {
  std::array<pollfd, 2> sides{{{client.socket(), POLLIN, 0}, {other, POLLIN, 0}}};
  std::array<char, 16384> buffer{};
  while (poll(sides.data(), sides.size(), -1) > 0) {
    if (sides[0].revents != 0) {
      const std::string text = client.readSome();
      if (text.empty() || send(other, text.data(), text.size(), MSG_NOSIGNAL) < 0) return;
    }
    if (sides[1].revents != 0) {
      const auto count = recv(other, buffer.data(), buffer.size(), 0);
      if (count <= 0) return;
      if (!client.write({buffer.data(), static_cast<std::size_t>(count)})) return;
    }
  }
}
