// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CONFIGURATION_STS_SETTINGS_HPP
#define SECURE_TUNNELING_CONFIGURATION_STS_SETTINGS_HPP

#include <string>
#include <string_view>

#include "secure_tunneling/configuration/detail/configured.hpp"
#include "secure_tunneling/endpoint/sts_endpoint.hpp"
#include "secure_tunneling/result.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

/// What the program says of STS itself; the rest is configured.
struct GivenStsSettings {
  /// The profile of the shared files; empty for AWS_PROFILE, else AWS_DEFAULT_PROFILE, else
  /// "default".
  std::string profile;
  /// Empty for the configured one.
  std::string region;
  /// As `StsSettings::allowHttp`; nothing outside the program can allow it.
  bool allowHttp = false;
};

namespace detail {

/// How STS is reached, by the environment and a profile of the shared files: region, endpoint URL
/// (AWS_ENDPOINT_URL_STS, `sts` in `services`), FIPS, dual-stack, attempts as for every service,
/// and AWS_STS_REGIONAL_ENDPOINTS or `sts_regional_endpoints`. FIPS and dual-stack mean nothing
/// where an endpoint URL is set.
inline Result<StsSettings> loadStsSettings(const SharedFiles& files, std::string_view profile,
                                           const GivenStsSettings& given) {
  const Configuration configuration(files, profile);
  StsSettings sts;
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
  Result<void> read = configuration.readEndpointUrl("AWS_ENDPOINT_URL_STS", "sts"sv, sts.allowHttp,
                                                    sts.endpointUrl);
  if (read) {
    read = configuration.read(configuration.find({"AWS_USE_FIPS_ENDPOINT"}, "use_fips_endpoint"sv),
                              sts.useFipsEndpoint);
  }
  if (read) {
    read = configuration.read(
        configuration.find({"AWS_USE_DUALSTACK_ENDPOINT"}, "use_dualstack_endpoint"sv),
        sts.useDualStackEndpoint);
  }
  if (read) read = configuration.readMaxAttempts(sts.maxAttempts);
  if (!read) return std::move(read).error();
  if (takeFips(sts.region)) sts.useFipsEndpoint = true;
  // The flags are for the service's own endpoints, and one URL may be set for all services.
  if (!sts.endpointUrl.empty()) sts.useFipsEndpoint = sts.useDualStackEndpoint = false;
  return sts;
}

}  // namespace detail
}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CONFIGURATION_STS_SETTINGS_HPP
