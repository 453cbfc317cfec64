// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CONFIGURATION_DETAIL_CONFIGURED_HPP
#define SECURE_TUNNELING_CONFIGURATION_DETAIL_CONFIGURED_HPP

#include <cassert>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/configuration/detail/environment.hpp"
#include "secure_tunneling/configuration/detail/shared_files.hpp"
#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/endpoint/endpoint.hpp"
#include "secure_tunneling/result.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// A setting as somebody wrote it, and where. The views live as long as what they were found in.
struct Configured {
  /// Empty when it is set nowhere; set to nothing counts as that.
  std::string_view value;
  /// The variable that it comes from; null when it comes from a file or nowhere.
  const char* variable = nullptr;
  const SharedProperty* property = nullptr;
};

/// Looks a setting up in the environment, then in a profile of the shared files.
class Configuration {
 public:
  /// Both must outlive this object.
  Configuration(const SharedFiles& files, std::string_view profile) noexcept
      : files_(files), profile_(profile) {}

  /// The first of `variables` that is set, else the profile's `property`. Either may be empty.
  [[nodiscard]] Configured find(std::initializer_list<const char*> variables,
                                std::string_view property) const noexcept {
    for (const char* const variable : variables) {
      const std::string_view value = environmentVariable(variable);
      if (!value.empty()) return {value, variable, nullptr};
    }
    return of(files_.find(profileSection, profile_, property));
  }
  /// The property's value, or nothing where there is none.
  static Configured of(const SharedProperty* property) noexcept {
    if (property == nullptr || property->value.empty()) return {};
    return {property->value, nullptr, property};
  }

  /// "NAME" of a variable or "FILE, line N: NAME", for a message.
  [[nodiscard]] std::string origin(const Configured& setting) const {
    assert(setting.property != nullptr || setting.variable != nullptr);
    if (setting.property == nullptr) return setting.variable;
    return filled("{}: {}", {files_.where(*setting.property), setting.property->name});
  }
  /// The error for a value that is no good.
  [[nodiscard]] Failure errorAbout(const Configured& setting, std::string_view expected) const {
    return detail::filledFailure(ErrorKind::Configuration, "{} is {}: expected {}",
                                 {origin(setting), quoted(setting.value), expected});
  }

  /// Reads true or false into `value`, which stays as it is where the setting is set nowhere.
  [[nodiscard]] Result<void> read(const Configured& setting, bool& value) const {
    if (setting.value.empty()) return {};
    const bool isTrue = equalsIgnoreCase(setting.value, "true"sv);
    if (!isTrue && !equalsIgnoreCase(setting.value, "false"sv)) {
      return errorAbout(setting, "true or false"sv);
    }
    value = isTrue;
    return {};
  }
  /// The same with a whole number from 1 to 999,999,999.
  [[nodiscard]] Result<void> read(const Configured& setting, int& value) const {
    if (setting.value.empty()) return {};
    const int number = parseDecimal(setting.value);
    if (number < 1) return errorAbout(setting, "a whole number, 1 or more"sv);
    value = number;
    return {};
  }

  /// How attempts follow each other. What is set nowhere stays as it is, but for the attempts of
  /// the mode `legacy`, which are 5.
  struct Retries {
    /// "standard", "adaptive" or "legacy".
    std::string_view mode;
    int& maxAttempts;
    bool& newRetries2026;
  };
  /// "off" is no value of the mode: the files are shared with tools that do not know it, and an
  /// attempt without retries is `max_attempts` 1 to all of them.
  [[nodiscard]] Result<void> read(Retries& retries) const {
    const Configured mode = find({"AWS_RETRY_MODE"}, "retry_mode"sv);
    if (mode.value == "legacy"sv) {
      retries.maxAttempts = 5;
    } else if (!mode.value.empty() && mode.value != "standard"sv && mode.value != "adaptive"sv) {
      return errorAbout(mode, "standard, adaptive or legacy"sv);
    }
    if (!mode.value.empty()) retries.mode = mode.value;
    // The SDKs have no property for this.
    Result<void> result = read(find({"AWS_NEW_RETRIES_2026"}, {}), retries.newRetries2026);
    if (!result) return result;
    return read(find({"AWS_MAX_ATTEMPTS"}, "max_attempts"sv), retries.maxAttempts);
  }

  /// Reads the endpoint URL that is configured for one service into `url`: the variable
  /// `variable`, AWS_ENDPOINT_URL, the profile's `services` section under `service`,
  /// `endpoint_url`. `url` stays as it is where there is none, or where they are to be ignored.
  [[nodiscard]] Result<void> readEndpointUrl(const char* variable, std::string_view service,
                                             bool allowHttp, std::string& url) const {
    bool isIgnored = false;
    Result<void> read = this->read(
        find({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"}, "ignore_configured_endpoint_urls"sv),
        isIgnored);
    if (!read || isIgnored) return read;
    Result<Configured> found = findEndpointUrl(variable, service);
    if (!found) return std::move(found).error();
    if (found->value.empty()) return {};
    EndpointParameters parameters;
    parameters.endpointUrl = found->value;
    parameters.allowHttp = allowHttp;
    Endpoint endpoint;
    const std::string_view problem = useExplicitEndpoint(parameters, endpoint);
    if (!problem.empty()) {
      return detail::filledFailure(ErrorKind::Configuration, "{}: endpoint URL{}: {}",
                                   {origin(*found), quotedUrl(found->value), problem});
    }
    url = found->value;
    return {};
  }

  /// How a service is reached, where that is to go.
  struct Reach {
    std::string& region;
    std::string& url;
    bool& useFips;
    bool& useDualStack;
  };
  /// Reads how one service is reached: its endpoint URL as of `readEndpointUrl`, FIPS (a pseudo
  /// region too) and dual-stack. Those are for the service's own endpoints and are off where a URL
  /// is set, which may be one for all services.
  [[nodiscard]] Result<void> readReach(const char* variable, std::string_view service,
                                       bool allowHttp, const Reach& reach) const {
    Result<void> read = readEndpointUrl(variable, service, allowHttp, reach.url);
    if (read) {
      read = this->read(find({"AWS_USE_FIPS_ENDPOINT"}, "use_fips_endpoint"sv), reach.useFips);
    }
    if (read) {
      read = this->read(find({"AWS_USE_DUALSTACK_ENDPOINT"}, "use_dualstack_endpoint"sv),
                        reach.useDualStack);
    }
    if (takeFips(reach.region)) reach.useFips = true;
    if (!reach.url.empty()) reach.useFips = reach.useDualStack = false;
    return read;
  }

 private:
  [[nodiscard]] Result<Configured> findEndpointUrl(const char* variable,
                                                   std::string_view service) const {
    const Configured fromVariable = find({variable, "AWS_ENDPOINT_URL"}, {});
    if (!fromVariable.value.empty()) return Configured(fromVariable);
    const Configured services = find({}, "services"sv);
    if (!services.value.empty()) {
      if (!files_.has(servicesSection, services.value)) {
        return errorAbout(services, "the name of a [services] section"sv);
      }
      Configured own =
          of(files_.findNested(servicesSection, services.value, service, "endpoint_url"sv));
      if (!own.value.empty()) return own;
    }
    return find({}, "endpoint_url"sv);
  }

  const SharedFiles& files_;
  std::string_view profile_;
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CONFIGURATION_DETAIL_CONFIGURED_HPP
