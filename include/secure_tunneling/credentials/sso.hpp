// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_SSO_HPP
#define SECURE_TUNNELING_CREDENTIALS_SSO_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/clock.hpp"
#include "secure_tunneling/credentials.hpp"
#include "secure_tunneling/credentials/profile_source.hpp"
#include "secure_tunneling/detail/configured.hpp"
#include "secure_tunneling/detail/credentials_document.hpp"
#include "secure_tunneling/detail/http_call.hpp"
#include "secure_tunneling/detail/refusal.hpp"
#include "secure_tunneling/detail/shared_files.hpp"
#include "secure_tunneling/detail/sso_token.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

/// How a profile signs in through IAM Identity Center.
struct SsoSettings {
  std::string profile;
  /// The `sso-session` section; empty for a profile that has all the settings itself.
  std::string session;
  std::string startUrl;
  std::string region;
  std::string accountId;
  std::string roleName;
};

/// Credentials of a role in IAM Identity Center, for who has signed in by `aws sso login`.
///
/// Reads the profile's `sso_session` (a section with `sso_start_url` and `sso_region`), or both in
/// the profile itself; and its `sso_account_id` and `sso_role_name`. The token is the one that the
/// AWS CLI keeps in `~/.aws/sso/cache`. That of a session is renewed from 15 minutes before its
/// end, and the file replaced, readable by its owner alone. When the token is over the error says
/// to sign in again. Three attempts a request, with waits between.
///
/// Endpoints are as for every service: AWS_ENDPOINT_URL_SSO and AWS_ENDPOINT_URL_SSO_OIDC, `sso`
/// and `sso_oidc` in `services`, FIPS and dual-stack, which mean nothing where a URL is set. Keeps
/// references to its parts; one thread at a time.
class SsoCredentials final : public CredentialsProvider, public ProfileSource {
 public:
  /// An empty `profile` means AWS_PROFILE, else AWS_DEFAULT_PROFILE, else "default".
  /// `allowHttp` lets endpoint URLs be http for hosts other than loopback; tokens then travel in
  /// the clear.
  SsoCredentials(HttpTransport& transport, Clock& clock, std::string profile = {},
                 bool allowHttp = false)
      : profile_(std::move(profile)), transport_(transport), clock_(clock), allowHttp_(allowHttp) {}

  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    Result<detail::SharedFiles> files = detail::SharedFiles::load();
    if (!files) return std::move(files).error();
    const detail::ChosenProfile chosen = detail::chosenProfile(profile_);
    const ProfileView profile{*files, chosen.name, chosen.name};
    if (!isNamedBy(profile)) {
      return profile.refuse("it has neither sso_account_id nor sso_role_name"sv,
                            ErrorKind::NoCredentials);
    }
    return retrieveFor(profile, query, credentials);
  }

  [[nodiscard]] bool isNamedBy(const ProfileView& profile) const override {
    return !detail::ssoProperty(profile).empty();
  }

  Result<void> retrieveFor(const ProfileView& profile, const CredentialsQuery& query,
                           Credentials& credentials) override {
    Result<SsoSettings> settings = settingsOf(profile);
    if (!settings) return std::move(settings).error();
    Result<void> ready = loadToken(*settings);
    if (!ready) return ready;
    if (isRenewable(*settings, query.nowMs)) {
      ready = renewToken(*settings, profile, query.nowMs);
      // It may still do for now.
      const bool isMalformed = !ready && ready.error().kind == ErrorKind::Configuration;
      if (isMalformed) return ready;
    }
    if (token_.expiresAtMs <= query.nowMs) {
      return signIn(*settings, detail::concat({"the SSO token is over"sv,
                                               ready ? ""sv : ", and cannot be renewed: "sv,
                                               ready ? ""sv : ready.error().message}));
    }
    return getRoleCredentials(*settings, profile, credentials);
  }

  /// The settings of a profile. Returns `ErrorKind::Configuration` for one that is missing, is no
  /// valid region, or says something else than the session.
  static Result<SsoSettings> settingsOf(const ProfileView& profile) {
    SsoSettings settings;
    settings.profile = profile.name;
    settings.session = profile.value("sso_session"sv);
    const bool hasSession = !settings.session.empty();
    if (hasSession && !profile.files.has(detail::ssoSessionSection, settings.session)) {
      return profile.refuse(
          detail::concat({"sso_session: no section [sso-session "sv, settings.session, "]"sv}));
    }
    const struct {
      std::string_view name;
      std::string& value;
      bool isOfSession;
    } wanted[] = {{"sso_start_url"sv, settings.startUrl, hasSession},
                  {"sso_region"sv, settings.region, hasSession},
                  {"sso_account_id"sv, settings.accountId, false},
                  {"sso_role_name"sv, settings.roleName, false}};
    for (const auto& each : wanted) {
      const std::string_view own = profile.value(each.name);
      each.value = each.isOfSession
                       ? profile.files.value(detail::ssoSessionSection, settings.session, each.name)
                       : own;
      const std::string_view where =
          each.isOfSession ? " is not set in the sso-session"sv : " is not set"sv;
      if (each.value.empty()) return profile.refuse(detail::concat({each.name, where}));
      if (!own.empty() && own != each.value) {
        return profile.refuse(detail::concat({each.name, " is not that of the sso-session"sv}));
      }
    }
    if (detail::isHostLabel(settings.region)) return settings;
    return profile.refuse(detail::concat({"sso_region is "sv, detail::quoted(settings.region),
                                          ": expected "sv, detail::regionSyntax}));
  }

 private:
  static constexpr std::string_view source = "SSO"sv;
  static constexpr std::string_view renewal = "CreateToken"sv;

  static std::string_view keyOf(const SsoSettings& settings) {
    return settings.session.empty() ? settings.startUrl : settings.session;
  }

  static Error signIn(const SsoSettings& settings, std::string_view why) {
    const bool hasSession = !settings.session.empty();
    return detail::sourceError(
        ErrorKind::Credentials, source,
        {why, "; run: aws sso login "sv, hasSession ? "--sso-session "sv : "--profile "sv,
         detail::printable(hasSession ? settings.session : settings.profile, 80)});
  }

  /// Reads the token's file, unless this object has renewed the token since and could not save it.
  Result<void> loadToken(const SsoSettings& settings) {
    const std::string path = detail::ssoTokenPath(keyOf(settings));
    Result<detail::SharedText> file = detail::readSharedFile({path, true});
    if (!file) return detail::sourceError(source, file.error());
    if (file->text.empty()) {
      return signIn(settings, detail::concat({"not signed in: there is no "sv, path}));
    }
    detail::SsoToken read;
    const std::string problem = detail::readSsoToken(file->text, read);
    if (!problem.empty()) return signIn(settings, detail::concat({path, ": "sv, problem}));
    if (!isRenewed_ || path != path_ || read.expiresAtMs >= token_.expiresAtMs) {
      token_ = std::move(read);
      isRenewed_ = false;
    }
    path_ = path;
    return {};
  }

  [[nodiscard]] bool isRenewable(const SsoSettings& settings, std::int64_t nowMs) const {
    constexpr std::int64_t windowMs = 15 * 60'000;
    return !settings.session.empty() && token_.expiresAtMs - nowMs < windowMs &&
           !token_.refreshToken.empty() && !token_.clientId.empty() &&
           !token_.clientSecret.empty() && token_.registrationExpiresAtMs.value_or(0) > nowMs;
  }

  /// Has SSO-OIDC make a new token of the refresh token.
  Result<void> renewToken(const SsoSettings& settings, const ProfileView& profile,
                          std::int64_t nowMs) {
    Result<Endpoint> endpoint = findEndpoint({"AWS_ENDPOINT_URL_SSO_OIDC", "sso_oidc"sv, "oidc"sv},
                                             settings.region, profile);
    if (!endpoint) return std::move(endpoint).error();
    detail::HttpCall call("POST"sv, *endpoint, "/token"sv);
    call.addHeader("Content-Type"sv, "application/json"sv);
    detail::writeJsonTexts({{"grantType"sv, "refresh_token"sv},
                            {"clientId"sv, token_.clientId},
                            {"clientSecret"sv, token_.clientSecret.expose()},
                            {"refreshToken"sv, token_.refreshToken.expose()}},
                           call.body());
    Result<void> sent = detail::exchange(call, transport_, renewal, detail::Attempts(3, &clock_));
    if (!sent) return sent;
    HttpResponse& response = call.response();
    if (response.status != 200) {
      return detail::sourceError(ErrorKind::Credentials, renewal,
                                 {detail::refusalText(response, {token_.clientSecret.expose(),
                                                                 token_.refreshToken.expose()})});
    }
    detail::StringMembers members("accessToken refreshToken expiresIn"sv);
    std::string problem;
    detail::collectMembers(response.body, members, problem);
    const auto seconds = detail::parseJsonInteger(members[2]);
    // No token lives for 31 years, and the sum below stays in range.
    constexpr std::int64_t longestSeconds = 999'999'999;
    if (problem.empty() && (members[0].text.empty() || !seconds || *seconds > longestSeconds)) {
      problem = "expected accessToken, and expiresIn of 999999999 seconds at most";
    }
    if (!problem.empty()) {
      return detail::sourceError(ErrorKind::Credentials, renewal, {problem});
    }
    token_.accessToken.assign(members[0].text);
    token_.expiresAtMs = nowMs + *seconds * 1000;
    if (!members[1].text.empty()) token_.refreshToken.assign(members[1].text);
    token_.region = settings.region;
    token_.startUrl = settings.startUrl;
    isRenewed_ = true;
    // Without the file the new token still serves this object.
    Secret text;
    detail::writeSsoToken(token_, text);
    (void)detail::replaceSecretFile(path_, text);
    return {};
  }

  Result<void> getRoleCredentials(const SsoSettings& settings, const ProfileView& profile,
                                  Credentials& credentials) {
    Result<Endpoint> endpoint =
        findEndpoint({"AWS_ENDPOINT_URL_SSO", "sso"sv, "portal.sso"sv}, settings.region, profile);
    if (!endpoint) return std::move(endpoint).error();
    std::string target = "/federation/credentials?account_id=";
    detail::appendPercentEncoded(settings.accountId, target);
    target.append("&role_name="sv);
    detail::appendPercentEncoded(settings.roleName, target);
    detail::HttpCall call("GET"sv, *endpoint, target);
    call.addHeader("x-amz-sso_bearer_token"sv, token_.accessToken.expose());
    Result<void> sent = detail::exchange(call, transport_, source, detail::Attempts(3, &clock_));
    if (!sent) return sent;
    HttpResponse& response = call.response();
    if (response.status == 200) {
      return detail::readCredentials(response.body, {source, "roleCredentials"sv, "sessionToken"sv},
                                     credentials, {token_.accessToken.expose()});
    }
    const std::string said = detail::refusalText(response, {token_.accessToken.expose()});
    if (response.status == 401) return signIn(settings, said);
    return detail::sourceError(ErrorKind::Credentials, source, {said});
  }

  struct Service {
    const char* variable;
    std::string_view name;
    std::string_view host;
  };

  [[nodiscard]] Result<Endpoint> findEndpoint(const Service& service, std::string region,
                                              const ProfileView& profile) const {
    const detail::Configuration configuration(profile.files, profile.selected);
    std::string url;
    bool useFips = false;
    bool useDualStack = false;
    Result<void> read =
        configuration.readEndpointUrl(service.variable, service.name, allowHttp_, url);
    if (read) {
      read = configuration.read(
          configuration.find({"AWS_USE_FIPS_ENDPOINT"}, "use_fips_endpoint"sv), useFips);
    }
    if (read) {
      read = configuration.read(
          configuration.find({"AWS_USE_DUALSTACK_ENDPOINT"}, "use_dualstack_endpoint"sv),
          useDualStack);
    }
    if (!read) return std::move(read).error();
    if (detail::takeFips(region)) useFips = true;
    // The flags are for the service's own endpoints, and one URL may be set for all services.
    if (!url.empty()) useFips = useDualStack = false;
    // An explicit endpoint and the checks are those of every service.
    Result<Endpoint> endpoint = resolveEndpoint({region, url, useFips, useDualStack, allowHttp_});
    if (!endpoint || !url.empty()) return endpoint;
    const std::string_view partition = detail::partitionOf(region);
    const bool isFipsName = useFips && (useDualStack || !detail::isGovCloud(region));
    detail::assignPieces(endpoint->url,
                         {"https://"sv, service.host, isFipsName ? "-fips."sv : "."sv, region,
                          detail::dnsSuffix(partition, useDualStack), "/"sv});
    detail::finishRegional(*endpoint, region);
    return endpoint;
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
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_SSO_HPP
