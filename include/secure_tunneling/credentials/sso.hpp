// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_SSO_HPP
#define SECURE_TUNNELING_CREDENTIALS_SSO_HPP

/// @file
/// Credentials by IAM Identity Center (`aws sso login`).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/configuration/detail/configured.hpp"
#include "secure_tunneling/configuration/detail/shared_files.hpp"
#include "secure_tunneling/credentials/detail/credentials_document.hpp"
#include "secure_tunneling/credentials/detail/source_call.hpp"
#include "secure_tunneling/credentials/detail/sso_token.hpp"
#include "secure_tunneling/credentials/profile_source.hpp"
#include "secure_tunneling/detail/percent_encoding.hpp"
#include "secure_tunneling/seams/clock.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// How a profile signs in through IAM Identity Center.
struct SsoSettings {
  /// The profile that has the settings, for messages.
  std::string profile = {};
  /// The `sso-session` section; empty for a profile that has all the settings itself.
  std::string session = {};
  /// `sso_start_url`: the portal of the organisation.
  std::string startUrl;
  /// `sso_region`: where IAM Identity Center is.
  std::string region;
  /// `sso_account_id`: the account to work in, twelve digits.
  std::string accountId;
  /// `sso_role_name`: the name of the permission set.
  std::string roleName;
};

namespace detail {

/// CreateToken of SSO-OIDC: a new token for the refresh token of an old one.
class SsoRenewalCall final : public SourceCall {
 public:
  /// Writes what it gets to `token`, and says so in `isRenewed`.
  SsoRenewalCall(CredentialsFetch& fetch, HttpTransport& transport, const Endpoint& endpoint,
                 SsoToken& token, bool& isRenewed, std::string_view body) noexcept
      : SourceCall(fetch.exchange(), transport, {}),
        endpoint_(endpoint),
        token_(token),
        isRenewed_(isRenewed),
        body_(body) {}

 private:
  bool writeRequest(std::int64_t) override {
    setRequest("POST"sv, endpoint_, "/token"sv);
    exchange_.request.body = body_;
    addHeader("Content-Type"sv, "application/json"sv);
    return true;
  }
  Verdict readAnswer(const Moment& now) override {
    // No token lives for 31 years, and the sum below stays in range.
    constexpr std::int64_t longestSeconds = 999'999'999;
    if (exchange_.response.status != 200) {
      return refuse({token_.clientSecret.expose(), token_.refreshToken.expose()});
    }
    enum : std::size_t { accessToken, refreshToken, expiresIn };
    StringMembers members("accessToken refreshToken expiresIn"sv);
    std::string problem;
    collectMembers(exchange_.response.body, members, problem);
    const auto seconds = parseJsonInteger(members[expiresIn]);
    if (problem.empty() &&
        (members[accessToken].text.empty() || !seconds || *seconds > longestSeconds)) {
      problem = "expected accessToken, and expiresIn of 999999999 seconds at most";
    }
    if (!problem.empty()) {
      setError(ErrorKind::Credentials, problem.c_str());
      return Verdict::Refused;
    }
    token_.accessToken.assign(members[accessToken].text);
    token_.expiresAtMs = now.unixMs + *seconds * 1000;
    if (!members[refreshToken].text.empty()) token_.refreshToken.assign(members[refreshToken].text);
    isRenewed_ = true;
    return Verdict::Finished;
  }

  const Endpoint& endpoint_;
  SsoToken& token_;
  bool& isRenewed_;
  std::string_view body_;
};

/// GetRoleCredentials of SSO, for who has a token.
class SsoRoleCall final : public SourceCall {
 public:
  SsoRoleCall(CredentialsFetch& fetch, HttpTransport& transport, const Endpoint& endpoint,
              const SsoSettings& settings, std::string_view token) noexcept
      : SourceCall(fetch.exchange(), transport, {}),
        endpoint_(endpoint),
        settings_(settings),
        token_(token),
        out_(fetch.credentials()) {}

