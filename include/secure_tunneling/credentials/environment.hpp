// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

#include "secure_tunneling/credentials.hpp"
#include "secure_tunneling/detail/environment.hpp"

namespace secure_tunneling {
inline namespace v1 {

/// Credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, read at each
/// call. A variable that is set to nothing counts as not set.
class EnvironmentCredentials final : public CredentialsProvider {
 public:
  Result<void> retrieve(const CredentialsQuery&, Credentials& credentials) override {
    const auto accessKeyId = detail::environmentVariable("AWS_ACCESS_KEY_ID");
    const auto secretAccessKey = detail::environmentVariable("AWS_SECRET_ACCESS_KEY");
    if (accessKeyId.empty() || secretAccessKey.empty()) {
      return makeError(
          ErrorKind::Credentials,
          std::string("environment: "sv)
              .append(accessKeyId.empty() ? "AWS_ACCESS_KEY_ID"sv : "AWS_SECRET_ACCESS_KEY"sv)
              .append(" is not set"sv));
    }
    credentials.accessKeyId = accessKeyId;
    credentials.secretAccessKey.assign(secretAccessKey);
    credentials.sessionToken.assign(detail::environmentVariable("AWS_SESSION_TOKEN"));
    credentials.expiresAtMs.reset();
    return {};
  }
};

}  // namespace v1
}  // namespace secure_tunneling
