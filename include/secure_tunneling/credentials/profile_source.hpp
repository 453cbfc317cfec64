// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_PROFILE_SOURCE_HPP
#define SECURE_TUNNELING_CREDENTIALS_PROFILE_SOURCE_HPP

/// @file
/// What a source of credentials that a profile names is made from.

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/configuration/detail/shared_files.hpp"
#include "secure_tunneling/credentials/detail/source_of.hpp"
#include "secure_tunneling/credentials/serial_source.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// A profile of the shared files, for a source that is set up there. Lives for one call.
struct ProfileView {
  /// The files as they were read for this call.
  const detail::SharedFiles& files;
  /// The profile that is looked at.
  std::string_view name;
  /// The profile that was asked for, from which a chain may have led to `name`. Region and
  /// endpoints come from this one.
  std::string_view selected;

  /// The value of a property (its name in lower case); empty where it is not set.
  [[nodiscard]] std::string_view value(std::string_view property) const noexcept {
    return files.value(detail::profileSection, name, property);
  }
  /// An error about this profile: of kind `Configuration` for what nobody can work with.
  [[nodiscard]] Failure errorAbout(std::string_view problem,
                                   ErrorKind kind = ErrorKind::Configuration) const {
    return detail::filledFailure(kind, "profile {}: {}", {detail::quoted(name), problem});
  }
  /// One of kind `Configuration`, whose text has `values` in it for each `{}`.
  [[nodiscard]] Failure errorAbout(const char* problem,
                                   std::initializer_list<std::string_view> values) const {
    return errorAbout(detail::filled(problem, values));
  }
};

namespace detail {

/// The property by which a profile asks for credentials of IAM Identity Center; empty where none
/// does. A profile with no more than `sso_session` is for bearer tokens.
inline std::string_view ssoProperty(const ProfileView& profile) noexcept {
  for (const std::string_view name : {"sso_account_id"sv, "sso_role_name"sv, "sso_start_url"sv}) {
    const bool isOfSession = name == "sso_start_url"sv && !profile.value("sso_session"sv).empty();
    if (!isOfSession && !profile.value(name).empty()) return name;
  }
  return {};
}

}  // namespace detail

/// A way to credentials that a profile can name; and a source of its own, where something else than
/// a profile says how.
class ProfileSource : public SerialSource {
 public:
  /// Whether a property of the profile asks for this source.
  [[nodiscard]] virtual bool isNamedBy(const ProfileView& profile) const = 0;
  /// As `next`, for a profile that asks for this source; the first step of a search looks at it.
  Step nextFor(const ProfileView& profile, CredentialsFetch& fetch, const Moment& now) {
    return step(fetch, now, [&] { return beginFor(profile, fetch, now); });
  }
  /// Searches to the end, and blocks meanwhile.
  inline Result<void> retrieveFor(const ProfileView& profile, const CredentialsQuery& query,
                                  Credentials& credentials);

 protected:
  ProfileSource() = default;

  /// As `begin`. The profile lives as long as this call.
  virtual Step beginFor(const ProfileView& profile, CredentialsFetch& fetch, const Moment& now) = 0;
  /// A `begin` for the profile `given`, or where that is empty the one that is chosen elsewhere.
  /// `problem` is the error, of kind `NoCredentials`, of one that does not ask for this source.
  Step beginForChosen(std::string_view given, std::string_view problem, CredentialsFetch& fetch,
                      const Moment& now) {
    Result<detail::SharedFiles> files = detail::SharedFiles::load();
    if (!files) return fetch.done(std::move(files).error());
    const detail::ChosenProfile chosen = detail::chosenProfile(given);
    const ProfileView profile{*files, chosen.name, chosen.name};
    if (isNamedBy(profile)) return beginFor(profile, fetch, now);
    return fetch.done(profile.errorAbout(problem, ErrorKind::NoCredentials));
  }
};

namespace detail {

/// The way to credentials that one profile names.
using NamedSource = SourceOf<ProfileSource, ProfileView, &ProfileSource::nextFor>;

}  // namespace detail

inline Result<void> ProfileSource::retrieveFor(const ProfileView& profile,
                                               const CredentialsQuery& query,
                                               Credentials& credentials) {
  return detail::NamedSource(*this, profile).retrieve(query, credentials);
}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_PROFILE_SOURCE_HPP