 private:
  bool writeRequest(std::int64_t) override {
    std::string target = "/federation/credentials?account_id=";
    appendPercentEncoded(settings_.accountId, target);
    target.append("&role_name="sv);
    appendPercentEncoded(settings_.roleName, target);
    setRequest("GET"sv, endpoint_, target);
    return addForeignHeader("x-amz-sso_bearer_token"sv, token_);
  }
  Verdict readAnswer(const Moment&) override {
    if (exchange_.response.status != 200) return refuse({token_});
    CredentialsDocument form;
    form.parent = "roleCredentials"sv;
    form.tokenName = "sessionToken"sv;
    return settle(readCredentials(exchange_.response.body, form, out_, {token_}), Verdict::Refused);
  }

  const Endpoint& endpoint_;
  const SsoSettings& settings_;
  std::string_view token_;
  Credentials& out_;
};

}  // namespace detail

/// Credentials of a role in IAM Identity Center, for who has signed in by `aws sso login`.
///
/// Reads the profile's `sso_session` (a section with `sso_start_url` and `sso_region`), or both in
/// the profile itself; and its `sso_account_id` and `sso_role_name`, of which one may be the
/// session's, as in the AWS CLI. The token is the one that the AWS CLI keeps in
/// `~/.aws/sso/cache`. That of a session is renewed from 15 minutes before its end, and the file
/// replaced, readable by its owner alone; where another program was faster, its token is used. When
/// the token is over the error says to sign in again. Three attempts a request, with waits between.
///
/// Endpoints are as for every service: AWS_ENDPOINT_URL_SSO and AWS_ENDPOINT_URL_SSO_OIDC, `sso`
/// and `sso_oidc` in `services`, FIPS and dual-stack, which mean nothing where a URL is set. Keeps
/// references to its parts; one thread at a time.
class SsoCredentials final : public ProfileSource {
 public:
  /// An empty `profile` means AWS_PROFILE, else AWS_DEFAULT_PROFILE, else "default".
  /// `allowHttp` lets endpoint URLs be http for hosts other than loopback; tokens then travel in
  /// the clear.
  SsoCredentials(HttpTransport& transport, Clock& clock, std::string profile = {},
                 bool allowHttp = false)
      : profile_(std::move(profile)), transport_(transport), clock_(clock), allowHttp_(allowHttp) {}

  [[nodiscard]] bool isNamedBy(const ProfileView& profile) const override {
    return !detail::ssoProperty(profile).empty();
  }

  [[nodiscard]] Clock* clock() noexcept override { return &clock_; }

  /// The settings of a profile. Returns `ErrorKind::Configuration` for one that is missing, is no
  /// valid region, or says something else than the session.
  static Result<SsoSettings> settingsOf(const ProfileView& profile) {
    SsoSettings settings;
    Result<void> read = readSettings(profile, settings);
    if (!read) return std::move(read).error();
    return settings;
  }

 private:
  static constexpr std::string_view source = "SSO";
  static constexpr std::string_view renewal = "CreateToken";

  static Result<void> readSettings(const ProfileView& profile, SsoSettings& settings) {
    settings = {};
    settings.profile = profile.name;
    settings.session = profile.value("sso_session");
    const bool hasSession = !settings.session.empty();
    if (hasSession && !profile.files.has(detail::ssoSessionSection, settings.session)) {
      return profile.errorAbout("sso_session: no section [sso-session {}]", {settings.session});
    }
    const struct {
      std::string_view name;
      std::string& value;
      /// The session has to have it, where there is one.
      bool isOfSession;
    } wanted[] = {{"sso_start_url", settings.startUrl, hasSession},
                  {"sso_region", settings.region, hasSession},
                  {"sso_account_id", settings.accountId, false},
                  {"sso_role_name", settings.roleName, false}};
    for (const auto& each : wanted) {
      const std::string_view own = profile.value(each.name);
      if (hasSession) {
        each.value = profile.files.value(detail::ssoSessionSection, settings.session, each.name);
      }
      if (!each.isOfSession && each.value.empty()) each.value = own;
      const std::string_view where =
          each.isOfSession ? " is not set in the sso-session" : " is not set";
      if (each.value.empty()) return profile.errorAbout("{}{}", {each.name, where});
      if (!own.empty() && own != each.value) {
        return profile.errorAbout("{} is not that of the sso-session", {each.name});
      }
    }
    if (detail::isHostLabel(settings.region)) return {};
    return profile.errorAbout("sso_region is {}: expected {}",
                              {detail::quoted(settings.region), detail::regionSyntax});
  }

