// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_PROFILE_CHAIN_HPP
#define SECURE_TUNNELING_CREDENTIALS_PROFILE_CHAIN_HPP

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/credentials/assume_role.hpp"
#include "secure_tunneling/credentials/profile.hpp"
#include "secure_tunneling/detail/sts_settings.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

/// The ways to credentials that a profile may name. One that is null is refused by name, and costs
/// nothing.
struct ProfileSources {
  RoleAssumer* roles = nullptr;
  ProfileSource* webIdentity = nullptr;
  ProfileSource* sso = nullptr;
  ProfileSource* process = nullptr;
  /// What the values of `credential_source` stand for.
  CredentialsProvider* environment = nullptr;
  CredentialsProvider* container = nullptr;
  CredentialsProvider* instanceMetadata = nullptr;
};

/// Credentials from a profile of the shared files, in every way that it can name. Keeps references;
/// one thread at a time; put a cache around it.
///
/// In a profile, the first of these counts, as in the AWS CLI: `role_arn` (with `source_profile` or
/// `credential_source`), `web_identity_token_file`, SSO (`sso_account_id`, `sso_role_name`), keys
/// in the credentials file, `credential_process`, keys in the config file. A role's source profile
/// is used by its keys where it has some, else in the same order; a chain of roles may be of any
/// length. `mfa_serial` and `login_session` are refused: nobody is there to type a code.
class ProfileChainCredentials final : public CredentialsProvider {
 public:
  explicit ProfileChainCredentials(ProfileSources sources, GivenStsSettings given = {})
      : sources_(sources), given_(std::move(given)) {}

  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    const detail::ChosenProfile chosen = detail::chosenProfile(given_.profile);
    Result<detail::SharedFiles> files = detail::SharedFiles::load();
    if (!files) return std::move(files).error();
    const ProfileView profile{*files, chosen.name, chosen.name};
    if (!files->has(detail::profileSection, chosen.name)) {
      return detail::profileWithoutCredentials(profile, chosen);
    }
    std::vector<Role> roles;
    Result<Base> base = followRoles(profile, roles);
    if (!base) return std::move(base).error();
    if (roles.empty()) return retrieveBase(*base, query, credentials);

