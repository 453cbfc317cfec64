// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/credentials.hpp"
#include "secure_tunneling/detail/shared_config.hpp"

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
    const std::string profile(detail::chosenProfile(profile_));
    // Each file has its own: a key pair is never put together from both.
    Credentials fromConfig;
    Credentials fromCredentials;
    std::string otherSource;
    Result<bool> found = detail::visitProfile(
        profile, [&](detail::SharedFile file, std::string_view key, std::string_view value) {
          Credentials& read =
              file == detail::SharedFile::Credentials ? fromCredentials : fromConfig;
          if (detail::equalsIgnoreCase(key, "aws_access_key_id"sv)) {
            read.accessKeyId = value;
          } else if (detail::equalsIgnoreCase(key, "aws_secret_access_key"sv)) {
            read.secretAccessKey.assign(value);
          } else if (detail::equalsIgnoreCase(key, "aws_session_token"sv)) {
            read.sessionToken.assign(value);
          } else if (isOtherSource(key)) {
            otherSource = key;
          }
        });
    if (!found) return std::move(found).error();
    Credentials& read = fromCredentials.accessKeyId.empty() ? fromConfig : fromCredentials;
    if (read.accessKeyId.empty() || read.secretAccessKey.empty()) {
      return refuse(profile, *found, otherSource, read);
    }
    credentials = std::move(read);
    return {};
  }

 private:
  static bool isOtherSource(std::string_view key) noexcept {
    for (const std::string_view name :
         {"role_arn"sv, "source_profile"sv, "credential_source"sv, "credential_process"sv,
          "web_identity_token_file"sv, "sso_session"sv, "sso_start_url"sv, "login_session"sv}) {
      if (detail::equalsIgnoreCase(key, name)) return true;
    }
    return false;
  }

  static Error refuse(const std::string& profile, bool found, const std::string& otherSource,
                      const Credentials& read) {
    ErrorKind kind = ErrorKind::Credentials;
    std::string problem;
    if (!found) {
      problem =
          detail::concat({"found neither in "sv, detail::sharedFilePath(detail::SharedFile::Config),
                          " nor in "sv, detail::sharedFilePath(detail::SharedFile::Credentials)});
    } else if (!otherSource.empty()) {
      kind = ErrorKind::Configuration;
      problem = detail::concat({"credentials by way of "sv, otherSource, " are not supported"sv});
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
