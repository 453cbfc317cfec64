// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"

namespace secure_tunneling {
inline namespace v1 {
namespace detail {

// By hand: <chrono> has no calendar in C++17, and from C++20 on it brings <locale> along; gmtime
// and strptime do not exist on every target.

struct CivilDate {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
constexpr std::int64_t daysFromCivil(CivilDate date) noexcept {
  // Years begin in March, so that the leap day is their last.
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t yearOfEra = year - era * 400;
  const std::int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t dayOfYear = (153 * month + 2) / 5 + date.day - 1;
  return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
}

/// The inverse of `daysFromCivil`.
constexpr CivilDate civilFromDays(std::int64_t days) noexcept {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t dayOfEra = days - era * 146097;
  const std::int64_t yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const std::int64_t dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const std::int64_t month = (5 * dayOfYear + 2) / 153;
  return {yearOfEra + era * 400 + (month >= 10 ? 1 : 0),
          static_cast<unsigned>(month < 10 ? month + 3 : month - 9),
          static_cast<unsigned>(dayOfYear - (153 * month + 2) / 5 + 1)};
}

/// `YYYYMMDDTHHMMSSZ`, the date of Signature Version 4.
struct AmzDate {
  char text[16];
  [[nodiscard]] std::string_view view() const noexcept { return {text, sizeof text}; }
  [[nodiscard]] std::string_view day() const noexcept { return {text, 8}; }
};

/// `unixMs` in whole seconds, from the year 0 to 9999; earlier and later times give its ends.
inline AmzDate formatAmzDate(std::int64_t unixMs) noexcept {
  constexpr std::int64_t first = -62167219200;
  constexpr std::int64_t last = 253402300799;
  std::int64_t seconds = unixMs / 1000 - (unixMs % 1000 < 0 ? 1 : 0);
  seconds = seconds < first ? first : seconds > last ? last : seconds;
  const std::int64_t days = (seconds >= 0 ? seconds : seconds - 86399) / 86400;
  const CivilDate date = civilFromDays(days);
  const auto secondOfDay = static_cast<unsigned>(seconds - days * 86400);
  AmzDate out;
  const auto put = [&out](unsigned at, unsigned digits, unsigned value) {
    for (; digits-- != 0; value /= 10)
      out.text[at + digits] = static_cast<char>('0' + value % 10);
  };
  put(0, 4, static_cast<unsigned>(date.year));
  put(4, 2, date.month);
  put(6, 2, date.day);
  out.text[8] = 'T';
  put(9, 2, secondOfDay / 3600);
  put(11, 2, secondOfDay / 60 % 60);
  put(13, 2, secondOfDay % 60);
  out.text[15] = 'Z';
  return out;
}

/// The number that `count` digits at `at` make.
[[gnu::noinline]] inline unsigned parseDigits(std::string_view text, std::size_t at,
                                              std::size_t count) noexcept {
  unsigned value = 0;
  for (; count-- != 0; ++at)
    value = value * 10 + static_cast<unsigned>(text[at] - '0');
  return value;
}

/// Milliseconds since the Unix epoch of an RFC 9110 IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`;
/// the weekday is not checked.
inline std::optional<std::int64_t> parseHttpDate(std::string_view text) noexcept {
  constexpr std::string_view shape = "AAA, 00 AAA 0000 00:00:00 GMT";
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i != shape.size(); ++i) {
    const char kind = i < 25 ? shape[i] : '=';
    const bool ok = kind == '0'   ? isDigit(text[i])
                    : kind == 'A' ? isAlpha(text[i])
                                  : text[i] == shape[i];
    if (!ok) return std::nullopt;
  }
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t month = months.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  const unsigned day = parseDigits(text, 5, 2);
  const unsigned hour = parseDigits(text, 17, 2);
  const unsigned minute = parseDigits(text, 20, 2);
  const unsigned second = parseDigits(text, 23, 2);
  if (day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t days =
      daysFromCivil({parseDigits(text, 12, 4), static_cast<unsigned>(month / 3 + 1), day});
  return (days * 86400 + hour * 3600 + minute * 60 + second) * std::int64_t{1000};
}

}  // namespace detail
}  // namespace v1
}  // namespace secure_tunneling
