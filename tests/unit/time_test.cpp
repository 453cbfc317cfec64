// SPDX-License-Identifier: BSL-1.0
// Expected values are those of Python's datetime.
#include "secure_tunneling/detail/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "support/catch.hpp"

using namespace secure_tunneling::detail;

TEST_CASE("dates of the signature") {
  const struct {
    std::int64_t unixMs;
    const char* text;
  } cases[] = {
      {0, "19700101T000000Z"},
      {999, "19700101T000000Z"},
      {-1, "19691231T235959Z"},
      {951825600000, "20000229T120000Z"},
      {1709251199999, "20240229T235959Z"},
      {1709251200000, "20240301T000000Z"},
      {1768480200000, "20260115T123000Z"},
      {1798761599000, "20261231T235959Z"},
      {2147483648000, "20380119T031408Z"},
      {4107542399000, "21000228T235959Z"},
      {4107542400000, "21000301T000000Z"},
      {13574566923000, "24000229T010203Z"},
      {253402300799999, "99991231T235959Z"},
      {-2203876494000, "19000301T040506Z"},
      {-11670998400000, "16000229T000000Z"},
      {-62135596800000, "00010101T000000Z"},
      // Beyond what eight digits can say.
      {253402300800000, "99991231T235959Z"},
      {INT64_MAX, "99991231T235959Z"},
      {INT64_MIN, "00000101T000000Z"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.unixMs);
    const AmzDate date = formatAmzDate(row.unixMs);
    CHECK(std::string(date.view()) == row.text);
    CHECK(date.day() == std::string(row.text).substr(0, 8));
  }
}

TEST_CASE("days and dates are each other's inverse") {
  for (std::int32_t day = -800'000; day < 3'000'000; day += 97) {
    const CivilDate date = civilFromDays(day);
    if (daysFromCivil(date) != day || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > 31) {
      FAIL("day " << day);
    }
  }
  CHECK(daysFromCivil({1970, 1, 1}) == 0);
  CHECK(daysFromCivil({2000, 3, 1}) == 11017);
}

