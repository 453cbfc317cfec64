// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CALL_RETRY_HPP
#define SECURE_TUNNELING_CALL_RETRY_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/settings.hpp"

/// Retry rules: the SDKs' standard mode, without a clock and without a random source of its own.
namespace secure_tunneling {
inline namespace v0_1 {

namespace detail {

/// What the SDKs' common lists of codes make of one.
enum class CodeKind : unsigned char { Throttling, Transient, ClockSkew, ExpiredCredentials, Other };

SECURE_TUNNELING_NOINLINE inline CodeKind codeKind(std::string_view code) noexcept {
  // A line for each kind.
  std::string_view codes =
      "Throttling ThrottlingException ThrottledException RequestThrottledException SlowDown "
      "ProvisionedThroughputExceededException RequestThrottled TransactionInProgressException "
      "BandwidthLimitExceeded RequestLimitExceeded LimitExceededException TooManyRequestsException "
      "PriorRequestNotComplete EC2ThrottledException\n"
      "RequestTimeout RequestTimeoutException InternalError IDPCommunicationError\n"
      "AccessDeniedException AuthFailure InvalidSignatureException RequestTimeTooSkewed "
      "SignatureDoesNotMatch\n"
      "ExpiredTokenException ExpiredToken"sv;
  unsigned char kind = 0;
  while (!codes.empty() && !isListed(code, takePart(codes, '\n')))
    ++kind;
  return static_cast<CodeKind>(kind);
}

}  // namespace detail

enum class RetryReason : unsigned char { None, Transient, Throttling };

/// Whether another attempt may help, by the SDKs' common lists of codes. A transport error that
/// may have reached the service counts as transient like any other.
inline RetryReason retryReason(const Error& error) noexcept {
  if (error.kind == ErrorKind::Transport) return RetryReason::Transient;
  if (error.delivery != Delivery::Answered) return RetryReason::None;
  const detail::CodeKind kind = detail::codeKind(error.code);
  const int status = error.httpStatus;
  if (kind == detail::CodeKind::Throttling) return RetryReason::Throttling;
  if (kind == detail::CodeKind::Transient) return RetryReason::Transient;
  if (status == 429) return RetryReason::Throttling;
  return status == 500 || (status >= 502 && status <= 504) ? RetryReason::Transient
                                                           : RetryReason::None;
}

/// Milliseconds to wait before retry number `retry` (0 is the first): a random part of
/// min(2^retry seconds, maxBackoffMs), and at least what the service asked for, up to five seconds
/// above. `random` is uniform over all its values.
inline std::int64_t retryDelayMs(int retry, std::uint32_t random, std::int64_t maxBackoffMs,
                                 const Error& error) noexcept {
  constexpr std::int64_t mostAbove = 5'000;
  std::int64_t ceiling = std::int64_t{1'000} << (retry < 20 ? retry : 20);
  if (ceiling > maxBackoffMs) ceiling = maxBackoffMs < 0 ? 0 : maxBackoffMs;
  const auto delay =
      static_cast<std::int64_t>((static_cast<std::uint64_t>(ceiling) * random + 0x80000000U) >> 32);
  const std::int64_t asked = error.retryAfterMs.value_or(0);
  if (asked <= delay) return delay;
  return asked < delay + mostAbove ? asked : delay + mostAbove;
}

/// The tokens that retries are paid with, so that a client whose every call fails soon sends each
/// request once. Shared by the calls of one client.
class RetryQuota {
 public:
  static constexpr int capacity = 500;

  /// Pays for a retry after `error`; false when too little is left.
  [[nodiscard]] bool acquire(const Error& error) noexcept {
    const int cost = error.kind == ErrorKind::Transport ? 10 : 5;
    if (cost > available_) return false;
    available_ -= cost;
    lastCost_ = cost;
    return true;
  }
  /// A call begins: nothing has been paid for it yet.
  void beginCall() noexcept { lastCost_ = 0; }
  /// The answer is a 2xx: gives back what its last retry cost, or 1 where the first attempt did it.
  void refund() noexcept {
    available_ += lastCost_ != 0 ? lastCost_ : 1;
    if (available_ > capacity) available_ = capacity;
  }
  [[nodiscard]] int available() const noexcept { return available_; }
  void setAvailable(int tokens) noexcept { available_ = tokens; }

 private:
  int available_ = capacity;
  int lastCost_ = 0;
};

/// How a call is made again.
struct CallRules {
  /// Attempts in all, the first included; less than 1 counts as 1.
  int maxAttempts = 3;
  /// The longest wait between two attempts, in milliseconds; less than 0 counts as 0.
  std::int64_t maxBackoffMs = 5'000;
  /// Asks again when an attempt may have arrived without an answer.
  bool retryUnknownDelivery = true;
  /// Where server time minus local time is kept, for calls that are signed with the server's; null
  /// for those that are not.
  std::int64_t* clockSkewMs = nullptr;
  /// What retries are paid with; null where they are free.
  RetryQuota* quota = nullptr;
};

/// The rules of a client's calls; what they keep for each other, the clock and the quota, is not in
/// them yet.
inline CallRules rulesOf(const Settings& settings) noexcept {
  CallRules rules;
  rules.maxAttempts = settings.maxAttempts;
  rules.maxBackoffMs = settings.maxBackoffMs;
  rules.retryUnknownDelivery = settings.retryUnknownDelivery;
  return rules;
}

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CALL_RETRY_HPP
