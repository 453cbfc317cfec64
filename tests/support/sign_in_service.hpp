// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "support/certificates.hpp"
#include "support/dpop.hpp"
#include "support/http_server.hpp"
#include "support/json.hpp"
#include "support/temporary_folder.hpp"

/// AWS Sign-In over TLS, for the sessions of `loginFile`: takes a refresh token, with a proof of
/// the session's key, until it has given the next but one.
class SignInService {
 public:
  struct Given {
    std::string accessKeyId;
    std::string secretAccessKey;
    std::string sessionToken;
  };
  using Clock = std::function<std::int64_t()>;

  /// Proofs may be `oldestSeconds` old by `unixSeconds`, and none is answered before there have
  /// been so many connections.
  SignInService(Given given, Clock unixSeconds, std::int64_t oldestSeconds = 0, int connections = 1)
      : given_(std::move(given)),
        unixSeconds_(std::move(unixSeconds)),
        oldestSeconds_(oldestSeconds),
        connections_(connections),
        server_({authority_.issue("server"), "", 0},
                [this](const HttpServer::Request& request) { return answer(request); }) {}

  HttpServer& server() noexcept { return server_; }
  [[nodiscard]] const std::string& caFile() const noexcept { return authority_.file(); }
  [[nodiscard]] int renewals() const noexcept { return renewals_; }
  /// What was wrong with the last request.
  [[nodiscard]] std::string lastProblem() {
    std::string problem;
    server_.with([&] { problem = problem_; });
    return problem;
  }

 private:
  HttpAnswer answer(const HttpServer::Request& request) {
    while (server_.connections() < connections_)
      std::this_thread::yield();
    problem_ = problemOf(request);
    if (!problem_.empty()) return refuse(400, "INVALID_REQUEST", problem_);
    const std::string token = (*Json::parse(request.body))["refreshToken"].text();
    const std::string next = "canary-refresh-" + std::to_string(renewals_ + 1);
    const std::string before = "canary-refresh-" + std::to_string(renewals_);
    if (token != next && (renewals_ == 0 || token != before)) {
      return refuse(401, "TOKEN_EXPIRED", "The refresh token is over");
    }
    const int number = ++renewals_;
    return {200,
            R"({"accessToken":{"accessKeyId":")" + given_.accessKeyId + R"(","secretAccessKey":")" +
                given_.secretAccessKey + R"(","sessionToken":")" + given_.sessionToken +
                R"("},"tokenType":"aws_sigv4","expiresIn":900,"refreshToken":"canary-refresh-)" +
                std::to_string(number + 1) + "\"}",
            "Content-Type: application/json\r\n", false};
  }
  static HttpAnswer refuse(int status, const std::string& code, const std::string& message) {
    return {status, R"({"error":")" + code + R"(","message":")" + message + "\"}",
            "X-Amzn-ErrorType: AccessDeniedException\r\n", false};
  }
  std::string problemOf(const HttpServer::Request& request) {
    const auto body = Json::parse(request.body);
    if (request.method != "POST" || request.target != "/v1/token") return "the request line";
    if (request.header("Content-Type") != "application/json" || !body) return "the content";
    if ((*body)["grantType"].text() != "refresh_token" ||
        (*body)["clientId"].text() != "arn:aws:signin:::devtools/same-device") {
      return "the body";
    }
    return verifier_.problemOf(request.header("DPoP").value_or(""), server_.url() + "/v1/token",
                               unixSeconds_(), oldestSeconds_);
  }

  const Given given_;
  const Clock unixSeconds_;
  const std::int64_t oldestSeconds_;
  const int connections_;
  std::atomic<int> renewals_{0};
  std::string problem_;
  DpopVerifier verifier_;
  TemporaryFolder folder_;
  CertificateAuthority authority_{folder_, "ca"};
  HttpServer server_;
};
