// SPDX-License-Identifier: BSL-1.0
// Whatever an agent, a file or a command says is credentials that can be signed with, or an error
// without a secret; a search for them ends; and a token file that was read is written back as it
// was, but for what is renewed.
//
// | line        | what it does                                                         |
// |-------------|----------------------------------------------------------------------|
// | `d 1`       | what reads it: a form of document, an agent or a file (first line)     |
// | `F 1`       | the transport fails, of that delivery                                 |
// | `s`         | the answer that was put together comes; see support/answer.hpp        |
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/support/answer.hpp"
#include "fuzz/support/fuzz.hpp"
#include "fuzz/support/secrets.hpp"
#include "secure_tunneling/credentials/container.hpp"
#include "secure_tunneling/credentials/detail/credentials_document.hpp"
#include "secure_tunneling/credentials/detail/login_token.hpp"
#include "secure_tunneling/credentials/detail/sso_token.hpp"
#include "secure_tunneling/credentials/instance_metadata.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"

using namespace secure_tunneling;

namespace {

/// Gives one answer after the other, and fails when there are no more.
class Agent final : public HttpTransport {
 public:
  explicit Agent(Script& script) {
    Answer answer({secretKey, temporaryToken});
    while (script.next()) {
      if (answer.take(script)) continue;
      if (script.letter() == 's') replies_.push_back({answer, std::nullopt});
      if (script.letter() == 'F')
        replies_.push_back({answer, script.below(2) != 0 ? Delivery::Unknown : Delivery::NotSent});
      answer.clear();
    }
  }

  int requests = 0;

  Result<void> send(const HttpRequest& request, HttpResponse& response) override {
    for (std::size_t i = 0; i != request.headerCount; ++i) {
      for (const char c : request.headers[i].line)
        require(!detail::isControl(c), "no header has a control character");
    }
    require(detail::isVisibleAscii(request.url), "a URL has no blanks and controls", request.url);
    const auto at = static_cast<std::size_t>(requests++);
    response.clear();
    if (at < replies_.size() && !replies_[at].failure) {
      replies_[at].answer.give(response);
      return {};
    }
    Error error = makeError(ErrorKind::Transport, "no answer");
    error.delivery = at < replies_.size() ? *replies_[at].failure : Delivery::NotSent;
    return error;
  }

 private:
  struct Reply {
    Answer answer;
    std::optional<Delivery> failure;
  };
  std::vector<Reply> replies_;
};

void requireGoodMessage(const Error& error) {
  for (const std::string_view secret : {secretKey, temporaryToken})
    requireUntold(error, secret);
  requireVisible(error);
}

/// `secret` is the one that the agent is sent.
void search(CredentialsSource& source, const Agent& agent, std::string_view secret) {
  Credentials credentials;
  const Result<void> found = source.retrieve({}, credentials);
  require(agent.requests <= 3 * 4 * 4, "a search ends");
  if (!found) {
    requireUntold(found.error(), secret);
    return requireVisible(found.error());
  }
  require(detail::checkCredentials(credentials).hasValue(), "credentials can be signed with");
}

void readDocument(std::size_t kind, std::string_view text) {
  detail::CredentialsDocument form;
  if (kind == 1) form = {"roleCredentials", "sessionToken", true, true, {}};
  if (kind == 2) form = {{}, "SessionToken", false, false, "1"};
  Secret document(text);
  Credentials credentials;
  const Result<void> read =
      detail::readCredentials(document, form, credentials, {secretKey, temporaryToken});
  require(document.empty(), "a document is wiped");
  if (!read) return requireGoodMessage(read.error());
  require(detail::checkCredentials(credentials).hasValue(), "credentials can be signed with");
  require(!form.tokenRequired || !credentials.sessionToken.empty(), "a token is there");
  require(!form.expirationRequired || credentials.expiresAtMs, "an end is there");
}

void readSsoFile(std::string_view text) {
  Secret file(text);
  detail::SsoToken token;
  const std::string problem = detail::readSsoToken(file, token);
  require(file.empty(), "a file is wiped");
  if (!problem.empty()) return requireUntold(problem, secretKey);
  Secret written;
  detail::writeSsoToken(token, written);
  detail::SsoToken again;
  require(detail::readSsoToken(written, again).empty(), "what was written can be read");
  const bool isSame = again.accessToken == token.accessToken &&
                      again.expiresAtMs == token.expiresAtMs / 1000 * 1000 &&
                      again.refreshToken == token.refreshToken &&
                      again.clientId == token.clientId &&
                      again.clientSecret == token.clientSecret && again.region == token.region &&
                      again.startUrl == token.startUrl;
  require(isSame, "a token is read as it was written");
}

void readLoginFile(std::string_view text) {
  Secret file(text);
  detail::LoginToken token;
  const std::string problem = detail::readLoginToken(file, token);
  if (!problem.empty()) return requireUntold(problem, secretKey);
  Credentials renewed;
  renewed.accessKeyId = "NEW";
  renewed.secretAccessKey.assign("new \"secret\"\\");
  renewed.sessionToken.assign("token");
  renewed.expiresAtMs = 1768483800000;
  detail::renewLoginToken(renewed, "re\nfresh", file);
  detail::LoginToken again;
  const std::string after = detail::readLoginToken(file, again);
  // A blank in a key cannot be sent, which is told once all else has been read.
  require(after.empty() || after.find("secret access key") != std::string::npos,
          "a renewed file can be read", file.expose());
  require(again.credentials.accessKeyId == "NEW" &&
              again.credentials.secretAccessKey == renewed.secretAccessKey &&
              again.credentials.expiresAtMs == renewed.expiresAtMs &&
              again.refreshToken.equals("re\nfresh"),
          "what was renewed is read", file.expose());
  require(again.clientId == token.clientId && again.key == token.key, "all else is as it was",
          file.expose());
}

}  // namespace

void fuzz(std::string_view input) {
  Script script(input);
  const std::size_t kind = script.next() ? script.below(7) : 0;
  if (kind == 3 || kind == 4) {
    ::setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/role?x", 1);
    ::setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", std::string(secretKey).c_str(), 1);
    Agent agent(script);
    ManualClock clock;
    ContainerCredentials container(agent, clock);
    InstanceMetadataCredentials metadata(agent, clock);
    if (kind == 3) return search(container, agent, secretKey);
    return search(metadata, agent, {});
  }
  Answer document({secretKey, temporaryToken});
  while (script.next())
    document.take(script);
  if (kind == 5) return readSsoFile(document.body);
  if (kind == 6) return readLoginFile(document.body);
  readDocument(kind, document.body);
}