    if (sources_.roles == nullptr) return unsupported(profile, "role_arn"sv);
    Result<StsSettings> sts = detail::loadStsSettings(*files, chosen.name, given_);
    if (!sts) return std::move(sts).error();
    Credentials as;
    Result<void> done = retrieveBase(*base, query, as);
    if (!done && done.error().kind == ErrorKind::NoCredentials) {
      // Somebody wants a role, so that having nothing for it is a failure.
      return profile.refuse(done.error().message, ErrorKind::Credentials);
    }
    if (!done) return done;
    for (std::size_t i = roles.size(); i-- != 0;) {
      done = sources_.roles->assume(*sts, roles[i], as, credentials);
      if (!done) return profile.refuse(done.error().message, done.error().kind);
      if (i != 0) as.assign(credentials);
    }
    return {};
  }

 private:
  /// Where a chain of roles begins.
  struct Base {
    ProfileView profile;
    /// For `credential_source`; else null.
    CredentialsProvider* source = nullptr;
  };

  /// A source, or the property that would ask for it.
  struct Named {
    ProfileSource* source;
    std::string_view property;
  };

  static bool isNamed(const Named& named, const ProfileView& profile) {
    if (named.source != nullptr) return named.source->isNamedBy(profile);
    return !named.property.empty() && !profile.value(named.property).empty();
  }
  static Result<void> ask(const Named& named, const ProfileView& profile,
                          const CredentialsQuery& query, Credentials& credentials) {
    if (named.source == nullptr) return unsupported(profile, named.property);
    return named.source->retrieveFor(profile, query, credentials);
  }

  static Error unsupported(const ProfileView& profile, std::string_view property) {
    return profile.refuse(
        detail::concat({"credentials by way of "sv, property, " are not supported"sv}));
  }

  /// Goes from a profile through those that it needs to be somebody. Adds the roles on the way, the
  /// last one to be taken on first.
  [[nodiscard]] Result<Base> followRoles(ProfileView profile, std::vector<Role>& roles) const {
    std::vector<std::string_view> visited;
    for (;;) {
      const bool isRole = !profile.value("role_arn"sv).empty() &&
                          profile.value("web_identity_token_file"sv).empty();
      if (!isRole || (!visited.empty() && hasKeys(profile))) return Base{profile};
      Result<Role> role = readRole(profile);
      if (!role) return std::move(role).error();
      roles.push_back(*std::move(role));
      visited.push_back(profile.name);
      const std::string_view next = profile.value("source_profile"sv);
      const std::string_view named = profile.value("credential_source"sv);
      if (next.empty() == named.empty()) {
        return profile.refuse(next.empty()
                                  ? "role_arn needs source_profile or credential_source"sv
                                  : "source_profile and credential_source cannot both be set"sv);
      }
      if (!named.empty()) return namedSource(profile, named);
      // A role whose keys stand in the same profile.
      if (next == profile.name) return Base{profile};
      for (const std::string_view name : visited) {
        if (name != next) continue;
        return profile.refuse(detail::concat(
            {"source_profile "sv, detail::quoted(next), " leads back to where it came from"sv}));
      }
      if (!profile.files.has(detail::profileSection, next)) {
        return profile.refuse(detail::concat({"source_profile "sv, detail::quoted(next),
                                              ": found neither in "sv, profile.files.paths()}));
      }
      profile.name = next;
    }
  }

  static bool hasKeys(const ProfileView& profile) {
    return !profile.value("aws_access_key_id"sv).empty();
  }

  static Result<Role> readRole(const ProfileView& profile) {
    if (!profile.value("mfa_serial"sv).empty()) {
      return profile.refuse("mfa_serial asks for a code that nobody can type here"sv);
    }
    Role role;
    role.arn = profile.value("role_arn"sv);
    role.sessionName = profile.value("role_session_name"sv);
    role.externalId = profile.value("external_id"sv);
    const detail::Configuration configuration(profile.files, profile.name);
    Result<void> read =
        configuration.read(configuration.find({}, "duration_seconds"sv), role.durationSeconds);
    if (!read) return std::move(read).error();
    return role;
  }

  [[nodiscard]] Result<Base> namedSource(const ProfileView& profile, std::string_view name) const {
    const struct {
      std::string_view name;
      CredentialsProvider* source;
    } known[] = {{"Environment"sv, sources_.environment},
                 {"EcsContainer"sv, sources_.container},
                 {"Ec2InstanceMetadata"sv, sources_.instanceMetadata}};
    for (const auto& each : known) {
      if (!detail::equalsIgnoreCase(each.name, name)) continue;
      if (each.source != nullptr) return Base{profile, each.source};
      return unsupported(profile, detail::concat({"credential_source = "sv, each.name}));
    }
    return profile.refuse(
        detail::concat({"credential_source is "sv, detail::quoted(name),
                        ": expected Environment, EcsContainer or Ec2InstanceMetadata"sv}));
  }

  [[nodiscard]] Result<void> retrieveBase(const Base& base, const CredentialsQuery& query,
                                          Credentials& credentials) const {
    if (base.source != nullptr) return base.source->retrieve(query, credentials);
    const ProfileView& profile = base.profile;
    for (const auto& each :
         {Named{sources_.webIdentity, "web_identity_token_file"sv},
          Named{sources_.sso, detail::ssoProperty(profile)}, Named{nullptr, "login_session"sv}}) {
      if (isNamed(each, profile)) return ask(each, profile, query, credentials);
    }
    Result<bool> found =
        detail::readProfileKeys(profile, detail::SharedFile::Credentials, credentials);
    const Named process{sources_.process, "credential_process"sv};
    if (found && !*found && isNamed(process, profile)) {
      return ask(process, profile, query, credentials);
    }
    if (found && !*found) {
      found = detail::readProfileKeys(profile, detail::SharedFile::Config, credentials);
    }
    if (!found) return std::move(found).error();
    if (*found) return {};
    return detail::profileWithoutCredentials(profile, {});
  }

  ProfileSources sources_;
  GivenStsSettings given_;
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_PROFILE_CHAIN_HPP
