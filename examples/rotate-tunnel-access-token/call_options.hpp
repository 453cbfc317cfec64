// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "options.hpp"

/// The options that any program with this call has, as they stand on its command line.
struct GivenCall {
  std::string tunnelId, clientMode, destinationConfig;
  std::string region, profile, endpointUrl, caBundle, readTimeout, connectTimeout;
  bool noVerifySsl = false, noSignRequest = false, debug = false;
};

/// Defines the options that say what is rotated. `given` must outlive `app`.
void defineRequest(CLI::App& app, GivenCall& given);
/// Define those that say how the service is reached, and as whom: in three parts, for the AWS CLI,
/// whose order is kept, has others between them.
void defineEndpoint(CLI::App& app, GivenCall& given);
void defineProfile(CLI::App& app, GivenCall& given);
void defineTransport(CLI::App& app, GivenCall& given);

/// Take over what was given of those, once `app` has read the command line.
void takeRequest(const CLI::App& app, GivenCall& given, Options& options);
secure_tunneling::Result<void> takeConnection(const CLI::App& app, GivenCall& given,
                                              Options& options);
