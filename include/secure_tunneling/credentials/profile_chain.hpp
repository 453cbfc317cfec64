// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_PROFILE_CHAIN_HPP
#define SECURE_TUNNELING_CREDENTIALS_PROFILE_CHAIN_HPP

/// @file
/// A profile of the shared files, in every way that it can name credentials.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/configuration/sts_settings.hpp"
#include "secure_tunneling/credentials/assume_role.hpp"
#include "secure_tunneling/credentials/profile.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// The ways to credentials that a profile may name. One that is null is refused by name, and costs
/// nothing.
struct ProfileSources {
  /// For `role_arn`.
  RoleAssumer* roles = nullptr;
  /// For `web_identity_token_file`.
  ProfileSource* webIdentity = nullptr;
  /// For the settings of IAM Identity Center, `sso_session` or `sso_start_url`.
  ProfileSource* sso = nullptr;
  /// For `credential_process`.
  ProfileSource* process = nullptr;
  /// For `credential_source = Environment`.
  CredentialsSource* environment = nullptr;
  /// For `credential_source = EcsContainer`.
  CredentialsSource* container = nullptr;
  /// For `credential_source = Ec2InstanceMetadata`.
  CredentialsSource* instanceMetadata = nullptr;
  /// The session of `aws login`.
  ProfileSource* login = nullptr;
};

/// Credentials from a profile of the shared files, in every way that it can name. Keeps references;
/// one thread at a time; put a cache around it.
///
/// In a profile, the first of these counts, as in the AWS CLI: `role_arn` (with `source_profile` or
/// `credential_source`), `web_identity_token_file`, SSO (`sso_account_id`, `sso_role_name`), keys
/// in the credentials file, `login_session`, `credential_process`, keys in the config file. A
/// role's source profile is used by its keys where it has some, else in the same order; a chain of
/// roles may be of any length. `mfa_serial` is refused where `ProfileSources::roles` has no
/// `MfaPrompt`: nobody is there to type a code.
class ProfileChainCredentials final : public SerialSource {
 public:
  /// Refers to what `sources` names, and reads the files at each search. What is `given` goes
  /// before what they say.
  explicit ProfileChainCredentials(
      ProfileSources sources, const GivenStsSettings& given = {})  // NOLINT(*-by-value): for size
      : sources_(sources), given_(given) {}

  [[nodiscard]] Clock* clock() noexcept override {
    if (sources_.roles != nullptr && sources_.roles->clock() != nullptr) {
      return sources_.roles->clock();
    }
    for (CredentialsSource* const each :
         {static_cast<CredentialsSource*>(sources_.webIdentity),
          static_cast<CredentialsSource*>(sources_.sso),
          static_cast<CredentialsSource*>(sources_.login), sources_.environment, sources_.container,
          sources_.instanceMetadata}) {
      if (each != nullptr && each->clock() != nullptr) return each->clock();
    }
    return nullptr;
  }

 private:
  Step begin(CredentialsFetch& fetch, const Moment& now) override {
    Result<void> begun = beginSearch(fetch);
    if (search_) return proceed(fetch, now);
    return afterSearch(fetch, std::move(begun)) ? proceed(fetch, now) : Step::Done;
  }
  Step proceed(CredentialsFetch& fetch, const Moment& now) override {
    for (;;) {
      const Step step = search_->next(now);
      if (step != Step::Done) return fetch.forward(*search_, step);
      const bool hasBlocked = search_->hasBlocked();
      if (!afterSearch(fetch, search_->takeOutcome())) return Step::Done;
      if (hasBlocked) return fetch.wait(0);
    }
  }
  void end() noexcept override {
    search_.reset();
    named_.reset();
    role_.reset();
    as_ = {};
    roles_.clear();
    files_.reset();
  }

  /// Finds out who has the first credentials, and begins to ask them; with credentials from a file
  /// there is no search.
  Result<void> beginSearch(CredentialsFetch& fetch) {
    isBase_ = true;
    chosen_ = detail::chosenProfile(given_.profile);
    Result<detail::SharedFiles> files = detail::SharedFiles::load();
    if (!files) return std::move(files).error();
    files_.emplace(*std::move(files));
    const ProfileView profile = chosenView();
    if (!files_->has(detail::profileSection, chosen_.name)) {
      return detail::profileWithoutCredentials(profile, chosen_);
    }
    Base base{profile};
    Result<void> ready = followRoles(base);
    if (!ready) return ready;
    left_ = roles_.size();
    if (roles_.empty()) return askBase(base, fetch, fetch.credentials());
    if (sources_.roles == nullptr) return unsupported(profile, "role_arn");
    ready = detail::loadStsSettings(*files_, chosen_.name, given_, sts_);
    if (!ready) return ready;
    return askBase(base, fetch, as_);
  }

  /// Goes on with what was found. False at the end, which the fetch has been told.
  bool afterSearch(CredentialsFetch& fetch, Result<void> found) {
    search_.reset();
    const bool isBase = std::exchange(isBase_, false);
    if (!found && !roles_.empty()) {
      // Somebody wants a role, so that having nothing for it is a failure.
      const bool isNone = found.error().kind == ErrorKind::NoCredentials;
      if (!isBase || isNone) {
        found = chosenView().errorAbout(found.error().message,
                                        isNone ? ErrorKind::Credentials : found.error().kind);
      }
    }
    if (!found || left_ == 0) {
      fetch.done(std::move(found));
      return false;
    }
    if (!isBase) as_.assign(fetch.credentials());
    --left_;
    role_.emplace(*sources_.roles, RoleAssumption{sts_, roles_[left_].role, as_});
    search_.emplace(fetch, &*role_, fetch.credentials());
    return true;
  }

  [[nodiscard]] ProfileView chosenView() const noexcept {
    return {*files_, chosen_.name, chosen_.name};
  }

