// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SETTINGS_HPP
#define SECURE_TUNNELING_SETTINGS_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "secure_tunneling/endpoint.hpp"
#include "secure_tunneling/result.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

struct Settings;

namespace detail {

/// Resolves the endpoint of settings that have an endpoint URL.
inline Result<void> resolveByUrl(Endpoint& endpoint, const Settings& settings);

}  // namespace detail

/// An explicit endpoint, `http[s]://host[:port][/path]`, or empty; set like a string, and read as a
/// view or by `text()`. What takes a URL apart is called through a pointer that comes with the
/// text, so that no program is linked with it but those that set one.
class EndpointUrl {
 public:
  EndpointUrl() noexcept = default;
  // Implicit on purpose, for it is set like a string.
  EndpointUrl(std::string text)  // NOLINT(*-explicit-*)
      : text_(std::move(text)), resolve_(&detail::resolveByUrl) {}
  EndpointUrl(std::string_view text) : EndpointUrl(std::string(text)) {}  // NOLINT(*-explicit-*)
  EndpointUrl(const char* text) : EndpointUrl(std::string(text)) {}       // NOLINT(*-explicit-*)

  operator std::string_view() const noexcept { return text_; }  // NOLINT(*-explicit-*)
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

  /// For the library itself. Must not be empty.
  Result<void> resolveInto(Endpoint& endpoint, const Settings& settings) const {
    return resolve_(endpoint, settings);
  }

  // Templates, so that no text on the left becomes a URL: std's own comparison is for those.
  template <class Url, class Text, std::enable_if_t<std::is_same_v<Url, EndpointUrl>, int> = 0>
  friend bool operator==(const Url& left, const Text& right) noexcept {
    return left.text_ == std::string_view(right);
  }
  template <class Url, class Text, std::enable_if_t<std::is_same_v<Url, EndpointUrl>, int> = 0>
  friend bool operator!=(const Url& left, const Text& right) noexcept {
    return !(left == right);
  }

 private:
  std::string text_;
  Result<void> (*resolve_)(Endpoint&, const Settings&) = nullptr;
};

/// What a call needs to know. Plain values; nothing is read from the environment or a file.
struct Settings {
  /// e.g. "us-east-1". Required with an explicit endpoint too, as it is part of the signature.
  std::string region;
  /// An explicit endpoint, `http[s]://host[:port][/path]`; empty to go by the region.
  EndpointUrl endpointUrl;
  bool useFipsEndpoint = false;
  bool useDualStackEndpoint = false;
  /// Lets `endpointUrl` be http for hosts other than loopback. The tokens then travel in the clear.
  bool allowHttp = false;
  /// Off: no credentials are asked for and the request has no Authorization header.
  bool signRequests = true;
  /// Attempts in all, the first included; less than 1 counts as 1.
  int maxAttempts = 3;
  /// The longest wait between two attempts, in milliseconds; less than 0 counts as 0.
  std::int64_t maxBackoffMs = 20'000;
  /// Asks again when an attempt may have reached the service without an answer. On as in every SDK:
  /// the old tokens may be gone already, so another answer is the only way to usable ones.
  bool retryUnknownDelivery = true;
  /// Signs with the service's time where its Date header shows that the local clock is off.
  bool correctClockSkew = true;
};

namespace detail {

inline Result<void> resolveByUrl(Endpoint& endpoint, const Settings& settings) {
  Result<void> resolved;
  // No URL tells the region that is part of the signature.
  if (settings.signRequests) resolved = checkRegion(settings.region);
  if (!resolved) return resolved;
  return resolveInto(endpoint, {settings.region, settings.endpointUrl, settings.useFipsEndpoint,
                                settings.useDualStackEndpoint, settings.allowHttp});
}

/// Resolves the endpoint of `settings` into a new one of the caller's.
inline Result<void> resolveInto(Endpoint& endpoint, const Settings& settings) {
  if (!settings.endpointUrl.empty()) return settings.endpointUrl.resolveInto(endpoint, settings);
  return resolveByRegion(endpoint, settings.region, settings.useFipsEndpoint,
                         settings.useDualStackEndpoint);
}

}  // namespace detail
}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SETTINGS_HPP
