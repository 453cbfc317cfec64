// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_TESTING_DETAIL_CIVIL_TIME_HPP
#define SECURE_TUNNELING_TESTING_DETAIL_CIVIL_TIME_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {
namespace fake {

/// A time in UTC as a calendar shows it, from 1970 on. Counted year by year: plain, and apart from
/// the library's own date code, which it is there to check.
struct CivilTime {
  int year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int weekday = 0;  ///< 0: Sunday
};

constexpr int daysOfMonth(int year, int month) noexcept {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

constexpr int daysOfYear(int year) noexcept {
  return 337 + daysOfMonth(year, 2);
}

inline CivilTime toCivilTime(std::int64_t unixMs) noexcept {
  const std::int64_t seconds = unixMs < 0 ? 0 : unixMs / 1000;
  std::int64_t days = seconds / 86400;
  const int ofDay = static_cast<int>(seconds % 86400);
  CivilTime time;
  time.weekday = static_cast<int>((days + 4) % 7);  // 1970 began on a Thursday
  for (; days >= daysOfYear(time.year); ++time.year)
    days -= daysOfYear(time.year);
  for (; days >= daysOfMonth(time.year, time.month); ++time.month) {
    days -= daysOfMonth(time.year, time.month);
  }
  time.day = static_cast<int>(days) + 1;
  time.hour = ofDay / 3600;
  time.minute = ofDay / 60 % 60;
  time.second = ofDay % 60;
  return time;
}

inline std::string paddedNumber(int value, std::size_t width) {
  std::string digits = std::to_string(value);
  return std::string(digits.size() < width ? width - digits.size() : 0, '0') + digits;
}

/// `20260115T123000Z`, as in X-Amz-Date.
inline std::string toAmzDate(std::int64_t unixMs) {
  const CivilTime time = toCivilTime(unixMs);
  return paddedNumber(time.year, 4) + paddedNumber(time.month, 2) + paddedNumber(time.day, 2) +
         "T" + paddedNumber(time.hour, 2) + paddedNumber(time.minute, 2) +
         paddedNumber(time.second, 2) + "Z";
}

/// `Thu, 15 Jan 2026 12:30:00 GMT`, as in Date.
inline std::string toHttpDate(std::int64_t unixMs) {
  constexpr const char* weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const CivilTime time = toCivilTime(unixMs);
  return std::string(weekdays[time.weekday]) + ", " + paddedNumber(time.day, 2) + " " +
         months[time.month - 1] + " " + paddedNumber(time.year, 4) + " " +
         paddedNumber(time.hour, 2) + ":" + paddedNumber(time.minute, 2) + ":" +
         paddedNumber(time.second, 2) + " GMT";
}

/// The time `20260115T123000Z` stands for, in milliseconds since the Unix epoch.
inline std::optional<std::int64_t> fromAmzDate(std::string_view text) noexcept {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  for (std::size_t i = 0; i != 15; ++i) {
    if (i != 8 && !isDigit(text[i])) return std::nullopt;
  }
  const auto number = [text](std::size_t at, std::size_t width) {
    int value = 0;
    for (const char digit : text.substr(at, width))
      value = value * 10 + (digit - '0');
    return value;
  };
  const int year = number(0, 4);
  const int month = number(4, 2);
  const int day = number(6, 2);
  const int hour = number(9, 2);
  const int minute = number(11, 2);
  const int second = number(13, 2);
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > daysOfMonth(year, month) ||
      hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  std::int64_t days = day - 1;
  for (int y = 1970; y != year; ++y)
    days += daysOfYear(y);
  for (int m = 1; m != month; ++m)
    days += daysOfMonth(year, m);
  return (days * 86400 + hour * 3600 + minute * 60 + second) * 1000;
}

}  // namespace fake
}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_TESTING_DETAIL_CIVIL_TIME_HPP
