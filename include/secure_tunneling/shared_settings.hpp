// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/detail/environment.hpp"
#include "secure_tunneling/detail/shared_files.hpp"
#include "secure_tunneling/rotate_call.hpp"

namespace secure_tunneling {
inline namespace v1 {
namespace detail {

/// Reads a variable that is true or false; `value` stays as it is where it is not set.
inline Result<void> readBoolean(const char* name, bool& value) {
  const std::string_view text = environmentVariable(name);
  if (text.empty()) return {};
  const bool isTrue = equalsIgnoreCase(text, "true"sv);
  if (!isTrue && !equalsIgnoreCase(text, "false"sv)) {
    return makeError(ErrorKind::Configuration, std::string(name)
                                                   .append(" is "sv)
                                                   .append(quoted(text))
                                                   .append(": expected true or false"sv));
  }
  value = isTrue;
  return {};
}

}  // namespace detail

/// Settings from the environment and the shared config file, as the AWS tools read them:
/// - region: AWS_REGION, AWS_DEFAULT_REGION, the profile's `region`;
/// - endpointUrl: AWS_ENDPOINT_URL_IOTSECURETUNNELING, AWS_ENDPOINT_URL;
/// - useFipsEndpoint, useDualStackEndpoint: AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT.
///
/// `profile` is chosen as for `ProfileCredentials`. Reads the files at each call. Returns
/// `ErrorKind::Configuration` for a malformed value or file, and for a profile that was asked for
/// by name and does not exist; a region that is found nowhere stays empty.
inline Result<Settings> loadSettings(std::string_view profile = {}) {
  Settings settings;
  const detail::ChosenProfile chosen = detail::chosenProfile(profile);
  Result<detail::SharedFiles> files = detail::SharedFiles::load();
  if (!files) return std::move(files).error();
  if (chosen.isNamed && !files->has(detail::profileSection, chosen.name)) {
    return detail::errorOf(ErrorKind::Configuration,
                           {"The config profile ("sv, chosen.name, ") could not be found"sv});
  }

  for (const char* const variable : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (settings.region.empty()) settings.region = detail::environmentVariable(variable);
  }
  if (settings.region.empty()) {
    settings.region = files->value(detail::profileSection, chosen.name, "region"sv);
  }
  for (const char* const variable : {"AWS_ENDPOINT_URL_IOTSECURETUNNELING", "AWS_ENDPOINT_URL"}) {
    if (settings.endpointUrl.empty()) settings.endpointUrl = detail::environmentVariable(variable);
  }
  Result<void> read = detail::readBoolean("AWS_USE_FIPS_ENDPOINT", settings.useFipsEndpoint);
  if (read) read = detail::readBoolean("AWS_USE_DUALSTACK_ENDPOINT", settings.useDualStackEndpoint);
  if (!read) return std::move(read).error();
  return settings;
}

}  // namespace v1
}  // namespace secure_tunneling
