// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>

#include "secure_tunneling/seams/credentials_source.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/scripted_transport.hpp"
#include "support/environment.hpp"
#include "vectors.hpp"

/// What the cases of the credential sources that ask a server have in common: environment and files
/// of the case, a transport that plays its exchanges, and a clock.
class SourceCase {
 public:
  /// Takes the case's `env` and `files`; a variable that is the path of one of the files gets the
  /// path where it is written.
  SourceCase(const Json& json, Case& test) : test_(test) {
    const Json& env = json["env"];
    const Json& files = json["files"];
    for (std::size_t i = 0; i != env.names().size(); ++i) {
      const std::string& value = env.items()[i].text();
      const bool isFile = files.has(value);
      const std::string name = "file" + std::to_string(i);
      environment_.set(env.names()[i].c_str(),
                       isFile ? environment_.write(name, files[value].text()) : value);
    }
  }

  TestEnvironment& environment() noexcept { return environment_; }
  secure_tunneling::ScriptedTransport& transport() noexcept { return transport_; }
  secure_tunneling::ManualClock& clock() noexcept { return clock_; }
  [[nodiscard]] std::size_t requestCount() const noexcept { return transport_.requests().size(); }

  /// Queues an answer.
  void answer(const Json& response) {
    std::vector<secure_tunneling::ScriptedTransport::Header> headers;
    const Json& given = response["headers"];
    for (std::size_t i = 0; i != given.names().size(); ++i)
      headers.push_back({given.names()[i], given.items()[i].text()});
    transport_.answer(static_cast<int>(response["status"].integer()), response["body"].text(),
                      std::move(headers));
  }
  /// Queues the answers of exchanges, whose requests have to be the next.
  void expect(const Json& exchanges) {
    for (const Json& exchange : exchanges.items()) {
      answer(exchange["response"]);
      expected_.push_back(&exchange["request"]);
    }
  }
  /// Checks the requests since the last time against what was expected: method, URI and the
  /// headers named.
  void checkRequests() {
    test_.equal("requests", static_cast<std::int64_t>(requestCount()),
                static_cast<std::int64_t>(checked_ + expected_.size()));
    for (const Json* const request : expected_) {
      if (checked_ == requestCount()) return;
      checkRequest(*request, checked_++);
    }
    expected_.clear();
  }
  void checkRequest(const Json& expected, std::size_t number) {
    if (number >= requestCount()) return test_.check("request is made", false);
    const secure_tunneling::RecordedRequest& made = transport_.requests()[number];
    test_.equal("method", made.method, expected["method"].text());
    checkUrl(made, expected["uri"].text());
    const Json& headers = expected["headers"];
    for (std::size_t i = 0; i != headers.names().size(); ++i) {
      test_.equal(headers.names()[i], made.header(headers.names()[i]).value_or("(none)"),
                  headers.items()[i].text());
    }
  }
  /// The one that the request is for, whichever address it goes to. A URL without a path is the
  /// same as one with a slash.
  void checkUrl(const secure_tunneling::RecordedRequest& made, const std::string& expected) {
    const std::string url = (made.https ? "https://" : "http://") + made.authority + made.target;
    test_.equal("url", url, url == expected + "/" ? url : expected);
  }

  /// Asks `provider` and checks what comes out against `expected` and `expected_error`.
  void retrieve(secure_tunneling::CredentialsSource& provider, const Json& json) {
    secure_tunneling::CredentialsQuery query;
    query.nowMs = clock_.now().unixMs;
    const secure_tunneling::Result<void> result = provider.retrieve(query, credentials_);
    if (json.has("expected_error")) {
      test_.check("is an error", !result.hasValue());
      if (!result && json.has("error_must_not_contain")) {
        const std::string& hidden = json["error_must_not_contain"].text();
        test_.check("keeps a secret", result.error().message.find(hidden) == std::string::npos,
                    result.error().message);
      }
      return;
    }
    if (!result) return test_.check("gives credentials", false, result.error().message);
    checkCredentials(json["expected"]);
  }
  void checkCredentials(const Json& expected) {
    test_.equal("access key id", credentials_.accessKeyId, expected["access_key_id"].text());
    test_.equal("secret access key", credentials_.secretAccessKey.expose(),
                expected["secret_access_key"].text());
    test_.equal("session token", credentials_.sessionToken.expose(),
                expected["session_token"].text());
    if (expected.has("expiration")) {
      test_.equal("expiration", credentials_.expiresAtMs.value_or(0),
                  expected["expiration"].integer() * 1000);
    }
  }
  [[nodiscard]] const secure_tunneling::Credentials& credentials() const noexcept {
    return credentials_;
  }

 private:
  Case& test_;
  TestEnvironment environment_;
  secure_tunneling::ScriptedTransport transport_;
  secure_tunneling::ManualClock clock_;
  secure_tunneling::Credentials credentials_;
  std::vector<const Json*> expected_;
  std::size_t checked_ = 0;
};
