// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_INSTANCE_REGION_HPP
#define SECURE_TUNNELING_CREDENTIALS_INSTANCE_REGION_HPP

/// @file
/// The region that an EC2 instance is in.

#include <string>
#include <utility>

#include "secure_tunneling/configuration/shared_settings.hpp"
#include "secure_tunneling/credentials/instance_metadata.hpp"
#include "secure_tunneling/seams/call_limits.hpp"
#include "secure_tunneling/seams/clock.hpp"
#include "secure_tunneling/seams/http_transport.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// Sets a region that is configured nowhere to that of the EC2 instance, as the AWS tools do.
///
/// Nobody is asked where there is a region, nor where none is needed: with an endpoint URL and
/// without a signature. `local` is as for `InstanceMetadata`. Where the metadata service is
/// switched off (AWS_EC2_METADATA_DISABLED), does not answer or knows no region, the region stays
/// empty and that is no error. Returns `ErrorKind::Configuration` where a setting of the service is
/// malformed, and the errors of `limits`.
inline Result<void> addInstanceRegion(SharedSettings& shared, HttpTransport& local, Clock& clock,
                                      const CallLimits& limits = {}) {
  Settings& settings = shared.settings;
  const bool isNeeded = settings.endpointUrl.empty() || settings.signRequests;
  if (!settings.region.empty() || !isNeeded) return {};
  InstanceMetadataOptions options;
  options.profile = shared.profile;
  InstanceMetadata metadata(local, clock, options);
  Result<std::string> region = metadata.region(limits);
  if (region) {
    settings.region = *std::move(region);
  } else if (region.error().kind == ErrorKind::Configuration ||
             detail::isOfLimits(region.error().kind)) {
    return std::move(region).error();
  }
  return {};
}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_INSTANCE_REGION_HPP
