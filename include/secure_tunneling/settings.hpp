// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SETTINGS_HPP
#define SECURE_TUNNELING_SETTINGS_HPP

/// @file
/// What a call needs to know: region, endpoint, retries, time.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/endpoint/endpoint.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/retry/retry_mode.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

class RetryQuota;
struct Settings;

namespace detail {

/// Resolves the endpoint of settings that have an endpoint URL.
inline Result<void> resolveByUrl(Endpoint& endpoint, const Settings& settings);
/// Resolves the endpoint of any settings into a new one of the caller's.
inline Result<void> resolveInto(Endpoint& endpoint, const Settings& settings);

}  // namespace detail

/// An explicit endpoint, `http[s]://host[:port][/path]`, or empty; set and read like a string, but
/// not changed in place. What takes a URL apart is called through a pointer that comes with the
/// text, so that no program is linked with it but those that set one.
class EndpointUrl {
  /// Of two operands, one of them a URL and the other a text of any type.
  template <class Left, class Right>
  using IfUrlAndText = std::enable_if_t<
      std::disjunction_v<std::is_same<Left, EndpointUrl>, std::is_same<Right, EndpointUrl>> &&
          std::conjunction_v<std::is_convertible<const Left&, std::string_view>,
                             std::is_convertible<const Right&, std::string_view>>,
      int>;

 public:
  /// No explicit endpoint: a call goes by the region.
  EndpointUrl() noexcept = default;
  // Implicit on purpose, for it is set like a string.
  /// Keeps a copy of the text. It is not looked at here: a mistake in it is an error of the call,
  /// of kind `Configuration`.
  /// @{
  EndpointUrl(std::string text)  // NOLINT(*-explicit-*)
      : text_(std::move(text)), resolve_(&detail::resolveByUrl) {}
  EndpointUrl(std::string_view text) : EndpointUrl(std::string(text)) {}  // NOLINT(*-explicit-*)
  EndpointUrl(const char* text) : EndpointUrl(std::string(text)) {}       // NOLINT(*-explicit-*)
  /// @}

  /// The text as it was set; it lives until this is assigned to or destroyed.
  /// @{
  operator std::string_view() const noexcept { return text_; }    // NOLINT(*-explicit-*)
  operator const std::string&() const noexcept { return text_; }  // NOLINT(*-explicit-*)
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return text_.size(); }
  [[nodiscard]] const char* data() const noexcept { return text_.data(); }
  [[nodiscard]] const char* c_str() const noexcept { return text_.c_str(); }
  /// @}

  // Templates, so that each text is taken as what it is and std's own operators are never better.
  /// Compares, joins and writes it as its text; the other operand may be any text. Joining
  /// allocates.
  /// @{
  template <class Left, class Right, IfUrlAndText<Left, Right> = 0>
  friend bool operator==(const Left& left, const Right& right) noexcept {
    return std::string_view(left) == std::string_view(right);
  }
  template <class Left, class Right, IfUrlAndText<Left, Right> = 0>
  friend bool operator!=(const Left& left, const Right& right) noexcept {
    return !(left == right);
  }
  template <class Left, class Right, IfUrlAndText<Left, Right> = 0>
  friend std::string operator+(const Left& left, const Right& right) {
    return detail::concat({std::string_view(left), std::string_view(right)});
  }
  template <class Stream>
  friend auto operator<<(Stream& out, const EndpointUrl& url)
      -> decltype(out << std::declval<const std::string&>()) {
    return out << url.text();
  }
  /// @}

 private:
  friend Result<void> detail::resolveInto(Endpoint& endpoint, const Settings& settings);

  std::string text_;
  Result<void> (*resolve_)(Endpoint&, const Settings&) = nullptr;
};

/// What a call needs to know. Plain values; nothing is read from the environment or a file. A
/// client has a copy; what that points to must outlive the client, and may be shared by clients of
/// any number of threads.
struct Settings {
  /// The region, as "us-east-1". Required with an explicit endpoint too, for it is part of the
  /// signature.
  /// Older configurations ask for FIPS by "fips-us-east-1" or "us-east-1-fips": that region is then
  /// signed for and, unless an explicit endpoint says otherwise, its FIPS endpoint called.
  std::string region;
  /// An explicit endpoint, `http[s]://host[:port][/path]`; empty to go by the region.
  EndpointUrl endpointUrl = {};
  /// Asks for the endpoint whose cryptography is validated by FIPS 140; not with `endpointUrl`.
  bool useFipsEndpoint = false;
  /// Asks for the endpoint that has IPv6 addresses beside those of IPv4; not with `endpointUrl`.
  bool useDualStackEndpoint = false;
  /// Lets `endpointUrl` be http for hosts other than loopback. The tokens then travel in the clear.
  bool allowHttp = false;
  /// Off: no credentials are asked for and the request has no Authorization header.
  bool signRequests = true;
  /// Attempts in all, the first included; less than 1 counts as 1.
  int maxAttempts = 3;
  /// What is tried again, and how soon.
  RetryMode retryMode = RetryMode::Standard;
  /// Follows the SDKs' revision of retries of 2026: the first wait is a random part of 50 ms in
  /// place of one second, and a retry costs 14 tokens of the quota in place of 5 or 10. After
  /// throttling the wait stays as it is, and a retry costs 5. Not for the mode `Legacy`.
  bool newRetries2026 = false;
  /// The quota that retries are paid from, for clients that share one; null for one of the client's
  /// own, or for none in the mode `Legacy`.
  RetryQuota* retryQuota = nullptr;
  /// Limits the rate of requests, whatever the mode, for clients that share a limiter; null for
  /// none, or for one of the client's own in the mode `Adaptive`.
  RateLimiter* rateLimiter = nullptr;
  /// The longest wait between two attempts, in milliseconds; less than 0 counts as 0.
  std::int64_t maxBackoffMs = 20'000;
  /// Milliseconds for a whole call, as `CallLimits::timeoutMs`, for calls that are given none of
  /// their own; 0 or less: no limit.
  std::int64_t callTimeoutMs = 0;
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
  resolved =
      resolveExplicit(endpoint, {settings.region, settings.endpointUrl, settings.useFipsEndpoint,
                                 settings.useDualStackEndpoint, settings.allowHttp});
  takeFips(endpoint.signingRegion);
  return resolved;
}

inline Result<void> resolveInto(Endpoint& endpoint, const Settings& settings) {
  if (!settings.endpointUrl.empty()) return settings.endpointUrl.resolve_(endpoint, settings);
  std::string& region = endpoint.signingRegion;
  region = settings.region;
  const bool isFips = takeFips(region);
  return resolveByRegion(endpoint, region, isFips || settings.useFipsEndpoint,
                         settings.useDualStackEndpoint);
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SETTINGS_HPP
