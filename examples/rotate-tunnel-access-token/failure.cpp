// SPDX-License-Identifier: BSL-1.0
#include "failure.hpp"

#include "text.hpp"

using secure_tunneling::Delivery;
using secure_tunneling::Error;
using secure_tunneling::ErrorKind;

namespace {

/// The old tokens may be gone whatever the last attempt was answered with: an attempt before it may
/// have reached the service. So may they after an answer of success that cannot be read.
bool mayBeRotated(const Error& error) {
  return error.delivery == Delivery::Unknown ||
         (error.kind == ErrorKind::InvalidResponse && error.httpStatus < 300);
}

std::string attemptsOf(const Error& error) {
  return error.attempts > 1 ? " (after " + std::to_string(error.attempts) + " attempts)" : "";
}

/// The lines of a page are kept apart, for the library has marked where each ends.
std::string visiblePage(std::string_view text) {
  constexpr std::string_view lineEnd = "\\x0a\n";
  std::string out;
  for (std::size_t end = text.find(lineEnd); end != text.npos; end = text.find(lineEnd)) {
    out.append(visible(text.substr(0, end))).append(lineEnd);
    text.remove_prefix(end + lineEnd.size());
  }
  return out + visible(text);
}

std::string serviceMessage(const Error& error, int maxAttempts) {
  const std::string code = error.code.empty() ? std::to_string(error.httpStatus) : error.code;
  const bool gaveUp = error.attempts > 1 && error.attempts == maxAttempts;
  const std::string retries =
      gaveUp ? " (reached max retries: " + std::to_string(error.attempts - 1) + ")" : "";
  return "An error occurred (" + visible(code) +
         ") when calling the RotateTunnelAccessToken operation" + retries + ": " +
         visiblePage(error.message);
}

}  // namespace

Failure failureOf(const Error& error, std::string_view endpoint, int maxAttempts) {
  Failure failure;
  const std::string why = visible(error.message);
  const std::string url = visible(endpoint) + "/";
  switch (error.kind) {
    case ErrorKind::InvalidArgument:
      failure = {exitUsage, why};
      break;
    case ErrorKind::NoCredentials:
      failure = {exitConfiguration,
                 "Unable to locate credentials. You can configure credentials by running \"aws "
                 "configure\". (" +
                     why + ")"};
      break;
    case ErrorKind::Credentials:
      failure.message =
          (why.find("aws sso login") == std::string::npos ? "" : "Error loading SSO Token: ") + why;
      break;
    case ErrorKind::Untrusted:
      failure.message = "SSL validation failed for " + url + " " + why + attemptsOf(error);
      break;
    case ErrorKind::Transport:
      failure.message = (error.delivery == Delivery::NotSent
                             ? "Could not connect to the endpoint URL: \"" + url + "\": "
                             : "") +
                        why + attemptsOf(error);
      break;
    case ErrorKind::Service:
      failure = {exitService, serviceMessage(error, maxAttempts)};
      break;
    case ErrorKind::Configuration:
    case ErrorKind::Signing:
    case ErrorKind::InvalidResponse:
    case ErrorKind::Cancelled:
    case ErrorKind::DeadlineExceeded:
      failure.message = why + attemptsOf(error);
      break;
  }
  if (mayBeRotated(error)) {
    failure.message += " (the old tokens may be revoked by now; rotate again to get usable ones)";
  }
  return failure;
}
