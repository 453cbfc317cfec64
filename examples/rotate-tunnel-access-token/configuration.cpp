// SPDX-License-Identifier: BSL-1.0
#include "configuration.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

using secure_tunneling::CurlTransportOptions;
using secure_tunneling::expandPath;
using secure_tunneling::GivenSettings;
using secure_tunneling::GivenStsSettings;
using secure_tunneling::Result;
using secure_tunneling::Settings;
using secure_tunneling::SharedSettings;
using secure_tunneling::detail::Configuration;
using secure_tunneling::detail::Configured;
using secure_tunneling::detail::SharedFiles;

namespace {

bool isSet(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

CurlTransportOptions optionsFor(const Options& options, const SharedSettings& shared,
                                bool verifyTls) {
  CurlTransportOptions out;
  out.connectTimeoutMs = options.connectTimeoutMs;
  // The answer is a few hundred bytes: waiting for it is waiting for all of it.
  out.totalTimeoutMs = options.readTimeoutMs;
  out.lowSpeedSeconds = 0;
  out.maxResponseBytes = std::size_t{16} << 20U;
  out.verifyTls = verifyTls;
  // A proxy over https is checked even where the service is not; no bundle is needed then.
  if (verifyTls || access(shared.caBundle.c_str(), R_OK) == 0) {
    out.trust(shared.caBundle, shared.caBundleOrigin);
  }
  out.addApplication(shared.applicationId);
  return out;
}

/// Refuses a setting that is none of `known`. Where it is set nowhere, there is nothing to refuse.
Result<void> check(const Configuration& configuration, const Configured& setting,
                   const Names& known) {
  const bool isKnown = std::find(known.begin(), known.end(), setting.value) != known.end();
  if (isKnown || setting.value.empty()) return {};
  return configuration.errorAbout(setting, listOf(known) + suggestion(setting.value, known));
}

}  // namespace

Result<SharedSettings> readSettings(const Options& options) {
  GivenSettings given;
  given.profile = options.profile;
  given.region = options.region ? *options.region : std::string_view();
  given.endpointUrl = options.endpointUrl ? *options.endpointUrl : std::string_view();
  // As the AWS CLI has it: an endpoint URL is meant as it stands.
  given.allowHttp = true;
  Result<SharedSettings> shared = secure_tunneling::loadSharedSettings(given);
  if (!shared) return shared;
  Settings& settings = shared->settings;
  // Given as nothing it is not left to the environment either.
  if (options.region && options.region->empty()) settings.region.clear();
  if (!settings.endpointUrl.empty()) {
    settings.useFipsEndpoint = false;
    settings.useDualStackEndpoint = false;
  }
  settings.signRequests = options.signRequest;
  if (!options.caBundle.empty()) {
    shared->caBundle = expandPath(options.caBundle);
    shared->caBundleOrigin = "--ca-bundle";
  } else if (shared->caBundle.empty() && isSet("REQUESTS_CA_BUNDLE")) {
    shared->caBundle = expandPath(std::getenv("REQUESTS_CA_BUNDLE"));
    shared->caBundleOrigin = "REQUESTS_CA_BUNDLE";
  }
  if (!options.region) {
    Result<void> located =
        secure_tunneling::addInstanceRegion(*shared, credentialTransportOptions(options, *shared));
    if (!located) return std::move(located).error();
  }
  return shared;
}

Result<OutputFormat> readCliSettings(const Options& options, const std::string& profile) {
  Result<SharedFiles> files = SharedFiles::load();
  if (!files) return std::move(files).error();
  const Configuration configuration(*files, profile);
  const Configured timestamps = configuration.find({}, "cli_timestamp_format");
  Result<void> checked = check(configuration, timestamps, {"wire", "iso8601", "none"});
  if (checked && !options.hasErrorFormat) {
    checked = check(configuration, configuration.find({"AWS_CLI_ERROR_FORMAT"}, "cli_error_format"),
                    errorFormats());
  }
  if (!checked) return std::move(checked).error();
  if (options.output) return OutputFormat{*options.output};
  const Configured name = configuration.find({"AWS_DEFAULT_OUTPUT"}, "output");
  if (name.value.empty()) return OutputFormat::Json;
  checked = check(configuration, name, outputFormats());
  if (!checked) return std::move(checked).error();
  return OutputFormat{*outputFormat(name.value)};
}

Result<void> checkExpiration(const Options& options) {
  using secure_tunneling::ErrorKind;
  constexpr const char* variable = "AWS_CREDENTIAL_EXPIRATION";
  const bool isUsed = options.signRequest && options.profile.empty() && isSet("AWS_ACCESS_KEY_ID");
  const char* const value = std::getenv(variable);
  if (!isUsed || value == nullptr || *value == '\0') return {};
  const std::string text = value;
  const std::optional<std::int64_t> ends = secure_tunneling::detail::parseIsoDate(text);
  if (!ends) {
    return secure_tunneling::makeError(
        ErrorKind::Credentials,
        std::string(variable) + " is \"" + text + "\": expected a time as in 2026-01-15T12:30:00Z");
  }
  if (*ends > secure_tunneling::SystemClock().now().unixMs) return {};
  return secure_tunneling::makeError(
      ErrorKind::Credentials,
      std::string("the credentials of the environment ended at ") + text + " (" + variable + ")");
}

CurlTransportOptions transportOptions(const Options& options, const SharedSettings& shared) {
  return optionsFor(options, shared, options.verifySsl);
}

CurlTransportOptions credentialTransportOptions(const Options& options,
                                                const SharedSettings& shared) {
  return optionsFor(options, shared, true);
}

std::vector<std::string> permissionsReport(const SharedSettings& shared) {
  std::vector<std::string> report;
  for (const std::string& path : {shared.configFile, shared.credentialsFile}) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (status.st_uid != 0 && status.st_uid != geteuid()) {
      report.push_back(path + " belongs to another user");
    }
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
      report.push_back(path + " can be written by other users");
    }
    if (path == shared.credentialsFile && (status.st_mode & S_IROTH) != 0) {
      report.push_back(path + " may hold keys and can be read by every user");
    }
  }
  return report;
}

GivenStsSettings givenForCredentials(const Options& options, const std::string& region) {
  GivenStsSettings given;
  given.profile = options.profile;
  given.region = region;
  given.allowHttp = true;
  return given;
}