  Step begin(CredentialsFetch& fetch, const Moment& now) override {
    return beginForChosen(profile_, "it has neither sso_account_id nor sso_role_name", fetch, now);
  }
  Step beginFor(const ProfileView& profile, CredentialsFetch& fetch, const Moment& now) override {
    Result<void> ready = prepare(profile);
    if (!ready) return fetch.done(std::move(ready));
    if (!isRenewable(settings_, now.unixMs)) return askForRole(fetch, now, {});
    ready = findEndpoint(tokenEndpoint_, {"AWS_ENDPOINT_URL_SSO_OIDC", "sso_oidc", "https://oidc"},
                         profile);
    if (!ready) return fetch.done(std::move(ready));
    detail::writeJsonTexts({{"grantType", "refresh_token"},
                            {"clientId", token_.clientId},
                            {"clientSecret", token_.clientSecret.expose()},
                            {"refreshToken", token_.refreshToken.expose()}},
                           body_);
    renewalCall_.emplace(fetch, transport_, tokenEndpoint_, token_, isRenewed_, body_.expose());
    return proceed(fetch, now);
  }
  Step proceed(CredentialsFetch& fetch, const Moment& now) override {
    if (renewalCall_) {
      const Step step = renewalCall_->next(now);
      if (step != Step::Done) return fetch.forward(*renewalCall_, step);
      Result<void> renewed = renewalCall_->takeOutcome(renewal);
      renewalCall_.reset();
      if (renewed) {
        saveToken();
      } else {
        takeNewerToken();
      }
      return askForRole(fetch, now, std::move(renewed));
    }
    const Step step = roleCall_->next(now);
    if (step != Step::Done) return fetch.forward(*roleCall_, step);
    const Error* const error = roleCall_->error();
    if (error != nullptr && error->httpStatus == 401) {
      return fetch.done(signIn(settings_, error->message));
    }
    return fetch.done(roleCall_->takeOutcome(source));
  }
  void end() noexcept override {
    renewalCall_.reset();
    roleCall_.reset();
    body_.clear();
  }

  Result<void> prepare(const ProfileView& profile) {
    Result<void> ready = readSettings(profile, settings_);
    if (ready) ready = loadToken(settings_);
    if (ready) {
      ready = findEndpoint(roleEndpoint_, {"AWS_ENDPOINT_URL_SSO", "sso", "https://portal.sso"},
                           profile);
    }
    return ready;
  }

  /// Asks for the role's credentials behind a renewal, or none. After one that failed the token may
  /// still do for now.
  Step askForRole(CredentialsFetch& fetch, const Moment& now, Result<void> renewed) {
    if (!renewed && renewed.error().kind == ErrorKind::Configuration) {
      return fetch.done(std::move(renewed));
    }
    if (token_.expiresAtMs <= now.unixMs) {
      return fetch.done(signIn(
          settings_, renewed ? std::string("the SSO token is over")
                             : detail::filled("the SSO token is over, and cannot be renewed: {}",
                                              {renewed.error().message})));
    }
    roleCall_.emplace(fetch, transport_, roleEndpoint_, settings_, token_.accessToken.expose());
    return proceed(fetch, now);
  }

  static std::string_view keyOf(const SsoSettings& settings) {
    return settings.session.empty() ? settings.startUrl : settings.session;
  }

