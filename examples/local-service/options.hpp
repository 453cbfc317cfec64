// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "faults.hpp"

constexpr const char* serviceName = "local-service";
constexpr const char* serviceDescription = "The fake Secure Tunneling service on a loopback port.";

struct Options {
  int port = 0;
  std::string region = "us-east-1";
  std::vector<std::string> tunnelIds = {"example-tunnel"};
  std::int64_t lifetimeSeconds = std::int64_t{12} * 60 * 60;
  std::string accessKeyId = "AKIDEXAMPLE";
  std::string secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  std::string sessionToken;
  std::optional<std::int64_t> credentialsLifetimeSeconds;
  bool allowUnsigned = false;
  std::vector<RequestedFault> faults;
  std::string tlsCertificate;
  std::string tlsKey;
};

/// Defines the options. `options` must outlive `app`.
void declare(CLI::App& app, Options& options);
