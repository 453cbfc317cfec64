// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <utility>

#include "secure_tunneling/credentials.hpp"
#include "secure_tunneling/credentials/environment.hpp"
#include "secure_tunneling/credentials/profile.hpp"

namespace secure_tunneling {
inline namespace v1 {

/// The environment, then the profile, as the AWS tools do. When neither has credentials the error
/// says what each looked for.
class DefaultCredentialsChain final : public CredentialsProvider {
 public:
  /// As for `ProfileCredentials`.
  explicit DefaultCredentialsChain(std::string profile = {}) : profile_(std::move(profile)) {}

  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    Result<void> fromEnvironment = environment_.retrieve(query, credentials);
    if (fromEnvironment) return {};
    Result<void> fromProfile = profile_.retrieve(query, credentials);
    if (fromProfile) return {};
    Error error = std::move(fromProfile).error();
    if (error.kind == ErrorKind::Credentials) {
      error.message = detail::concat(
          {"no credentials found; "sv, fromEnvironment.error().message, "; "sv, error.message});
    }
    return error;
  }

 private:
  EnvironmentCredentials environment_;
  ProfileCredentials profile_;
};

}  // namespace v1
}  // namespace secure_tunneling
