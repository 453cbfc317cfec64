// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_DEFAULT_CHAIN_HPP
#define SECURE_TUNNELING_CREDENTIALS_DEFAULT_CHAIN_HPP

/// @file
/// The order in which the AWS tools look for credentials, over transports of the program.

#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/credentials/chain.hpp"
#include "secure_tunneling/credentials/container.hpp"
#include "secure_tunneling/credentials/environment.hpp"
#include "secure_tunneling/credentials/instance_metadata.hpp"
#include "secure_tunneling/credentials/process.hpp"
#include "secure_tunneling/credentials/profile_chain.hpp"
#include "secure_tunneling/credentials/sso.hpp"
#include "secure_tunneling/credentials/web_identity.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

namespace detail {

/// Instance metadata where nobody has asked for it: a failure says no more than that this is no
/// instance with a role.
class OffChance final : public CredentialsSource {
 public:
  explicit OffChance(CredentialsSource& source) noexcept : source_(source) {}

  Step next(CredentialsFetch& fetch, const Moment& now) override {
    const Step step = source_.next(fetch, now);
    if (step != Step::Done) return step;
    Result<void> found = fetch.takeOutcome();
    if (!found && found.error().kind == ErrorKind::Credentials) {
      found.error().kind = ErrorKind::NoCredentials;
    }
    return fetch.done(std::move(found));
  }
  void abandon(CredentialsFetch& fetch) noexcept override { source_.abandon(fetch); }
  [[nodiscard]] Clock* clock() noexcept override { return source_.clock(); }

 private:
  CredentialsSource& source_;
};

}  // namespace detail

/// Every source, in the order of the AWS tools:
/// 1. environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY;
/// 2. the profile of the shared files, in every way that it names;
/// 3. web identity: AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN;
/// 4. container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI;
/// 5. instance metadata of EC2.
///
/// The AWS SDKs for C++ and Rust ask in this order; the AWS CLI, boto3, Java, Go, Kotlin and .NET
/// ask for a web identity in the environment before they look at the profile's keys. As in the AWS
/// CLI, a profile that the program names itself (not AWS_PROFILE) counts more than the environment,
/// whose keys and web identity are then passed over. Keeps references; one thread at a time; put a
/// cache around it.
template <class Hash>
class BasicDefaultChain final : public CredentialsSource {
 public:
  /// `local` is for agents on this host and its link; it must not go through a proxy, and should
  /// give up within about a second. `resolver` is as for `ContainerCredentials`. `login` is for
  /// the sessions of `aws login`, which are refused by name where it is null; `mfa` is as for
  /// `StsRoleAssumer`. `container` is for the agent of a container, which may take longer than
  /// instance metadata; null for `local`.
  BasicDefaultChain(HttpTransport& transport, HttpTransport& local, Clock& clock,
                    const GivenStsSettings& given = {}, HostResolver* resolver = nullptr,
                    ProcessOptions process = {}, ProfileSource* login = nullptr,
                    MfaPrompt* mfa = nullptr, HttpTransport* container = nullptr)
      : process_({}, process),
        sso_(transport, clock, given.profile, given.allowHttp),
        roles_(transport, clock, Hash(), mfa),
        webIdentity_(transport, clock, given),
        container_(container != nullptr ? *container : local, clock, resolver),
        metadata_(local, clock, metadataOptions(given)),
        offChance_(metadata_),
        profile_(profileSources(login), given),
        chain_({given.profile.empty() ? &environment_ : nullptr, &profile_,
                given.profile.empty() ? &webIdentity_ : nullptr, &container_, &offChance_}) {}

  Step next(CredentialsFetch& fetch, const Moment& now) override { return chain_.next(fetch, now); }
  void abandon(CredentialsFetch& fetch) noexcept override { chain_.abandon(fetch); }
  [[nodiscard]] Clock* clock() noexcept override { return chain_.clock(); }

  /// Which source ended the last search, with credentials or by failing: "environment", "profile",
  /// "web identity", "container" or "instance metadata"; empty where none did.
  [[nodiscard]] std::string_view answeredBy() const noexcept {
    const struct {
      const CredentialsSource* source;
      std::string_view name;
    } names[] = {{&environment_, "environment"},
                 {&profile_, "profile"},
                 {&webIdentity_, "web identity"},
                 {&container_, "container"},
                 {&offChance_, "instance metadata"}};
    for (const auto& each : names) {
      if (each.source == chain_.answeredBy()) return each.name;
    }
    return {};
  }

 private:
  ProfileSources profileSources(ProfileSource* login) noexcept {
    ProfileSources sources;
    sources.roles = &roles_;
    sources.webIdentity = &webIdentity_;
    sources.sso = &sso_;
    sources.process = &process_;
    sources.environment = &environment_;
    sources.container = &container_;
    sources.instanceMetadata = &metadata_;
    sources.login = login;
    return sources;
  }

  static InstanceMetadataOptions metadataOptions(const GivenStsSettings& given) {
    InstanceMetadataOptions options;
    options.profile = given.profile;
    return options;
  }

  EnvironmentCredentials environment_;
  ProcessCredentials process_;
  SsoCredentials sso_;
  StsRoleAssumer<Hash> roles_;
  WebIdentityCredentials webIdentity_;
  ContainerCredentials container_;
  InstanceMetadataCredentials metadata_;
  detail::OffChance offChance_;
  ProfileChainCredentials profile_;
  CredentialsChain chain_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_DEFAULT_CHAIN_HPP
