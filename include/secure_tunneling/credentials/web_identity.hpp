// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_WEB_IDENTITY_HPP
#define SECURE_TUNNELING_CREDENTIALS_WEB_IDENTITY_HPP

#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/credentials/profile_source.hpp"
#include "secure_tunneling/detail/sts.hpp"
#include "secure_tunneling/detail/sts_settings.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

/// Who a token is for.
struct WebIdentity {
  /// Read anew at each call: the token is replaced while the program runs.
  std::string tokenFile;
  std::string roleArn;
  /// Names the session in the logs of AWS; empty for one made from the time.
  std::string sessionName;
};

/// Credentials of a role for the token of another identity provider, by AssumeRoleWithWebIdentity
/// of AWS STS; how EKS gives a role to a service account. Asks at each call; put a cache around it.
/// Keeps references; one thread at a time.
///
/// As a `CredentialsProvider` it goes by AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and
/// AWS_ROLE_SESSION_NAME; as a `ProfileSource` by `web_identity_token_file`, `role_arn` and
/// `role_session_name` of a profile.
class WebIdentityCredentials final : public CredentialsProvider, public ProfileSource {
 public:
  /// Waits on `clock` between attempts. `given` says how STS is reached, where the environment and
  /// the shared files are not to say it.
  WebIdentityCredentials(HttpTransport& transport, Clock& clock, GivenStsSettings given = {})
      : transport_(transport), clock_(clock), given_(std::move(given)) {}

  Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
    WebIdentity identity;
    identity.tokenFile = detail::environmentVariable("AWS_WEB_IDENTITY_TOKEN_FILE");
    identity.roleArn = detail::environmentVariable("AWS_ROLE_ARN");
    identity.sessionName = detail::environmentVariable("AWS_ROLE_SESSION_NAME");
    if (identity.tokenFile.empty()) {
      return detail::sourceError(ErrorKind::NoCredentials, "web identity"sv,
                                 {"AWS_WEB_IDENTITY_TOKEN_FILE is not set"sv});
    }
    if (identity.roleArn.empty()) {
      return detail::sourceError(ErrorKind::Configuration, "web identity"sv,
                                 {"AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not"sv});
    }
    Result<detail::SharedFiles> files = detail::SharedFiles::load();
    if (!files) return std::move(files).error();
    const detail::ChosenProfile profile = detail::chosenProfile(given_.profile);
    Result<StsSettings> sts = detail::loadStsSettings(*files, profile.name, given_);
    if (!sts) return std::move(sts).error();
    return exchangeToken(*sts, identity, credentials);
  }

  [[nodiscard]] bool isNamedBy(const ProfileView& profile) const override {
    return !profile.value("web_identity_token_file"sv).empty();
  }
  Result<void> retrieveFor(const ProfileView& profile, const CredentialsQuery&,
                           Credentials& credentials) override {
    WebIdentity identity;
    identity.tokenFile = profile.value("web_identity_token_file"sv);
    identity.roleArn = profile.value("role_arn"sv);
    identity.sessionName = profile.value("role_session_name"sv);
    if (identity.roleArn.empty()) {
      return profile.refuse("web_identity_token_file is set, but role_arn is not"sv);
    }
    Result<StsSettings> sts = detail::loadStsSettings(profile.files, profile.selected, given_);
    if (!sts) return std::move(sts).error();
    return exchangeToken(*sts, identity, credentials);
  }

  /// The same with nothing looked up.
  Result<void> exchangeToken(const StsSettings& sts, const WebIdentity& identity,
                             Credentials& credentials) {
    const std::string source = detail::concat(
        {"AssumeRoleWithWebIdentity of "sv, detail::printable(identity.roleArn, 120)});
    Result<detail::SharedText> file =
        detail::readSharedFile({detail::expandPath(identity.tokenFile), true});
    if (!file) return detail::sourceError(source, file.error());
    const std::string_view token = detail::trimBlanks(file->text.expose());
    if (token.empty()) {
      return detail::sourceError(
          ErrorKind::Credentials, source,
          {file->path, ": there is no such file, or it is empty or no regular file"sv});
    }
    Result<Endpoint> endpoint = resolveStsEndpoint(sts);
    if (!endpoint) return detail::sourceError(source, endpoint.error());
    detail::HttpCall call("POST"sv, *endpoint);
    const std::string sessionName = identity.sessionName.empty()
                                        ? detail::sessionNameOf(clock_.now().unixMs)
                                        : identity.sessionName;
    detail::writeStsForm("AssumeRoleWithWebIdentity"sv,
                         {{"RoleArn"sv, identity.roleArn},
                          {"RoleSessionName"sv, sessionName},
                          {"WebIdentityToken"sv, token}},
                         call.body());
    call.addHeader("Content-Type"sv, detail::stsContentType);
    Result<void> done = detail::askSts(call, transport_, detail::Attempts(sts.maxAttempts, &clock_),
                                       credentials, {token});
    if (done) return done;
    return detail::sourceError(source, done.error());
  }

 private:
  HttpTransport& transport_;
  Clock& clock_;
  GivenStsSettings given_;
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_WEB_IDENTITY_HPP
