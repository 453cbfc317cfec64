// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CONFIGURATION_SHARED_SETTINGS_HPP
#define SECURE_TUNNELING_CONFIGURATION_SHARED_SETTINGS_HPP

/// @file
/// Settings from the environment and the shared files of the AWS tools.

#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/configuration/detail/configured.hpp"
#include "secure_tunneling/configuration/detail/shared_files.hpp"
#include "secure_tunneling/retry/adaptive_rate_limiter.hpp"
#include "secure_tunneling/retry/retry_mode.hpp"
#include "secure_tunneling/settings.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// What the program says itself. It counts more than what is configured, which is then not even
/// checked.
struct GivenSettings {
  /// The profile of the shared files; empty for AWS_PROFILE, else AWS_DEFAULT_PROFILE, else
  /// "default".
  std::string_view profile = {};
  /// As `Settings::region`; empty to go by the configuration.
  std::string_view region = {};
  /// As `Settings::endpointUrl`; empty to go by the configuration.
  std::string_view endpointUrl = {};
  /// Goes by the region even where an endpoint URL is configured.
  bool ignoreConfiguredEndpointUrls = false;
  /// As `Settings::allowHttp`; nothing outside the program can allow it.
  bool allowHttp = false;
};

/// Settings of the environment and the shared files.
struct SharedSettings {
  /// What a client is made with.
  Settings settings;
  /// The CAs to trust, a PEM bundle or a hashed directory (`CurlTransportOptions::trust`); empty
  /// for the system's.
  std::string caBundle;
  /// Which variable, or which line of which file, named it: for messages.
  std::string caBundleOrigin;
  /// The application that calls, for the User-Agent (`CurlTransportOptions::addApplication`).
  std::string applicationId;
  /// The profile that was read.
  std::string profile;
  /// The path of the config file, whether it exists or not.
  std::string configFile;
  /// The path of the credentials file, whether it exists or not.
  std::string credentialsFile;
  /// For the end of a message about what is missing: which file could not be read, and where the
  /// files have headings and properties that may have been meant for the profile but are passed
  /// over because of their names, ` (passed over: FILE, line N; ...)`, or nothing.
  std::string passedOver;
};

namespace detail {

inline Failure profileNotFound(const SharedFiles& files, const ChosenProfile& chosen) {
  const std::string name = detail::quoted(chosen.name);
  const bool isFromVariable = chosen.variable != nullptr;
  return detail::filledFailure(
      ErrorKind::Configuration, "The config profile ({}) could not be found: {} neither in {}{}",
      {std::string_view(name).substr(1, name.size() - 2),
       isFromVariable ? filled("{} names it, but it is", {chosen.variable}) : "it is",
       files.paths(), files.passedOverNote(chosen.name)});
}

/// Reads one setting after the other, with its checks.
class SettingsReader {
 public:
  SettingsReader(const SharedFiles& files, std::string_view profile,
                 const GivenSettings& given) noexcept
      : given_(given), configuration_(files, profile) {}

  Result<void> read(SharedSettings& shared) const {
    Settings& settings = shared.settings;
    bool keepsClock = false;
    const struct {
      const char* variable;
      std::string_view property;
      bool& value;
    } flags[] = {
        {"AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"sv, settings.useFipsEndpoint},
        {"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"sv, settings.useDualStackEndpoint},
        {"AWS_DISABLE_CLOCK_SKEW_CORRECTION", "disable_clock_skew_correction"sv, keepsClock},
    };
    settings.allowHttp = given_.allowHttp;
    Result<void> result = readRegion(settings.region);
    if (result) result = readEndpointUrl(settings.endpointUrl);
    for (const auto& flag : flags) {
      if (!result) return result;
      result = configuration_.read(configuration_.find({flag.variable}, flag.property), flag.value);
    }
    settings.correctClockSkew = !keepsClock;
    shared.applicationId = configuration_.find({"AWS_SDK_UA_APP_ID"}, "sdk_ua_app_id"sv).value;
    const Configured caBundle = configuration_.find({"AWS_CA_BUNDLE"}, "ca_bundle"sv);
    shared.caBundle = expandPath(caBundle.value);
    if (!caBundle.value.empty()) shared.caBundleOrigin = configuration_.origin(caBundle);
    return result ? readRetries(settings) : std::move(result);
  }

 private:
  Result<void> readRegion(std::string& region) const {
    region = given_.region;
    if (!region.empty()) return {};
    const Configured found = configuration_.find({"AWS_REGION", "AWS_DEFAULT_REGION"}, "region"sv);
    region = found.value;
    takeFips(region);
    if (!found.value.empty() && !(isHostLabel(found.value) && isHostLabel(region))) {
      return configuration_.errorAbout(found, regionSyntax);
    }
    region = found.value;
    return {};
  }

  Result<void> readEndpointUrl(EndpointUrl& endpointUrl) const {
    if (!given_.endpointUrl.empty() || given_.ignoreConfiguredEndpointUrls) {
      endpointUrl = given_.endpointUrl;
      return {};
    }
    std::string url;
    Result<void> read = configuration_.readEndpointUrl(
        "AWS_ENDPOINT_URL_IOTSECURETUNNELING", "iotsecuretunneling"sv, given_.allowHttp, url);
    endpointUrl = std::move(url);
    return read;
  }

