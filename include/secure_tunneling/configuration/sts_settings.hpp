// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CONFIGURATION_STS_SETTINGS_HPP
#define SECURE_TUNNELING_CONFIGURATION_STS_SETTINGS_HPP

/// @file
/// How STS is reached, by the environment and the shared files.

#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/configuration/detail/configured.hpp"
#include "secure_tunneling/endpoint/sts_endpoint.hpp"
#include "secure_tunneling/result.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// What the program says of STS itself; the rest is configured.
struct GivenStsSettings {
  /// The profile of the shared files; empty for AWS_PROFILE, else AWS_DEFAULT_PROFILE, else
  /// "default".
  std::string profile = {};
  /// Empty for the configured one.
  std::string region = {};
  /// As `StsSettings::allowHttp`; nothing outside the program can allow it.
  bool allowHttp = false;
};

namespace detail {

/// Sets `sts` to how STS is reached, by the environment and a profile: region, endpoint URL
/// (AWS_ENDPOINT_URL_STS, `sts` in `services`), FIPS, dual-stack, attempts as for every service,
/// and AWS_STS_REGIONAL_ENDPOINTS or `sts_regional_endpoints`. FIPS and dual-stack mean nothing
/// where an endpoint URL is set.
inline Result<void> loadStsSettings(const SharedFiles& files, std::string_view profile,
                                    const GivenStsSettings& given, StsSettings& sts) {
  const Configuration configuration(files, profile);
  sts = {};
  sts.allowHttp = given.allowHttp;
  sts.region = given.region;
  if (sts.region.empty()) {
    sts.region = configuration.find({"AWS_REGION", "AWS_DEFAULT_REGION"}, "region"sv).value;
  }
  const Configured mode =
      configuration.find({"AWS_STS_REGIONAL_ENDPOINTS"}, "sts_regional_endpoints"sv);
  sts.useGlobalEndpoint = mode.value == "legacy"sv;
  if (!sts.useGlobalEndpoint && !mode.value.empty() && mode.value != "regional"sv) {
    return configuration.errorAbout(mode, "regional or legacy"sv);
  }
  Result<void> read = configuration.readReach(
      "AWS_ENDPOINT_URL_STS", "sts"sv, sts.allowHttp,
      {sts.region, sts.endpointUrl, sts.useFipsEndpoint, sts.useDualStackEndpoint});
  Configuration::Retries retries{{}, sts.maxAttempts, sts.newRetries2026};
  if (read) read = configuration.read(retries);
  return read;
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CONFIGURATION_STS_SETTINGS_HPP
