// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

#include "options.hpp"
#include "secure_tunneling/secure_tunneling.hpp"

/// Settings from the environment and the shared files, and from options, which count more.
secure_tunneling::Result<secure_tunneling::SharedSettings> readSettings(const Options& options);

secure_tunneling::CurlTransportOptions transportOptions(const Options& options,
                                                        const std::string& caBundle);

/// What to tell the user of who else can get at the shared files: a line each.
std::vector<std::string> permissionsReport(const secure_tunneling::SharedSettings& shared);

/// Credentials from a profile that is named on the command line; else from the environment, where
/// it has a key; else from the usual profile.
class ChosenCredentials final : public secure_tunneling::CredentialsProvider {
 public:
  explicit ChosenCredentials(const std::string& profile);

  /// Where they come from, in a word.
  [[nodiscard]] const char* source() const { return useEnvironment_ ? "environment" : "profile"; }

  secure_tunneling::Result<void> retrieve(const secure_tunneling::CredentialsQuery& query,
                                          secure_tunneling::Credentials& credentials) override;

 private:
  bool useEnvironment_;
  secure_tunneling::EnvironmentCredentials environment_;
  secure_tunneling::ProfileCredentials profile_;
};
