// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "support/served_fake.hpp"
#include "support/socket_server.hpp"

/// What a server does with one request.
struct HttpAnswer {
  int status = 200;
  std::string body;
  /// With the CR LF of each.
  std::string headerLines;
  /// Says nothing, and keeps the connection until the client has enough.
  bool isSilent = false;
};

/// An HTTP server on a loopback port, over TLS or not. A handler answers the requests, one at a
/// time and each with what it is; they are kept.
class HttpServer {
 public:
  using Request = secure_tunneling::RecordedRequest;
  using Handler = std::function<HttpAnswer(const Request&)>;

  explicit HttpServer(Handler handler)
      : handler_(std::move(handler)),
        server_([this](Connection& connection) { serve(connection); }) {}
  HttpServer(const TlsOptions& tls, Handler handler)
      : handler_(std::move(handler)),
        server_(tls, [this](Connection& connection) { serve(connection); }) {}

  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::string authority() const { return server_.authority(); }
  [[nodiscard]] int connections() const { return server_.connections(); }
  /// `METHOD target` of each request so far.
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> out;
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const Request& request : requests_)
      out.push_back(request.method + " " + request.target);
    return out;
  }
  [[nodiscard]] Request last() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return requests_.empty() ? Request() : requests_.back();
  }
  /// Answers from now on in another way.
  void setHandler(Handler handler) {
    with([&] { handler_ = std::move(handler); });
  }
  /// Does something with what the handler looks at, while no request is answered.
  template <class Action>
  void with(Action action) {
    const std::lock_guard<std::mutex> lock(mutex_);
    action();
  }

 private:
  void serve(Connection& connection) {
    for (;;) {
      const std::string raw = connection.readRequest();
      if (raw.find("\r\n\r\n") == std::string::npos) return;
      HttpAnswer answer;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        requests_.push_back(parseRequest(raw));
        answer = handler_(requests_.back());
      }
      if (answer.isSilent) return connection.waitForClient();
      if (!connection.answer(answer.status, answer.body, answer.headerLines)) return;
    }
  }

  mutable std::mutex mutex_;
  Handler handler_;
  std::vector<Request> requests_;
  SocketServer server_;
};
