// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_RETRY_RETRY_REASON_HPP
#define SECURE_TUNNELING_RETRY_RETRY_REASON_HPP

/// @file
/// Which failures are tried again.

#include <string_view>

#include "secure_tunneling/detail/before_x11.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/result.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

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

/// Why another attempt may help.
enum class RetryReason : unsigned char {
  None,        ///< it does not
  Transient,   ///< the failure may pass by itself
  Throttling,  ///< the service had too many requests
};

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

/// Whether another attempt may help, by the list of the mode `legacy`: it goes by the status, and
/// by a code only where that is 400.
inline RetryReason legacyRetryReason(const Error& error) noexcept {
  using detail::operator""sv;
  if (error.kind == ErrorKind::Transport) return RetryReason::Transient;
  if (error.delivery != Delivery::Answered) return RetryReason::None;
  const int status = error.httpStatus;
  const bool isThrottled =
      status == 400 &&
      detail::isListed(error.code,
                       "Throttling ThrottlingException ThrottledException "
                       "RequestThrottledException ProvisionedThroughputExceededException"sv);
  if (isThrottled || status == 429) return RetryReason::Throttling;
  return status == 500 || (status >= 502 && status <= 504) || status == 509 ? RetryReason::Transient
                                                                            : RetryReason::None;
}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_RETRY_RETRY_REASON_HPP