  Result<void> readRetries(Settings& settings) const {
    Configuration::Retries retries{{}, settings.maxAttempts, settings.newRetries2026};
    Result<void> read = configuration_.read(retries);
    if (retries.mode == "adaptive"sv) settings.retryMode = RetryMode::Adaptive;
    if (retries.mode == "legacy"sv) settings.retryMode = RetryMode::Legacy;
    return read;
  }

  const GivenSettings& given_;
  Configuration configuration_;
};

/// `loadSharedSettings` into new ones of the caller's.
inline Result<void> readSharedSettings(const GivenSettings& given, SharedSettings& shared) {
  ChosenProfile chosen = chosenProfile(given.profile);
  Result<SharedFiles> files = SharedFiles::load();
  if (!files) return std::move(files).error();
  if (chosen.isNamed && !files->has(profileSection, chosen.name)) {
    return profileNotFound(*files, chosen);
  }
  Result<void> read = SettingsReader(*files, chosen.name, given).read(shared);
  if (!read) return read;
  shared.profile = std::move(chosen.name);
  shared.configFile = files->path(SharedFile::Config);
  shared.credentialsFile = files->path(SharedFile::Credentials);
  shared.passedOver = files->passedOverNote(shared.profile);
  return read;
}

}  // namespace detail

/// Settings from the environment and the shared files, as the AWS tools read them, in this order:
///
/// | setting          | variable                            | property of the profile           |
/// |------------------|-------------------------------------|-----------------------------------|
/// | region           | AWS_REGION, AWS_DEFAULT_REGION      | region                            |
/// | endpoint URL     | AWS_ENDPOINT_URL_IOTSECURETUNNELING,| services, then endpoint_url       |
/// |                  | AWS_ENDPOINT_URL                    |                                   |
/// | none of these    | AWS_IGNORE_CONFIGURED_ENDPOINT_URLS | ignore_configured_endpoint_urls   |
/// | FIPS             | AWS_USE_FIPS_ENDPOINT               | use_fips_endpoint                 |
/// | dual-stack       | AWS_USE_DUALSTACK_ENDPOINT          | use_dualstack_endpoint            |
/// | attempts         | AWS_MAX_ATTEMPTS                    | max_attempts                      |
/// | retry mode       | AWS_RETRY_MODE                      | retry_mode                        |
/// | retries of 2026  | AWS_NEW_RETRIES_2026                |                                   |
/// | CA bundle        | AWS_CA_BUNDLE                       | ca_bundle                         |
/// | application      | AWS_SDK_UA_APP_ID                   | sdk_ua_app_id                     |
/// | no clock skew    | AWS_DISABLE_CLOCK_SKEW_CORRECTION   | disable_clock_skew_correction     |
///
/// `services` names a `[services NAME]` section, whose `iotsecuretunneling` has an `endpoint_url`.
/// The retry modes are `standard`, `adaptive` and `legacy`, the latter with 5 attempts where their
/// number is not set; whoever wants no retries says 1 attempt. In the mode `adaptive` each client
/// of these settings has a rate limiter of its own: `Settings::rateLimiter` lets them share one.
///
/// In paths `$NAME`, `${NAME}` and a leading `~` or `~USER` are expanded.
///
/// Reads the files at each call; as `getenv`, not safe beside a thread that changes the
/// environment. Returns `ErrorKind::Configuration`, with the variable or the file and line, for a
/// value that is not valid, for a malformed file, and for a profile that was asked for by name and
/// does not exist. A region that is found nowhere stays empty: see `addInstanceRegion`.
inline Result<SharedSettings> loadSharedSettings(const GivenSettings& given = {}) {
  SharedSettings shared;
  Result<void> read = detail::readSharedSettings(given, shared);
  if (!read) return std::move(read).error();
  return shared;
}

/// A path as the AWS CLI reads it from a variable or a file, with `$NAME`, `${NAME}` and a leading
/// `~` or `~USER` expanded. What is not known stays as it is. As `getenv`, not safe beside a thread
/// that changes the environment.
inline std::string expandPath(std::string_view path) {
  return detail::expandPath(path);
}

/// Which of the shared files could not be read, `FILE, permission denied`, and where they have
/// headings and properties that the AWS SDKs pass over because of their names, `FILE, line N` each,
/// with `; ` between. Of these, a heading counts where it is asked for by name. Reads the files;
/// empty where `loadSharedSettings` refuses them.
inline std::string listPassedOver() {
  Result<detail::SharedFiles> files = detail::SharedFiles::load();
  return files ? files->passedOver({}) : std::string();
}

/// The part of `loadSharedSettings` that a client takes.
inline Result<Settings> loadSettings(std::string_view profile = {}) {
  GivenSettings given;
  given.profile = profile;
  Result<SharedSettings> shared = loadSharedSettings(given);
  if (!shared) return std::move(shared).error();
  return std::move(shared->settings);
}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CONFIGURATION_SHARED_SETTINGS_HPP