TEST_CASE("HTTP dates are read to the second, from 1900 to 9999") {
  const struct {
    const char* text;
    std::int64_t unixMs;
  } cases[] = {
      {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777000},
      {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
      {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199000},
      {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799000},
      {"Mon, 01 Jan 1900 00:00:00 GMT", -2208988800000},
      {"Thu, 15 Jan 2026 01:02:03 GMT", 1768438923000},
      {"Thu, 15 Feb 2026 01:02:03 GMT", 1771117323000},
      {"Thu, 15 Mar 2026 01:02:03 GMT", 1773536523000},
      {"Thu, 15 Apr 2026 01:02:03 GMT", 1776214923000},
      {"Thu, 15 May 2026 01:02:03 GMT", 1778806923000},
      {"Thu, 15 Jun 2026 01:02:03 GMT", 1781485323000},
      {"Thu, 15 Jul 2026 01:02:03 GMT", 1784077323000},
      {"Thu, 15 Aug 2026 01:02:03 GMT", 1786755723000},
      {"Thu, 15 Sep 2026 01:02:03 GMT", 1789434123000},
      {"Thu, 15 Oct 2026 01:02:03 GMT", 1792026123000},
      {"Thu, 15 Nov 2026 01:02:03 GMT", 1794704523000},
      {"Thu, 15 Dec 2026 01:02:03 GMT", 1797296523000},
      // A leap second.
      {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800000},
      // The weekday is not the date's.
      {"Mon, 15 Jan 2026 01:02:03 GMT", 1768438923000},
  };
  for (const auto& row : cases) {
    CAPTURE(row.text);
    REQUIRE(parseHttpDate(row.text));
    CHECK(*parseHttpDate(row.text) == row.unixMs);
  }
}

TEST_CASE("a date that is not an HTTP date is not read") {
  const char* const cases[] = {
      "",
      "0",
      "Thu",
      "1768438923",
      "2026-01-15T01:02:03Z",
      "Thu, 15 Jan 2026 01:02:03",
      "Thu, 15 Jan 2026 01:02:03 UTC",
      "Thu, 15 Jan 2026 01:02:03 gmt",
      "Thu, 15 Jan 2026 01:02:03 +0000",
      "Thu, 15 Jan 2026 01:02:03 GMT ",
      " Thu, 15 Jan 2026 01:02:03 GMT",
      "Thu, 15 Jan 26 01:02:03 GMT",
      "Thu, 5 Jan 2026 01:02:03 GMT",
      "Thu, 15 anF 2026 01:02:03 GMT",
      "Thu, 15 jan 2026 01:02:03 GMT",
      "Thu, 15 Xxx 2026 01:02:03 GMT",
      "Thu, 00 Jan 2026 01:02:03 GMT",
      "Thu, 32 Jan 2026 01:02:03 GMT",
      "Thu, 31 Apr 2026 01:02:03 GMT",
      "Sun, 29 Feb 2026 01:02:03 GMT",
      "Thu, 29 Feb 1900 01:02:03 GMT",
      "Thu, 15 Jan 2026 24:02:03 GMT",
      "Thu, 15 Jan 2026 01:60:03 GMT",
      "Thu, 15 Jan 2026 01:02:61 GMT",
      "Thu, 15 Jan 2026 01-02-03 GMT",
      "Thu, 15 Jan -026 01:02:03 GMT",
      "Th1, 15 Jan 2026 01:02:03 GMT",
      "Thursday, 15-Jan-26 01:02:03 GMT",
      "Thu Jan 15 01:02:03 2026",
  };
  for (const char* const text : cases) {
    CAPTURE(text);
    CHECK_FALSE(parseHttpDate(text));
  }
}

TEST_CASE("RFC 3339 dates, and what tools write for them, are read with fractions of a second") {
  const struct {
    const char* text;
    std::int64_t unixMs;
  } cases[] = {
      {"1994-11-06T08:49:37Z", 784111777000},
      {"1970-01-01T00:00:00Z", 0},
      {"2024-02-29T23:59:59Z", 1709251199000},
      {"2000-02-29T00:00:00Z", 951782400000},
      {"9999-12-31T23:59:59Z", 253402300799000},
      {"1969-12-31T23:59:59Z", -1000},
      {"2016-12-31T23:59:60Z", 1483228800000},
      {"2026-01-15 01:02:03Z", 1768438923000},
      {"2026-01-15T01:02:03UTC", 1768438923000},
      {"2026-01-15T01:02:03.5Z", 1768438923500},
      {"2026-01-15T01:02:03.123456789Z", 1768438923123},
      {"2026-01-15T01:02:03.009+00:00", 1768438923009},
      {"2026-01-15T02:32:03+01:30", 1768438923000},
      {"2026-01-14T17:02:03-0800", 1768438923000},
      {"2026-01-15T06:32:03+0530", 1768438923000},
      {"2026-01-16T01:01:03+23:59", 1768438923000},
      {"2026-01-14T01:03:03-2359", 1768438923000},
      {"2026-01-15T01:02:03-00:00", 1768438923000},
      {"2026-01-15T01:02Z", 1768438920000},
      {"2026-01-15 01:02UTC", 1768438920000},
      {"2026-01-15T02:32+01:30", 1768438920000},
      {"2026-01-14T17:02-0800", 1768438920000},
      {"2026-01-15t01:02:03z", 1768438923000},
      {"2026-01-15T01:02:03 Z", 1768438923000},
      {"2026-01-15T01:02:03 utc", 1768438923000},
      {"2026-01-15 01:02:03 GMT", 1768438923000},
      {"2026-01-15 02:02:03 +0100", 1768438923000},
      {"2026-01-15T02:02:03+01", 1768438923000},
      {"2026-01-14T23:02-02", 1768438920000},
      {"2026-01-15T01:02:03,5Z", 1768438923500},
      {" 2026-01-15T01:02:03Z\r\n", 1768438923000},
  };
  for (const auto& row : cases) {
    CAPTURE(row.text);
    REQUIRE(parseIsoDate(row.text));
    CHECK(*parseIsoDate(row.text) == row.unixMs);
  }
}

TEST_CASE("a date that is not of RFC 3339 is not read") {
  const char* const cases[] = {
      "",
      "2026",
      "2026-01-15",
      "2026-01-15T",
      "2026-01-15T01:02",
      "2026-01-15T01:02:03",
      "2026-01-15T01:02:",
      "2026-01-15T01:02:Z",
      "2026-01-15T01:02:3Z",
      "2026-01-15T01:02.5Z",
      "2026-01-15T01Z",
      "2026-01-15X01:02:03Z",
      "2026-00-15T01:02:03Z",
      "2026-13-15T01:02:03Z",
      "2026-01-00T01:02:03Z",
      "2026-01-32T01:02:03Z",
      "2026-02-29T01:02:03Z",
      "2026-04-31T01:02:03Z",
      "2026-01-15T24:02:03Z",
      "2026-01-15T01:60:03Z",
      "2026-01-15T01:02:61Z",
      "2026-01-15T01:02:03.Z",
      "2026-01-15T01:02:03.",
      "2026-01-15T01:02:03,Z",
      "2026-01-15T01:02,5Z",
      "2026-01-15T01:02:03 ",
      "2026-01-15T01:02:03UT",
      "2026-01-15T01:02:03EST",
      "2026-01-15T01:02:03GMT+1",
      "2026-01-15\t01:02:03Z",
      "2026-01-15 01:02:03 + 01",
      "2026-01-15T01:02:03+",
      "2026-01-15T01:02:03+1",
      "2026-01-15T01:02:03+01:",
      "2026-01-15T01:02:03+01:0",
      "2026-01-15T01:02:03+24:00",
      "2026-01-15T01:02:03+0160",
      "2026-01-1xT01:02:03Z",
      "2026-01-15T01:02:0xZ",
      "2026-01-15T01:0xZ",
      "2026-01-15T01:02:03+01:60",
      "2026-01-15T01:02:03*01:00",
      "2026-01-15T01:02:03Z00:00",
      "20260115T010203Z",
      "Thu, 15 Jan 2026 01:02:03 GMT",
      "1768438923",
  };
  for (const char* const text : cases) {
    CAPTURE(text);
    CHECK_FALSE(parseIsoDate(text));
  }
}

TEST_CASE("characters are told by ASCII, whatever the locale") {
  for (int i = 0; i != 256; ++i) {
    CAPTURE(i);
    const char c = static_cast<char>(i);
    const bool upper = i >= 'A' && i <= 'Z';
    const bool lower = i >= 'a' && i <= 'z';
    CHECK(toLower(c) == static_cast<char>(upper ? i + 32 : i));
    CHECK(isAlpha(c) == (upper || lower));
    CHECK(isDigit(c) == (i >= '0' && i <= '9'));
    CHECK(isBlank(c) == (i == ' ' || i == '\t' || i == '\r' || i == '\n'));
  }
  CHECK(equalsIgnoreCase("X-Amz-Date", "x-aMZ-date"));
  CHECK_FALSE(equalsIgnoreCase("abc", "abd"));
  CHECK_FALSE(equalsIgnoreCase("abc", "abcd"));
  CHECK_FALSE(equalsIgnoreCase("@", "`"));
  CHECK(trimBlanks(" \t\r\n a b \n") == "a b");
  CHECK(trimBlanks(" \n ").empty());
}

TEST_CASE("numbers are written in decimal digits") {
  for (const std::size_t number : {0U, 9U, 10U, 11U, 99U, 100U, 65535U}) {
    std::string text;
    appendDecimal(text, number);
    CHECK(text == std::to_string(number));
  }
}

TEST_CASE("characters are taken as UTF-8 has them, and no others") {
  const struct {
    std::string_view text;
    std::uint32_t character;
  } cases[] = {
      {"\x7f", 0x7F},
      {"\x80", noCharacter},
      {"\xc1\xbf", noCharacter},
      {"\xc2\x80", 0x80},
      {"\xdf\xbf", 0x7FF},
      {"\xe0\x9f\xbf", noCharacter},
      {"\xe0\xa0\x80", 0x800},
      {"\xed\x9f\xbf", 0xD7FF},
      {"\xed\xa0\x80", noCharacter},
      {"\xed\xbf\xbf", noCharacter},
      {"\xee\x80\x80", 0xE000},
      {"\xef\xbf\xbf", 0xFFFF},
      {"\xf0\x8f\xbf\xbf", noCharacter},
      {"\xf0\x90\x80\x80", 0x10000},
      {"\xf4\x8f\xbf\xbf", 0x10FFFF},
      {"\xf4\x90\x80\x80", noCharacter},
      {"\xf5\x80\x80\x80", noCharacter},
      {"\xf9\x80\x80\x80", noCharacter},
      {"\xff\xbf\xbf\xbf", noCharacter},
      {"\xf0\x90\x80", noCharacter},
      {"\xc2\x7f", noCharacter},
      {"\xc2\xc0", noCharacter},
  };
  for (const auto& row : cases) {
    CAPTURE(row.text);
    std::size_t end = 0;
    CHECK(takeCharacter(row.text, end) == row.character);
    CHECK(end == (row.character == noCharacter ? 1 : row.text.size()));
  }
}
