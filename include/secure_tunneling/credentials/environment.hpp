// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_ENVIRONMENT_HPP
#define SECURE_TUNNELING_CREDENTIALS_ENVIRONMENT_HPP

/// @file
/// Credentials from variables of the environment.

#include <string>

#include "secure_tunneling/configuration/detail/environment.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// Credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, read at each
/// call. AWS_SECURITY_TOKEN, the older name of the last, goes before it, as in the AWS CLI. A
/// variable that is set to nothing, or to blanks, counts as not set.
///
/// An access key id without a secret is a mistake and no reason to act as somebody else: as in the
/// AWS CLI it is an error that ends a chain. A secret alone is passed over, as there.
class EnvironmentCredentials final : public CredentialsProvider {
 public:
  Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
    const std::string_view accessKeyId = valueOf("AWS_ACCESS_KEY_ID");
    const std::string_view secretAccessKey = valueOf("AWS_SECRET_ACCESS_KEY");
    if (accessKeyId.empty()) {
      return detail::failure(ErrorKind::NoCredentials, "environment: AWS_ACCESS_KEY_ID is not set");
    }
    if (secretAccessKey.empty()) {
      return detail::failure(
          ErrorKind::Configuration,
          "environment: Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY");
    }
    const char* const tokenName =
        valueOf("AWS_SECURITY_TOKEN").empty() ? "AWS_SESSION_TOKEN" : "AWS_SECURITY_TOKEN";
    for (const char* const name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", tokenName}) {
      if (detail::isVisibleAscii(valueOf(name))) continue;
      return detail::failure(ErrorKind::Configuration, "environment: ", name, detail::unsendable);
    }
    credentials.accessKeyId = accessKeyId;
    credentials.secretAccessKey.assign(secretAccessKey);
    credentials.sessionToken.assign(valueOf(tokenName));
    credentials.expiresAtMs.reset();
    return {};
  }

 private:
  static std::string_view valueOf(const char* name) noexcept {
    const std::string_view value = detail::environmentVariable(name);
    return detail::trimBlanks(value).empty() ? std::string_view{} : value;
  }
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_ENVIRONMENT_HPP