  /// The role of a profile, whose name is in `files_`.
  struct ProfileRole {
    std::string_view profile;
    Role role;
  };

  /// Where a chain of roles begins.
  struct Base {
    ProfileView profile;
    /// For `credential_source`; else null.
    CredentialsSource* source = nullptr;
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
  /// Has the search for the profile's own credentials, which go to `out`, ask a source.
  Result<void> ask(const Named& named, const ProfileView& profile, CredentialsFetch& fetch,
                   Credentials& out) {
    if (named.source == nullptr) return unsupported(profile, named.property);
    named_.emplace(*named.source, profile);
    search_.emplace(fetch, &*named_, out);
    return {};
  }

  static Failure unsupported(const ProfileView& profile, std::string_view property) {
    return profile.errorAbout("credentials by way of {} are not supported", {property});
  }

  /// Goes from the profile of `base` through those that it needs to be somebody, to where it
  /// begins. Adds the roles on the way to `roles_`, the last one to be taken on first.
  Result<void> followRoles(Base& base) {
    using detail::operator""sv;
    ProfileView& profile = base.profile;
    for (;;) {
      const bool isRole = !profile.value("role_arn"sv).empty() &&
                          profile.value("web_identity_token_file"sv).empty();
      if (!isRole || (!roles_.empty() && hasKeys(profile))) return {};
      roles_.push_back({profile.name, {}});
      Result<void> read = readRole(profile, roles_.back().role);
      if (!read) return read;
      const std::string_view next = profile.value("source_profile"sv);
      const std::string_view named = profile.value("credential_source"sv);
      if (next.empty() == named.empty()) {
        return profile.errorAbout(next.empty()
                                      ? "role_arn needs source_profile or credential_source"
                                      : "source_profile and credential_source cannot both be set");
      }
      if (!named.empty()) return findSource(named, base);
      // A role whose keys stand in the same profile.
      if (next == profile.name) return {};
      for (const ProfileRole& visited : roles_) {
        if (visited.profile != next) continue;
        return profile.errorAbout("source_profile {} leads back to where it came from",
                                  {detail::quoted(next)});
      }
      if (!profile.files.has(detail::profileSection, next)) {
        return profile.errorAbout(
            "source_profile {}: found neither in {}{}",
            {detail::quoted(next), profile.files.paths(), profile.files.passedOverNote(next)});
      }
      profile.name = next;
    }
  }

  static bool hasKeys(const ProfileView& profile) {
    return !profile.value("aws_access_key_id").empty();
  }

  Result<void> readRole(const ProfileView& profile, Role& role) const {
    using detail::operator""sv;
    role.mfaSerial = profile.value("mfa_serial"sv);
    if (!role.mfaSerial.empty() && (sources_.roles == nullptr || !sources_.roles->hasMfaPrompt())) {
      return profile.errorAbout("mfa_serial asks for a code that nobody can type here");
    }
    role.arn = profile.value("role_arn"sv);
    role.sessionName = profile.value("role_session_name"sv);
    role.externalId = profile.value("external_id"sv);
    const detail::Configuration configuration(profile.files, profile.name);
    return configuration.read(configuration.find({}, "duration_seconds"sv), role.durationSeconds);
  }

  /// Finds the source that the `credential_source` of the profile names.
  Result<void> findSource(std::string_view name, Base& base) const {
    const struct {
      std::string_view name;
      CredentialsSource* source;
    } known[] = {{"Environment", sources_.environment},
                 {"EcsContainer", sources_.container},
                 {"Ec2InstanceMetadata", sources_.instanceMetadata}};
    for (const auto& each : known) {
      if (!detail::equalsIgnoreCase(each.name, name)) continue;
      base.source = each.source;
      if (base.source != nullptr) return {};
      return unsupported(base.profile, detail::filled("credential_source = {}", {each.name}));
    }
    return base.profile.errorAbout(
        "credential_source is {}: expected Environment, EcsContainer or Ec2InstanceMetadata",
        {detail::quoted(name)});
  }

  /// Begins to ask for the credentials of a profile, or reads them.
  Result<void> askBase(const Base& base, CredentialsFetch& fetch, Credentials& out) {
    if (base.source != nullptr) {
      search_.emplace(fetch, base.source, out);
      return {};
    }
    const ProfileView& profile = base.profile;
    for (const auto& each : {Named{sources_.webIdentity, "web_identity_token_file"},
                             Named{sources_.sso, detail::ssoProperty(profile)}}) {
      if (isNamed(each, profile)) return ask(each, profile, fetch, out);
    }
    Result<bool> found = detail::readProfileKeys(profile, detail::SharedFile::Credentials, out);
    if (found && !*found) {
      for (const auto& each : {Named{sources_.login, "login_session"},
                               Named{sources_.process, "credential_process"}}) {
        if (isNamed(each, profile)) return ask(each, profile, fetch, out);
      }
      found = detail::readProfileKeys(profile, detail::SharedFile::Config, out);
    }
    if (!found) return std::move(found).error();
    if (*found) return {};
    return detail::profileWithoutCredentials(profile, {});
  }

  ProfileSources sources_;
  GivenStsSettings given_;
  // Of the search that is under way.
  detail::ChosenProfile chosen_;
  std::optional<detail::SharedFiles> files_;
  StsSettings sts_;
  std::vector<ProfileRole> roles_;
  /// Roles that are still to be taken on, the first ones of `roles_`.
  std::size_t left_ = 0;
  bool isBase_ = false;
  /// Who takes on the next role.
  Credentials as_;
  std::optional<detail::NamedSource> named_;
  std::optional<detail::RoleSource> role_;
  std::optional<CredentialsFetch> search_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_PROFILE_CHAIN_HPP
