// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_WEB_IDENTITY_HPP
#define SECURE_TUNNELING_CREDENTIALS_WEB_IDENTITY_HPP

/// @file
/// Credentials of a role for a token in a file, as on Kubernetes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/configuration/sts_settings.hpp"
#include "secure_tunneling/credentials/detail/sts.hpp"
#include "secure_tunneling/credentials/profile_source.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// Who a token is for.
struct WebIdentity {
  /// Read anew at each call: the token is replaced while the program runs.
  std::string tokenFile;
  /// The role to take on, as `arn:aws:iam::ACCOUNT:role/NAME`.
  std::string roleArn;
  /// Names the session in the logs of AWS; empty for one made from the time.
  std::string sessionName = {};
};

namespace detail {

/// AssumeRoleWithWebIdentity, which the token signs for.
class WebIdentityCall final : public SourceCall {
 public:
  WebIdentityCall(CredentialsFetch& fetch, HttpTransport& transport, const CallRules& rules,
                  const Endpoint& endpoint, std::string_view token, std::string_view form) noexcept
      : SourceCall(fetch.exchange(), transport, rules),
        endpoint_(endpoint),
        token_(token),
        form_(form),
        out_(fetch.credentials()) {}

 private:
  bool writeRequest(std::int64_t) override {
    setRequest("POST"sv, endpoint_);
    exchange_.request.body = form_;
    addHeader("content-type"sv, stsContentType);
    return true;
  }
  Verdict readAnswer(const Moment&) override {
    Result<void> read = readStsAnswer(exchange_.response, out_, {token_});
    // STS may not know a new key of the token's issuer yet.
    const bool isTooNew = !read && read.error().code == "InvalidIdentityToken"sv;
    return settle(std::move(read), isTooNew ? Verdict::Passes : Verdict::Failed);
  }

  const Endpoint& endpoint_;
  std::string_view token_;
  std::string_view form_;
  Credentials& out_;
};

}  // namespace detail

/// Credentials of a role for the token of another identity provider, by AssumeRoleWithWebIdentity
/// of AWS STS; how EKS gives a role to a service account. Asks at each call; put a cache around it.
/// Keeps references; one thread at a time.
///
/// By itself it goes by AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME; as a
/// `ProfileSource` by `web_identity_token_file`, `role_arn` and `role_session_name` of a profile.
class WebIdentityCredentials final : public ProfileSource {
 public:
  /// Waits on `clock` where it is to block. `given` says how STS is reached, where the environment
  /// and the shared files are not to say it.
  WebIdentityCredentials(HttpTransport& transport, Clock& clock,
                         const GivenStsSettings& given = {})  // NOLINT(*-by-value): for size
      : transport_(transport), clock_(clock), given_(given) {}

  [[nodiscard]] bool isNamedBy(const ProfileView& profile) const override {
    return !profile.value("web_identity_token_file").empty();
  }
  [[nodiscard]] Clock* clock() noexcept override { return &clock_; }

 private:
  Step begin(CredentialsFetch& fetch, const Moment& now) override {
    WebIdentity identity;
    identity.tokenFile = detail::environmentVariable("AWS_WEB_IDENTITY_TOKEN_FILE");
    identity.roleArn = detail::environmentVariable("AWS_ROLE_ARN");
    identity.sessionName = detail::environmentVariable("AWS_ROLE_SESSION_NAME");
    if (identity.tokenFile.empty()) {
      return fetch.done(detail::failure(ErrorKind::NoCredentials,
                                        "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set"));
    }
    if (identity.roleArn.empty()) {
      return fetch.done(detail::failure(
          ErrorKind::Configuration,
          "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not"));
    }
    Result<detail::SharedFiles> files = detail::SharedFiles::load();
    if (!files) return fetch.done(std::move(files).error());
    const detail::ChosenProfile profile = detail::chosenProfile(given_.profile);
    return exchangeToken(*files, profile.name, identity, fetch, now);
  }
  Step beginFor(const ProfileView& profile, CredentialsFetch& fetch, const Moment& now) override {
    using detail::operator""sv;
    WebIdentity identity;
    identity.tokenFile = profile.value("web_identity_token_file"sv);
    identity.roleArn = profile.value("role_arn"sv);
    identity.sessionName = profile.value("role_session_name"sv);
    if (identity.roleArn.empty()) {
      return fetch.done(profile.errorAbout("web_identity_token_file is set, but role_arn is not"));
    }
    return exchangeToken(profile.files, profile.selected, identity, fetch, now);
  }
  Step exchangeToken(const detail::SharedFiles& files, std::string_view profile,
                     const WebIdentity& identity, CredentialsFetch& fetch, const Moment& now) {
    StsSettings sts;
    Result<void> ready = detail::loadStsSettings(files, profile, given_, sts);
    if (!ready) return fetch.done(std::move(ready));
    source_ = detail::filled("AssumeRoleWithWebIdentity of {}",
                             {detail::printable(identity.roleArn, 120)});
    ready = prepare(sts, identity, now);
    if (!ready) return fetch.done(detail::sourceError(source_, ready.error()));
    CallRules rules;
    rules.maxAttempts = sts.maxAttempts;
    rules.newRetries2026 = sts.newRetries2026;
    call_.emplace(fetch, transport_, rules, endpoint_, detail::trimBlanks(token_.expose()),
                  form_.expose());
    return proceed(fetch, now);
  }
  Result<void> prepare(const StsSettings& sts, const WebIdentity& identity, const Moment& now) {
    Result<detail::SharedText> file =
        detail::readSharedFile({detail::expandPath(identity.tokenFile), true});
    if (!file) return std::move(file).error();
    token_ = std::move(file->text);
    const std::string_view token = detail::trimBlanks(token_.expose());
    if (token.empty()) {
      return detail::filledFailure(ErrorKind::Credentials,
                                   "{}: there is no such file, or it is empty or no regular file",
                                   {file->path});
    }
    Result<void> resolved = detail::resolveSts(endpoint_, sts);
    if (!resolved) return resolved;
    const std::string sessionName =
        identity.sessionName.empty() ? detail::sessionNameOf(now.unixMs) : identity.sessionName;
    detail::writeStsForm("AssumeRoleWithWebIdentity",
                         {{"RoleArn", identity.roleArn},
                          {"RoleSessionName", sessionName},
                          {"WebIdentityToken", token}},
                         form_);
    return {};
  }
  Step proceed(CredentialsFetch& fetch, const Moment& now) override {
    const Step step = call_->next(now);
    if (step != Step::Done) return fetch.forward(*call_, step);
    return fetch.done(call_->takeOutcome(source_));
  }
  void end() noexcept override {
    call_.reset();
    token_.clear();
    form_.clear();
  }

  HttpTransport& transport_;
  Clock& clock_;
  GivenStsSettings given_;
  // Of the search that is under way.
  std::string source_;
  Endpoint endpoint_;
  Secret token_;
  Secret form_;
  std::optional<detail::WebIdentityCall> call_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_WEB_IDENTITY_HPP
