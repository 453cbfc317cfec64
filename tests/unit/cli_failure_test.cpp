// SPDX-License-Identifier: BSL-1.0
// How the command ends when a call fails. Scripts look for the AWS CLI's exit codes and words.

#include <string>
#include <vector>

#include "failure.hpp"
#include "support/catch.hpp"

using secure_tunneling::Delivery;
using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;

namespace {

const std::string lost = " (the old tokens may be revoked by now; rotate again to get usable ones)";

Error error(ErrorKind kind, const char* message, Delivery delivery, int attempts = 1,
            int httpStatus = 0, const char* code = "") {
  Error out = makeError(kind, message);
  out.delivery = delivery;
  out.attempts = attempts;
  out.httpStatus = httpStatus;
  out.code = code;
  return out;
}

}  // namespace

TEST_CASE(
    "a failure has the exit code and the words of the AWS CLI, and what is known beside them") {
  struct Case {
    Error error;
    int exitCode;
    std::string message;
  };
  const Case cases[] = {
      {error(ErrorKind::InvalidArgument, "m", Delivery::NotSent, 0), 252, "m"},
      {error(ErrorKind::Configuration, "m", Delivery::NotSent, 0), 255, "m"},
      {error(ErrorKind::NoCredentials, "m", Delivery::NotSent, 0), 253,
       "Unable to locate credentials. You can configure credentials by running \"aws configure\". "
       "(m)"},
      {error(ErrorKind::Credentials, "m", Delivery::NotSent, 0), 255, "m"},
      {error(ErrorKind::Credentials, "no token; run: aws sso login --profile p", Delivery::NotSent,
             0),
       255, "Error loading SSO Token: no token; run: aws sso login --profile p"},
      {error(ErrorKind::Untrusted, "m", Delivery::NotSent), 255,
       "SSL validation failed for https://host:1/ m"},
      {error(ErrorKind::Transport, "m", Delivery::NotSent, 3), 255,
       "Could not connect to the endpoint URL: \"https://host:1/\": m (after 3 attempts)"},
      {error(ErrorKind::Transport, "m", Delivery::Unknown, 3), 255, "m (after 3 attempts)" + lost},
      {error(ErrorKind::InvalidResponse, "m", Delivery::Answered, 1, 200), 255, "m" + lost},
      {error(ErrorKind::InvalidResponse, "m", Delivery::Answered, 1, 400), 255, "m"},
      {error(ErrorKind::InvalidResponse, "m", Delivery::Unknown, 2, 400), 255,
       "m (after 2 attempts)" + lost},
      {error(ErrorKind::DeadlineExceeded, "m", Delivery::NotSent, 1), 255, "m"},
      {error(ErrorKind::DeadlineExceeded, "m", Delivery::Unknown, 2), 255,
       "m (after 2 attempts)" + lost},
      {error(ErrorKind::Cancelled, "m", Delivery::Unknown, 1), 255, "m" + lost},
      {error(ErrorKind::Service, "m", Delivery::Answered, 1, 400, "NoException"), 254,
       "An error occurred (NoException) when calling the RotateTunnelAccessToken operation: m"},
      {error(ErrorKind::Service, "m", Delivery::Answered, 3, 503), 254,
       "An error occurred (503) when calling the RotateTunnelAccessToken operation (reached max "
       "retries: 2): m"},
      {error(ErrorKind::Service, "m", Delivery::Unknown, 2, 400, "NoException"), 254,
       "An error occurred (NoException) when calling the RotateTunnelAccessToken operation: m" +
           lost},
      {error(ErrorKind::Credentials, "m", Delivery::Unknown, 2), 255, "m" + lost},
      {error(ErrorKind::Service, "a\nb\x1b", Delivery::Answered, 1, 400, "C\r"), 254,
       "An error occurred (C\\r) when calling the RotateTunnelAccessToken operation: a\\nb\\x1b"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.message);
    const Failure failure = failureOf(one.error, "https://host:1", 3);
    CHECK(failure.exitCode == one.exitCode);
    CHECK(failure.message == one.message);
  }
}
