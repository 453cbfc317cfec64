// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

#include "options.hpp"
#include "secure_tunneling/secure_tunneling.hpp"

/// Settings from the environment and the shared files, and from options, which count more.
secure_tunneling::Result<secure_tunneling::SharedSettings> readSettings(const Options& options);

/// What is set beside that for the AWS CLI alone: the output format, by the option,
/// AWS_DEFAULT_OUTPUT or the profile's `output`; and `cli_timestamp_format` and the format of
/// errors, which change nothing here but have to be one that there is.
secure_tunneling::Result<OutputFormat> readCliSettings(const Options& options,
                                                       const std::string& profile);

/// Refuses keys of the environment that have ended by AWS_CREDENTIAL_EXPIRATION, as the AWS CLI
/// does.
secure_tunneling::Result<void> checkExpiration(const Options& options);

secure_tunneling::CurlTransportOptions transportOptions(
    const Options& options, const secure_tunneling::SharedSettings& shared);

/// For the services that give credentials: as in the AWS CLI, --no-verify-ssl is not about them.
secure_tunneling::CurlTransportOptions credentialTransportOptions(
    const Options& options, const secure_tunneling::SharedSettings& shared);

/// What to tell the user of who else can get at the shared files: a line each.
std::vector<std::string> permissionsReport(const secure_tunneling::SharedSettings& shared);

/// What the options say of where credentials come from; `region` is the one of the call.
secure_tunneling::GivenStsSettings givenForCredentials(const Options& options,
                                                       const std::string& region);
