// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "support/calls.hpp"
#include "support/json.hpp"

/// `2026-01-15T12:30:00Z`, or the same without dashes and colons, in milliseconds since 1970.
inline std::int64_t unixMsOf(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (secure_tunneling::detail::isDigit(c)) digits.push_back(c);
  }
  const auto number = [&](std::size_t at, std::size_t count) {
    return std::strtoll(digits.substr(at, count).c_str(), nullptr, 10);
  };
  const std::int64_t days = secure_tunneling::detail::daysFromCivil(
      {static_cast<std::int32_t>(number(0, 4)), static_cast<unsigned>(number(4, 2)),
       static_cast<unsigned>(number(6, 2))});
  return (days * 86400 + number(8, 2) * 3600 + number(10, 2) * 60 + number(12, 2)) * 1000;
}

/// Asks for the next step and gives credentials where they are wanted.
inline Step nextStep(Call& call, const secure_tunneling::Moment& now) {
  const Step step = call.next(now);
  if (step != Step::NeedCredentials) return step;
  giveCredentials(call);
  return call.next(now);
}

/// Writes an answer: `headers` is an object of strings; without an `errorCode` the body is `{}`.
inline void writeAnswer(secure_tunneling::HttpResponse& response, std::int64_t status,
                        const Json& headers, const Json& errorCode) {
  response.status = static_cast<int>(status);
  for (std::size_t i = 0; i != headers.names().size(); ++i)
    response.headers.add(headers.names()[i], headers[i].text());
  response.body.assign(errorCode.isNull() ? "{}" : "{\"__type\":\"" + errorCode.text() + "\"}");
}
