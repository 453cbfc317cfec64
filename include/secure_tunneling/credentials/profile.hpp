// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_PROFILE_HPP
#define SECURE_TUNNELING_CREDENTIALS_PROFILE_HPP

/// @file
/// Keys in a profile of the shared files.

#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/credentials/profile_source.hpp"
#include "secure_tunneling/detail/compiler.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// The error of a profile that lacks something, with what was passed over in it.
SECURE_TUNNELING_NOINLINE inline Failure errorAboutMissing(const ProfileView& profile,
                                                           std::string_view problem,
                                                           ErrorKind kind) {
  return profile.errorAbout(concat({problem, profile.files.passedOverNote(profile.name)}), kind);
}

/// Reads a key pair of one file: a pair is never put together from both. False when there is none;
/// an access key id without a secret is an error, and so is what cannot be sent.
inline Result<bool> readProfileKeys(const ProfileView& profile, SharedFile file,
                                    Credentials& credentials) {
  const auto find = [&](std::string_view name) {
    return profile.files.findIn(file, profileSection, profile.name, name);
  };
  const auto value = [&](std::string_view name) {
    const SharedProperty* const found = find(name);
    return found == nullptr ? std::string_view{} : found->value;
  };
  const std::string_view accessKeyId = value("aws_access_key_id"sv);
  const std::string_view secretAccessKey = value("aws_secret_access_key"sv);
  if (accessKeyId.empty()) return false;
  if (secretAccessKey.empty()) {
    return errorAboutMissing(
        profile,
        file == SharedFile::Credentials
            ? "Partial credentials found in shared-credentials-file, missing: aws_secret_access_key"sv
            : "Partial credentials found in config-file, missing: aws_secret_access_key"sv,
        ErrorKind::Configuration);
  }
  credentials.accessKeyId = accessKeyId;
  credentials.secretAccessKey.assign(secretAccessKey);
  // The older name goes first, even with nothing behind it, as in the AWS CLI.
  const bool isOlder = find("aws_security_token"sv) != nullptr;
  credentials.sessionToken.assign(value(isOlder ? "aws_security_token"sv : "aws_session_token"sv));
  credentials.expiresAtMs.reset();
  const Result<void> checked = checkCredentials(credentials);
  if (checked) return true;
  return profile.errorAbout("{}: {}", {profile.files.path(file), checked.error().message});
}

/// Why the profile that was asked for is of no use. One that somebody named has to exist.
inline Result<void> profileWithoutCredentials(const ProfileView& profile,
                                              const ChosenProfile& chosen) {
  if (profile.files.has(profileSection, profile.name)) {
    return errorAboutMissing(profile, "it names no credentials"sv, ErrorKind::NoCredentials);
  }
  return errorAboutMissing(profile, filled("found neither in {}", {profile.files.paths()}),
                           chosen.isNamed ? ErrorKind::Configuration : ErrorKind::NoCredentials);
}

}  // namespace detail

/// Credentials from a profile of the shared credentials and config files (`~/.aws/credentials`,
/// `~/.aws/config`, or where AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE say), read at each
/// call: aws_access_key_id, aws_secret_access_key, and aws_security_token or aws_session_token. The
/// credentials file goes first. A profile that gets its credentials in another way is refused by
/// name: that is for `ProfileChainCredentials`.
class ProfileCredentials final : public CredentialsProvider {
 public:
  /// An empty `profile` means AWS_PROFILE, else AWS_DEFAULT_PROFILE, else "default".
  explicit ProfileCredentials(std::string profile = {}) : profile_(std::move(profile)) {}

  Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
    const detail::ChosenProfile chosen = detail::chosenProfile(profile_);
    Result<detail::SharedFiles> files = detail::SharedFiles::load();
    if (!files) return std::move(files).error();
    const ProfileView profile{*files, chosen.name, chosen.name};
    const std::string_view others[] = {
        "role_arn",           "source_profile",          "credential_source",
        "credential_process", "web_identity_token_file", detail::ssoProperty(profile),
        "login_session"};
    for (const std::string_view other : others) {
      if (!other.empty() && !profile.value(other).empty()) {
        return profile.errorAbout("credentials by way of {} are not supported", {other});
      }
    }
    for (const detail::SharedFile file :
         {detail::SharedFile::Credentials, detail::SharedFile::Config}) {
      Result<bool> found = detail::readProfileKeys(profile, file, credentials);
      if (!found) return std::move(found).error();
      if (*found) return {};
    }
    return detail::profileWithoutCredentials(profile, chosen);
  }

 private:
  std::string profile_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_PROFILE_HPP
