// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_TIME_HPP
#define SECURE_TUNNELING_DETAIL_TIME_HPP

#include <cstdint>
#include <optional>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/text.hpp"

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

// 32 bits are enough for days and years, and much less code where registers have no more.

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
constexpr std::int64_t daysFromCivil(CivilDate date) noexcept {
  // Years begin in March, so that the leap day is their last.
  const auto year = static_cast<std::int32_t>(date.month <= 2 ? date.year - 1 : date.year);
  const std::int32_t era = (year >= 0 ? year : year - 399) / 400;
  const auto yearOfEra = static_cast<std::uint32_t>(year - era * 400);
  const std::uint32_t month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::uint32_t dayOfYear = (153 * month + 2) / 5 + date.day - 1;
  const std::uint32_t dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + static_cast<std::int32_t>(dayOfEra) - 719468;
}

/// The inverse of `daysFromCivil`.
constexpr CivilDate civilFromDays(std::int64_t unixDays) noexcept {
  const std::int32_t days = static_cast<std::int32_t>(unixDays) + 719468;
  const std::int32_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto dayOfEra = static_cast<std::uint32_t>(days - era * 146097);
  const std::uint32_t yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const std::uint32_t dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const std::uint32_t month = (5 * dayOfYear + 2) / 153;
  return {static_cast<std::int32_t>(yearOfEra) + era * 400 + (month >= 10 ? 1 : 0),
          month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1};
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
  const auto sinceFirst = static_cast<std::uint64_t>(seconds - first);
  const auto days = static_cast<std::uint32_t>(sinceFirst / 86400);
  const auto secondOfDay = static_cast<std::uint32_t>(sinceFirst - std::uint64_t{86400} * days);
  const CivilDate date = civilFromDays(std::int64_t{days} + first / 86400);
  AmzDate out;
  const auto put = [&out](unsigned at, unsigned digits, unsigned value) {
    for (; digits-- != 0; value /= 10)
      out.text[at + digits] = static_cast<char>('0' + value % 10);
  };
  put(0, 8, static_cast<unsigned>(date.year) * 10'000 + date.month * 100 + date.day);
  out.text[8] = 'T';
  const unsigned minuteOfDay = secondOfDay / 60;
  put(9, 6, minuteOfDay / 60 * 10'000 + minuteOfDay % 60 * 100 + secondOfDay % 60);
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

/// Whether the characters of `text` are of the kinds that `shape` says: `0` a digit, `A` a letter,
/// all else itself.
[[gnu::noinline]] inline bool hasShape(std::string_view text, std::string_view shape) noexcept {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i != shape.size(); ++i) {
    const bool ok = shape[i] == '0'   ? isDigit(text[i])
                    : shape[i] == 'A' ? isAlpha(text[i])
                                      : text[i] == shape[i];
    if (!ok) return false;
  }
  return true;
}

/// Milliseconds since the Unix epoch of a date and a time of day, `00:00:00`; nothing when one of
/// the numbers is too large. The last second may be a leap second.
[[gnu::noinline]] inline std::optional<std::int64_t> unixMsOf(CivilDate date,
                                                              std::string_view time) noexcept {
  const unsigned hour = parseDigits(time, 0, 2);
  const unsigned minute = parseDigits(time, 3, 2);
  const unsigned second = parseDigits(time, 6, 2);
  const std::int64_t days = daysFromCivil(date);
  // A day that its month does not have is a day of the next one.
  const CivilDate normal = civilFromDays(days);
  if (date.month < 1 || date.month > 12 || date.day < 1 || normal.day != date.day || hour > 23 ||
      minute > 59 || second > 60) {
    return std::nullopt;
  }
  const auto secondOfDay = static_cast<std::int32_t>((hour * 60 + minute) * 60 + second);
  return (days * 86400 + secondOfDay) * std::int64_t{1000};
}

/// Milliseconds since the Unix epoch of an RFC 9110 IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`;
/// the weekday is not checked.
inline std::optional<std::int64_t> parseHttpDate(std::string_view text) noexcept {
  constexpr std::string_view zone = " GMT"sv;
  if (text.size() <= zone.size()) return std::nullopt;
  const std::string_view date(text.data(), text.size() - zone.size());
  text.remove_prefix(date.size());
  if (text != zone || !hasShape(date, "AAA, 00 AAA 0000 00:00:00"sv)) return std::nullopt;
  std::string_view months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"sv;
  unsigned month = 1;
  while (takePart(months, ' ') != std::string_view(date.data() + 8, 3)) {
    if (++month > 12) return std::nullopt;
  }
  return unixMsOf(
      {static_cast<std::int32_t>(parseDigits(date, 12, 4)), month, parseDigits(date, 5, 2)},
      std::string_view(date.data() + 17, 8));
}

/// Milliseconds since the Unix epoch of an RFC 3339 time, `2026-01-15T12:30:00.123Z`; also with an
/// offset (`+01:00`, `+0100`) and, as older AWS tools wrote it, `UTC`. Without a zone it says too
/// little.
inline std::optional<std::int64_t> parseIsoDate(std::string_view text) noexcept {
  constexpr std::string_view shape = "0000-00-00T00:00:00"sv;
  const std::string_view date = text.substr(0, 10);
  const std::string_view time = text.substr(date.size(), 9);
  if (!hasShape(date, shape.substr(0, 10))) return std::nullopt;
  if (!hasShape(time, shape.substr(10)) && !hasShape(time, " 00:00:00"sv)) return std::nullopt;
  std::optional<std::int64_t> unixMs = unixMsOf(
      {parseDigits(date, 0, 4), parseDigits(date, 5, 2), parseDigits(date, 8, 2)}, time.substr(1));
  text.remove_prefix(shape.size());
  if (!text.empty() && text.front() == '.') {
    std::size_t digits = 1;
    for (unsigned weight = 100; digits < text.size() && isDigit(text[digits]); ++digits) {
      if (unixMs) *unixMs += weight * parseDigits(text, digits, 1);
      weight /= 10;
    }
    if (digits == 1) return std::nullopt;
    text.remove_prefix(digits);
  }
  if (text == "Z"sv || text == "UTC"sv) return unixMs;
  const bool isEast = text.substr(0, 1) == "+"sv;
  if (!isEast && text.substr(0, 1) != "-"sv) return std::nullopt;
  text.remove_prefix(1);
  const bool hasColon = hasShape(text, "00:00"sv);
  if (!hasColon && !hasShape(text, "0000"sv)) return std::nullopt;
  const std::int64_t hours = parseDigits(text, 0, 2);
  const std::int64_t minutes = parseDigits(text, hasColon ? 3 : 2, 2);
  if (hours > 23 || minutes > 59) return std::nullopt;
  const std::int64_t offsetMs = (hours * 60 + minutes) * 60'000;
  if (unixMs) *unixMs += isEast ? -offsetMs : offsetMs;
  return unixMs;
}

}  // namespace detail
}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_TIME_HPP