  static Failure signIn(const SsoSettings& settings, std::string_view why) {
    const bool hasSession = !settings.session.empty();
    return detail::filledFailure(
        ErrorKind::Credentials, "{}: {}; run: aws sso login {} {}",
        {source, why, hasSession ? "--sso-session" : "--profile",
         detail::printable(hasSession ? settings.session : settings.profile, 80)});
  }

  /// Reads the token's file, unless this object has renewed the token since and has not saved it.
  Result<void> loadToken(const SsoSettings& settings) {
    const std::string path = detail::ssoTokenPath(keyOf(settings));
    Result<detail::SharedText> file = detail::readSharedFile({path, true});
    if (!file) return detail::sourceError(source, file.error());
    if (file->text.empty()) {
      return signIn(settings, detail::filled("not signed in: there is no {}", {path}));
    }
    detail::SsoToken read;
    const std::string problem = detail::readSsoToken(file->text, read);
    if (!problem.empty()) return signIn(settings, detail::filled("{}: {}", {path, problem}));
    const bool keeps = isRenewed_ && path == path_ && read.expiresAtMs < token_.expiresAtMs;
    path_ = path;
    if (keeps) {
      saveToken();
    } else {
      token_ = std::move(read);
      isRenewed_ = false;
    }
    return {};
  }

  /// Another program may have been faster, and have used the refresh token up.
  void takeNewerToken() {
    Result<detail::SharedText> file = detail::readSharedFile({path_, true});
    detail::SsoToken read;
    if (file && detail::readSsoToken(file->text, read).empty() &&
        read.expiresAtMs > token_.expiresAtMs) {
      token_ = std::move(read);
      isRenewed_ = false;
    }
  }

  [[nodiscard]] bool isRenewable(const SsoSettings& settings, std::int64_t nowMs) const {
    constexpr std::int64_t windowMs = 15 * 60'000;
    return !settings.session.empty() && token_.expiresAtMs - nowMs < windowMs &&
           !token_.refreshToken.empty() && !token_.clientId.empty() &&
           !token_.clientSecret.empty() && token_.registrationExpiresAtMs.value_or(0) > nowMs;
  }

  /// Without the file a new token still serves this object.
  void saveToken() {
    token_.region = settings_.region;
    token_.startUrl = settings_.startUrl;
    Secret text;
    detail::writeSsoToken(token_, text);
    (void)detail::replaceSecretFile(path_, text);
  }

  struct Service {
    const char* variable;
    std::string_view name;
    /// `https://SERVICE`, as of `setRegionalIdentity`.
    std::string_view url;
  };

  [[nodiscard]] Result<void> findEndpoint(Endpoint& found, const Service& service,
                                          const ProfileView& profile) const {
    std::string region = settings_.region;
    const detail::Configuration configuration(profile.files, profile.selected);
    std::string url;
    bool useFips = false;
    bool useDualStack = false;
    Result<void> read = configuration.readReach(service.variable, service.name, allowHttp_,
                                                {region, url, useFips, useDualStack});
    if (!read) return read;
    // An explicit endpoint and the checks are those of every service.
    read = detail::resolveAny(found, {region, url, useFips, useDualStack, allowHttp_});
    if (read && url.empty()) {
      detail::setRegionalIdentity(found, service.url, region, useFips, useDualStack);
    }
    return read;
  }

  const std::string profile_;
  HttpTransport& transport_;
  Clock& clock_;
  const bool allowHttp_;
  detail::SsoToken token_;
  /// Where `token_` was read.
  std::string path_;
  /// `token_` is newer than what was read.
  bool isRenewed_ = false;
  // Of the search that is under way.
  SsoSettings settings_;
  Endpoint tokenEndpoint_;
  Endpoint roleEndpoint_;
  Secret body_;
  std::optional<detail::SsoRenewalCall> renewalCall_;
  std::optional<detail::SsoRoleCall> roleCall_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_SSO_HPP
