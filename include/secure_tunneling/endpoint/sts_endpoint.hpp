// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ENDPOINT_STS_ENDPOINT_HPP
#define SECURE_TUNNELING_ENDPOINT_STS_ENDPOINT_HPP

/// @file
/// Where STS is.

#include <string>
#include <string_view>

#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/endpoint/endpoint.hpp"
#include "secure_tunneling/result.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// How STS is reached. Plain values; nothing is read from the environment or a file.
struct StsSettings {
  /// Names the endpoint and the signing scope.
  std::string region;
  /// An explicit endpoint, `http[s]://host[:port][/path]`; empty to go by the region.
  std::string endpointUrl = {};
  /// Asks for the endpoint with cryptography validated by FIPS 140; not with `endpointUrl`.
  bool useFipsEndpoint = false;
  /// Asks for the endpoint with IPv6 and IPv4; not with `endpointUrl`.
  bool useDualStackEndpoint = false;
  /// Asks the global endpoint for the regions that are older than regional ones, as AWS tools do
  /// with AWS_STS_REGIONAL_ENDPOINTS=legacy.
  bool useGlobalEndpoint = false;
  /// Lets `endpointUrl` be http for hosts other than loopback. Credentials then travel in the
  /// clear.
  bool allowHttp = false;
  /// Attempts in all, the first included.
  int maxAttempts = 3;
  /// Waits less before another, by the SDKs' revision of 2026 (`Settings::newRetries2026`).
  bool newRetries2026 = false;
};

namespace detail {

/// `resolveStsEndpoint` into an endpoint of the caller's.
inline Result<void> resolveSts(Endpoint& endpoint, const StsSettings& settings) {
  constexpr std::string_view globalRegions =
      "ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 aws-global ca-central-1 "
      "eu-central-1 "
      "eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2"sv;
  // An explicit endpoint and the checks are those of every service.
  Result<void> resolved =
      resolveAny(endpoint, {settings.region, settings.endpointUrl, settings.useFipsEndpoint,
                            settings.useDualStackEndpoint, settings.allowHttp});
  if (!resolved || !settings.endpointUrl.empty()) return resolved;
  const bool isPlain = !settings.useFipsEndpoint && !settings.useDualStackEndpoint;
  const bool isGlobal =
      isPlain &&
      isListed(settings.region, settings.useGlobalEndpoint ? globalRegions : "aws-global"sv);
  if (isGlobal) {
    assignForm(endpoint.url, "https://sts{}/", {partitionOf(settings.region).dnsSuffix});
    finishRegional(endpoint, "us-east-1"sv);
  } else {
    setRegionalIdentity(endpoint, "https://sts"sv, settings.region, settings.useFipsEndpoint,
                        settings.useDualStackEndpoint);
  }
  return resolved;
}

}  // namespace detail

/// Resolves the endpoint of STS by its published rule set. Errors are as of `resolveEndpoint`.
inline Result<Endpoint> resolveStsEndpoint(const StsSettings& settings) {
  Endpoint endpoint;
  Result<void> resolved = detail::resolveSts(endpoint, settings);
  if (!resolved) return std::move(resolved).error();
  return endpoint;
}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ENDPOINT_STS_ENDPOINT_HPP
