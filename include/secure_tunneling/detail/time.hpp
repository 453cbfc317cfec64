// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_TIME_HPP
#define SECURE_TUNNELING_DETAIL_TIME_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/text.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

// By hand: <chrono> has no calendar in C++17, and from C++20 on it brings <locale> along; gmtime
// and strptime do not exist on every target.

struct CivilDate {
  std::int32_t year;
  unsigned month;
  unsigned day;
};

// 32 bits are enough for days and years, and much less code where registers have no more. Years
// begin in March, so that the leap day is their last, and are counted from 1 March of the year
// -400, so that no number here is negative.

inline constexpr std::int32_t daysUntil1970 = 865565;

/// Days from the first of all months here to the one that is so many months later.
constexpr std::uint32_t daysUntilMonth(std::uint32_t months) noexcept {
  const std::uint32_t year = months / 12;
  return year * 365 + year / 4 - year / 100 + year / 400 + (153 * (months % 12) + 2) / 5;
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar, from the year -399 on.
constexpr std::int32_t daysFromCivil(CivilDate date) noexcept {
  const std::uint32_t months = static_cast<std::uint32_t>(date.year + 400) * 12 + date.month - 3;
  return static_cast<std::int32_t>(daysUntilMonth(months) + date.day - 1) - daysUntil1970;
}

/// The inverse of `daysFromCivil`.
constexpr CivilDate civilFromDays(std::int32_t unixDays) noexcept {
  const auto days = static_cast<std::uint32_t>(unixDays + daysUntil1970);
  // A month has less than 487/16 days on average, which is too few months by three at the very end.
  std::uint32_t months = days * 16 / 487 + 3;
  while (daysUntilMonth(months) > days)
    --months;
  const std::uint32_t day = days - daysUntilMonth(months) + 1;
  months += 2;  // as from January
  return {static_cast<std::int32_t>(months / 12) - 400, months % 12 + 1, day};
}

/// `YYYYMMDDTHHMMSSZ`, the date of Signature Version 4.
struct AmzDate {
  char text[16];
  [[nodiscard]] std::string_view view() const noexcept { return {text, sizeof text}; }
  [[nodiscard]] std::string_view day() const noexcept { return {text, 8}; }
};

/// Writes the last `digits` decimal digits of `number` in front of `end`.
SECURE_TUNNELING_NOINLINE inline void putDigits(char* end, unsigned digits,
                                                unsigned number) noexcept {
  for (; digits-- != 0; number /= 10)
    *--end = static_cast<char>('0' + number % 10);
}

/// `unixMs` in whole seconds, from the year 0 to 9999; earlier and later times give its ends.
inline AmzDate formatAmzDate(std::int64_t unixMs) noexcept {
  constexpr std::int64_t first = -62167219200'000;
  constexpr std::int64_t last = 253402300799'000;
  constexpr std::uint32_t msOfDay = 86'400'000;
  // Times before the first one wrap around to the far end.
  std::uint64_t sinceFirst = static_cast<std::uint64_t>(unixMs) - static_cast<std::uint64_t>(first);
  if (sinceFirst > last - first) sinceFirst = unixMs < 0 ? 0 : last - first;
  const CivilDate date = civilFromDays(static_cast<std::int32_t>(sinceFirst / msOfDay) +
                                       static_cast<std::int32_t>(first / msOfDay));
  const std::uint32_t second = static_cast<std::uint32_t>(sinceFirst % msOfDay) / 1000;
  AmzDate out;
  putDigits(out.text + 8, 8,
            static_cast<unsigned>(date.year) * 10'000 + date.month * 100 + date.day);
  out.text[8] = 'T';
  // Each minute leaves out 40 numbers of two digits, and each hour 40 of its minutes.
  putDigits(out.text + 15, 6, second + second / 60 * 40 + second / 3600 * 4000);
  out.text[15] = 'Z';
  return out;
}

/// Whether the characters of `text` are of the kinds that `shape` says: `0` a digit, `A` a letter,
/// all else itself. Writes to `numbers` what each run of digits makes.
inline bool readNumbers(std::string_view text, std::string_view shape, unsigned* numbers) noexcept {
  if (text.size() != shape.size()) return false;
  unsigned number = 0;
  for (std::size_t i = 0; i != text.size(); ++i) {
    const char c = text[i];
    if (shape[i] == '0') {
      if (!isDigit(c)) return false;
      number = number * 10 + static_cast<unsigned>(c - '0');
      *numbers = number;
    } else {
      if (shape[i] == 'A' ? !isAlpha(c) : c != shape[i]) return false;
      if (i != 0 && shape[i - 1] == '0') ++numbers;
      number = 0;
    }
  }
  return true;
}

/// Milliseconds since the Unix epoch of a date and a time of day: hour, minute and second; nothing
/// when one of the numbers is too large. The last second may be a leap second.
inline std::optional<std::int64_t> unixMsOf(CivilDate date, const unsigned* time) noexcept {
  const std::int32_t days = daysFromCivil(date);
  // A day that its month does not have is a day of another one.
  if (date.month - 1 > 11 || civilFromDays(days).day != date.day || time[0] > 23 || time[1] > 59 ||
      time[2] > 60) {
    return std::nullopt;
  }
  const auto secondOfDay = static_cast<std::int32_t>((time[0] * 60 + time[1]) * 60 + time[2]);
  return (std::int64_t{86400} * days + secondOfDay) * 1000;
}

/// Milliseconds since the Unix epoch of an RFC 9110 IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`;
/// the weekday is not checked.
inline std::optional<std::int64_t> parseHttpDate(std::string_view text) noexcept {
  constexpr const char* months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  unsigned numbers[5] = {};
  if (!readNumbers(text, "AAA, 00 AAA 0000 00:00:00 GMT"sv, numbers)) return std::nullopt;
  unsigned month = 0;
  while (std::memcmp(text.data() + 8, months + std::size_t{3} * month, 3) != 0) {
    if (++month == 12) return std::nullopt;
  }
  return unixMsOf({static_cast<std::int32_t>(numbers[1]), month + 1, numbers[0]}, numbers + 2);
}

/// Milliseconds since the Unix epoch of an RFC 3339 time, `2026-01-15T12:30:00.123Z`, and of what
/// tools write for one: with an offset of hours alone (`+01`) or without a colon, with a zone that
/// is `UTC` or `GMT` and a blank in front of it, and without seconds, as Java writes a whole
/// minute. Without a zone it says too little.
inline std::optional<std::int64_t> parseIsoDate(std::string_view text) noexcept {
  text = trimBlanks(text);
  const bool hasSeconds = text.size() > 16 && text[16] == ':';
  const std::string_view day = text.substr(0, 10);
  text.remove_prefix(day.size());
  const char joint = text.empty() ? '\0' : toLower(text.front());
  const std::string_view time = text.substr(joint == '\0' ? 0 : 1, hasSeconds ? 8 : 5);
  unsigned numbers[6] = {};
  if ((joint != 't' && joint != ' ') || !readNumbers(day, "0000-00-00"sv, numbers) ||
      !readNumbers(time, {"00:00:00", hasSeconds ? std::size_t{8} : std::size_t{5}}, numbers + 3)) {
    return std::nullopt;
  }
  std::optional<std::int64_t> unixMs =
      unixMsOf({static_cast<std::int32_t>(numbers[0]), numbers[1], numbers[2]}, numbers + 3);
  text.remove_prefix(1 + time.size());
  if (hasSeconds && !text.empty() && (text.front() == '.' || text.front() == ',')) {
    std::size_t digits = 1;
    for (unsigned weight = 100; digits < text.size() && isDigit(text[digits]); ++digits) {
      if (unixMs) *unixMs += weight * static_cast<unsigned>(text[digits] - '0');
      weight /= 10;
    }
    if (digits == 1) return std::nullopt;
    text.remove_prefix(digits);
  }
  text = trimBlanks(text);
  if (equalsIgnoreCase(text, "Z"sv) || equalsIgnoreCase(text, "UTC"sv) ||
      equalsIgnoreCase(text, "GMT"sv)) {
    return unixMs;
  }
  const bool isEast = startsWith(text, "+"sv);
  if (!isEast && !startsWith(text, "-"sv)) return std::nullopt;
  text.remove_prefix(1);
  unsigned offset[2] = {};
  if (!readNumbers(text, "00:00"sv, offset) && !readNumbers(text, "00"sv, offset)) {
    if (!readNumbers(text, "0000"sv, offset)) return std::nullopt;
    offset[1] = offset[0] % 100;
    offset[0] /= 100;
  }
  if (offset[0] > 23 || offset[1] > 59) return std::nullopt;
  const std::int64_t offsetMs = std::int64_t{60'000} * (offset[0] * 60 + offset[1]);
  if (unixMs) *unixMs += isEast ? -offsetMs : offsetMs;
  return unixMs;
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_DETAIL_TIME_HPP
