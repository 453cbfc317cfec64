// SPDX-License-Identifier: BSL-1.0
// What the library makes of failures and of the rate of requests, a line for each of the input:
//   error STATUS CODE                     the reasons to try again, by standard and by legacy
//   cost STATUS CODE                      tokens and longest first wait, and the same of 2026
//   acquire MS, throttled MS, other MS    the wait, and the rates, of one AdaptiveRateLimiter
// CODE may be missing. STATUS 0 is a lost connection.
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

#include "secure_tunneling/call/retry.hpp"
#include "secure_tunneling/retry/adaptive_rate_limiter.hpp"

using namespace secure_tunneling;

namespace {

const char* nameOf(RetryReason reason) {
  return reason == RetryReason::None         ? "none"
         : reason == RetryReason::Throttling ? "throttling"
                                             : "transient";
}

Error errorOf(int status, const std::string& code) {
  Error error = makeError(status == 0 ? ErrorKind::Transport : ErrorKind::Service, "");
  error.delivery = status == 0 ? Delivery::Unknown : Delivery::Answered;
  error.httpStatus = status;
  error.code = code;
  return error;
}

}  // namespace

int main() {
  AdaptiveRateLimiter limiter;
  std::cout << std::setprecision(17);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string what;
    std::string code;
    std::int64_t number = 0;
    words >> what >> number >> code;
    if (what == "error" || what == "cost") {
      const Error error = errorOf(static_cast<int>(number), code);
      const RetryReason reason = retryReason(error);
      CallRules rules;
      if (what == "error") {
        std::cout << nameOf(reason) << ' ' << nameOf(legacyRetryReason(error)) << '\n';
        continue;
      }
      std::cout << rules.costOf(error, reason) << ' ' << rules.baseMsOf(reason) << ' ';
      rules.newRetries2026 = true;
      std::cout << rules.costOf(error, reason) << ' ' << rules.baseMsOf(reason) << '\n';
    } else if (what == "acquire") {
      std::cout << limiter.acquire(number) << '\n';
    } else {
      limiter.onAnswer(what == "throttled", number);
      const AdaptiveRateLimiter::Rates rates = limiter.rates();
      std::cout << rates.measured << ' ' << rates.allowed << '\n';
    }
  }
  return 0;
}
