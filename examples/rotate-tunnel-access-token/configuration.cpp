// SPDX-License-Identifier: BSL-1.0
#include "configuration.hpp"

#include <sys/stat.h>

#include <cstdlib>

using secure_tunneling::Credentials;
using secure_tunneling::CredentialsQuery;
using secure_tunneling::CurlTransportOptions;
using secure_tunneling::ErrorKind;
using secure_tunneling::Result;
using secure_tunneling::Settings;

namespace {

bool isSet(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool isDirectory(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

Result<Settings> readSettings(const Options& options) {
  Result<Settings> settings = secure_tunneling::loadSettings(options.profile);
  if (!settings) return settings;
  if (options.region) settings->region = *options.region;
  if (options.endpointUrl) settings->endpointUrl = *options.endpointUrl;
  if (!settings->endpointUrl.empty()) {
    // As the AWS CLI has it: such a URL is meant as it stands.
    settings->useFipsEndpoint = false;
    settings->useDualStackEndpoint = false;
    settings->allowHttp = true;
  }
  settings->signRequests = options.signRequest;
  return settings;
}

CurlTransportOptions transportOptions(const Options& options) {
  CurlTransportOptions out;
  out.connectTimeoutMs = options.connectTimeoutMs;
  // The answer is a few hundred bytes: waiting for it is waiting for all of it.
  out.totalTimeoutMs = options.readTimeoutMs;
  out.lowSpeedSeconds = 0;
  out.maxResponseBytes = std::size_t{16} << 20U;
  out.verifyTls = options.verifySsl;
  if (out.verifyTls) {
    (isDirectory(options.caBundle) ? out.caPath : out.caFile) = options.caBundle;
  }
  return out;
}

ChosenCredentials::ChosenCredentials(const std::string& profile)
    : useEnvironment_(profile.empty() && isSet("AWS_ACCESS_KEY_ID")), profile_(profile) {}

Result<void> ChosenCredentials::retrieve(const CredentialsQuery& query, Credentials& credentials) {
  if (!useEnvironment_) return profile_.retrieve(query, credentials);
  if (!isSet("AWS_SECRET_ACCESS_KEY")) {
    // Half a key pair is a mistake, and no reason to act as somebody else.
    return makeError(ErrorKind::Configuration,
                     "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY");
  }
  return environment_.retrieve(query, credentials);
}
