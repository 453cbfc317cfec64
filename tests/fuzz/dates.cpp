// SPDX-License-Identifier: BSL-1.0
// Any time is written as the fake service writes it and read back; what is read of a date is that
// date; and a wait that a service asks for is what its digits say, or none.
//
// The texts of an input: milliseconds, a date of HTTP, a date of ISO 8601, a value of Retry-After.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/support/fuzz.hpp"
#include "secure_tunneling/credentials/detail/token_file.hpp"
#include "secure_tunneling/detail/time.hpp"
#include "secure_tunneling/protocol/aws_json.hpp"
#include "secure_tunneling/testing/detail/civil_time.hpp"

using namespace secure_tunneling;

namespace {

constexpr std::int64_t firstMs = -62167219200'000;
constexpr std::int64_t endMs = 253402300800'000;

void writeAndRead(std::int64_t unixMs) {
  const detail::AmzDate date = detail::formatAmzDate(unixMs);
  for (std::size_t i = 0; i != date.view().size(); ++i)
    require(i == 8 || i == 15 || detail::isDigit(date.text[i]), "a date has digits", date.view());
  if (unixMs < 0 || unixMs >= endMs) return;
  const std::int64_t second = unixMs / 1000 * 1000;
  require(date.view() == detail::fake::toAmzDate(unixMs), "a time is written as by the fake",
          date.view());
  const std::string http = detail::fake::toHttpDate(unixMs);
  require(detail::parseHttpDate(http) == second, "a date of HTTP is read", http);
  const std::string iso = detail::formatIsoDate(unixMs);
  require(detail::parseIsoDate(iso) == second, "a date of ISO 8601 is read", iso);
}

void readHttp(std::string_view text) {
  const std::optional<std::int64_t> unixMs = detail::parseHttpDate(text);
  if (!unixMs || *unixMs < 0 || text.substr(23, 2) == "60") return;
  const std::string same = detail::fake::toHttpDate(*unixMs);
  require(text.substr(4) == std::string_view(same).substr(4), "a date is what it says", text);
}

void readIso(std::string_view text) {
  const std::optional<std::int64_t> unixMs = detail::parseIsoDate(text);
  if (!unixMs) return;
  constexpr std::int64_t dayMs = 86'400'000;
  require(*unixMs >= firstMs - dayMs && *unixMs < endMs + dayMs, "a date has a year of four digits",
          text);
  const bool isPlain = text.size() == 20 && text[16] == ':' && text[19] == 'Z';
  if (!isPlain || *unixMs < 0 || text.substr(17, 2) == "60") return;
  std::string same = detail::formatIsoDate(*unixMs);
  same[10] = text[10];
  require(same == text, "a date is what it says", text);
}

void readRetryAfter(std::string_view text) {
  if (text.find('\n') != std::string_view::npos) return;
  const std::string_view trimmed = detail::trimBlanks(text);
  bool isNumber = !trimmed.empty();
  for (const char c : trimmed)
    isNumber = isNumber && detail::isDigit(c);
  for (const bool isOfAws : {true, false}) {
    HttpResponse response;
    response.headers.add(isOfAws ? "x-amz-retry-after" : "retry-after", text);
    const std::optional<std::int64_t> asked = detail::retryAfterMs(response);
    require(!asked || *asked >= 0, "no wait is negative", text);
    require(isNumber || !asked, "only digits are a wait", text);
    if (!isNumber || trimmed.size() > 9) continue;
    require(asked == std::stoll(std::string(trimmed)) * (isOfAws ? 1 : 1000),
            "a wait is what its digits say", text);
  }
}

}  // namespace

void fuzz(std::string_view input) {
  Script number(takeText(input));
  if (number.next()) writeAndRead(number.number());
  readHttp(takeText(input));
  readIso(takeText(input));
  readRetryAfter(takeText(input));
}
