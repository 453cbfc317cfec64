// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/credentials.hpp"
#include "secure_tunneling/detail/shared_files.hpp"

namespace secure_tunneling {
inline namespace v1 {

/// Credentials from a profile of the shared credentials and config files (`~/.aws/credentials`,
/// `~/.aws/config`, or where AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE say), read at each
/// call: aws_access_key_id, aws_secret_access_key, aws_session_token. The credentials file goes
/// first. A profile that gets its credentials in another way is refused by name.
class ProfileCredentials final : public CredentialsProvider {
 public:
  /// An empty `profile` means AWS_PROFILE, else AWS_DEFAULT_PROFILE, else "default".
  explicit ProfileCredentials(std::string profile = {}) : profile_(std::move(profile)) {}

  Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
    const detail::ChosenProfile profile = detail::chosenProfile(profile_);
    Result<detail::SharedFiles> files = detail::SharedFiles::load();
    if (!files) return std::move(files).error();
    // Each file has its own: a key pair is never put together from both.
    Credentials read = readFrom(*files, detail::SharedFile::Credentials, profile.name);
    if (read.accessKeyId.empty()) {
      read = readFrom(*files, detail::SharedFile::Config, profile.name);
    }
    if (read.accessKeyId.empty() || read.secretAccessKey.empty()) {
      return refuse(*files, profile.name, read);
    }
    credentials = std::move(read);
    return {};
  }

 private:
  static Credentials readFrom(const detail::SharedFiles& files, detail::SharedFile file,
                              std::string_view profile) {
    const auto value = [&](std::string_view property) {
      const detail::SharedProperty* const found =
          files.findIn(file, detail::profileSection, profile, property);
      return found == nullptr ? std::string_view{} : found->value;
    };
    Credentials read;
    read.accessKeyId = value("aws_access_key_id"sv);
    read.secretAccessKey.assign(value("aws_secret_access_key"sv));
    read.sessionToken.assign(value("aws_session_token"sv));
    return read;
  }

  /// The first property that says where else the credentials are; empty when none does.
  static std::string_view otherSource(const detail::SharedFiles& files, std::string_view profile) {
    for (const std::string_view property :
         {"role_arn"sv, "source_profile"sv, "credential_source"sv, "credential_process"sv,
          "web_identity_token_file"sv, "sso_session"sv, "sso_start_url"sv, "login_session"sv}) {
      if (files.find(detail::profileSection, profile, property) != nullptr) return property;
    }
    return {};
  }

  static Error refuse(const detail::SharedFiles& files, const std::string& profile,
                      const Credentials& read) {
    ErrorKind kind = ErrorKind::Credentials;
    std::string problem;
    const std::string_view other = otherSource(files, profile);
    if (!files.has(detail::profileSection, profile)) {
      problem = detail::concat({"found neither in "sv, files.paths()});
    } else if (!other.empty()) {
      kind = ErrorKind::Configuration;
      problem = detail::concat({"credentials by way of "sv, other, " are not supported"sv});
    } else {
      problem = detail::concat(
          {read.accessKeyId.empty() ? "aws_access_key_id"sv : "aws_secret_access_key"sv,
           " is not set"sv});
    }
    return detail::errorOf(kind, {"profile \""sv, profile, "\": "sv, problem});
  }

  std::string profile_;
};

}  // namespace v1
}  // namespace secure_tunneling
