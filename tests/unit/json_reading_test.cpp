// SPDX-License-Identifier: BSL-1.0
// A body that is read in place, word by word, against RapidJSON's plain reading of a copy and
// Unicode's table of well-formed UTF-8.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "secure_tunneling/protocol/aws_json.hpp"
#include "support/catch.hpp"
#include "support/json.hpp"

using namespace secure_tunneling;

namespace {

/// The Unicode Standard, table 3-7.
constexpr struct {
  unsigned char first[2];
  unsigned char second[2];
  std::size_t size;
} wellFormed[] = {
    {{0x00, 0x7F}, {0x00, 0xFF}, 1}, {{0xC2, 0xDF}, {0x80, 0xBF}, 2},
    {{0xE0, 0xE0}, {0xA0, 0xBF}, 3}, {{0xE1, 0xEC}, {0x80, 0xBF}, 3},
    {{0xED, 0xED}, {0x80, 0x9F}, 3}, {{0xEE, 0xEF}, {0x80, 0xBF}, 3},
    {{0xF0, 0xF0}, {0x90, 0xBF}, 4}, {{0xF1, 0xF3}, {0x80, 0xBF}, 4},
    {{0xF4, 0xF4}, {0x80, 0x8F}, 4},
};

bool isWithin(char c, const unsigned char (&range)[2]) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= range[0] && byte <= range[1];
}

bool isWellFormed(std::string_view text) {
  while (!text.empty()) {
    const auto* const row = std::find_if(std::begin(wellFormed), std::end(wellFormed),
                                         [&](const auto& r) { return isWithin(text[0], r.first); });
    if (row == std::end(wellFormed) || row->size > text.size()) return false;
    for (std::size_t i = 1; i != row->size; ++i) {
      constexpr unsigned char any[] = {0x80, 0xBF};
      if (!isWithin(text[i], i == 1 ? row->second : any)) return false;
    }
    text.remove_prefix(row->size);
  }
  return true;
}

bool isWellFormed(const Json& json) {
  const auto isText = [](const std::string& name) { return isWellFormed(std::string_view(name)); };
  return isText(json.text()) && std::all_of(json.names().begin(), json.names().end(), isText) &&
         std::all_of(json.items().begin(), json.items().end(),
                     [](const Json& item) { return isWellFormed(item); });
}

constexpr const char refused[] = "(refused)";
constexpr const char none[] = "(none)";

std::string expectedText(const Json& member) {
  return member.isNull() ? none : member.type() == Json::Type::String ? member.text() : refused;
}

/// What a body has for the ARN and the source's token.
std::string expected(const std::string& body) {
  const bool hasNul = body.find('\0') != std::string::npos;
  const std::optional<Json> json = hasNul ? std::nullopt : Json::parse(body);
  if (!json || json->type() != Json::Type::Object || !isWellFormed(*json)) return refused;
  const std::string arn = expectedText((*json)["tunnelArn"]);
  const std::string token = expectedText((*json)["sourceAccessToken"]);
  return arn == refused || token == refused ? refused : arn + '\n' + token;
}

std::string read(const std::string& body) {
  HttpResponse response;
  response.status = 200;
  response.body.assign(body);
  const Result<RotateTunnelAccessTokenResponse> parsed = parseResponse(response);
  if (!parsed) return refused;
  const std::string arn = parsed->tunnelArn.value_or(none);
  const auto& token = parsed->sourceAccessToken;
  return arn + '\n' + (token ? std::string(token->expose()) : none);
}

/// Fails once for all bodies, and shows the first.
struct Differences {
  int count = 0;
  std::string first;
  void check(const std::string& body) {
    if (read(body) != expected(body) && count++ == 0) first = body;
  }
};

constexpr std::size_t longestWord = 8;

}  // namespace

TEST_CASE("each kind of character is read the same at each place of a word") {
  const std::string kinds[] = {std::string(1, '\0'),
                               "\x01",
                               "\x1f",
                               " ",
                               "!",
                               "\"",
                               "#",
                               "[",
                               "\\",
                               "]",
                               "\x7f",
                               "\x80",
                               "\xa2",
                               "\xa3",
                               "\xc3",
                               "\xdc",
                               "\xff",
                               "\xc3\xa9",
                               "\xe2\x82\xac",
                               "\xed\xa0\x80",
                               "\xf0\x9f\x98\x80",
                               "\xf4\x90\x80\x80",
                               "\\n",
                               "\\\"",
                               "\\u0041",
                               "\\ud83d\\ude00",
                               "\\udc00"};
  Differences differences;
  for (const std::string& kind : kinds) {
    for (std::size_t blanks = 0; blanks != longestWord; ++blanks) {
      for (std::size_t size = 0; size != 2 * longestWord + 2; ++size) {
        for (std::size_t place = 0; place <= size; ++place) {
          std::string text(size, 'x');
          text.insert(place, kind);
          differences.check(std::string(blanks, ' ') + R"({"tunnelArn":")" + text + "\"}");
        }
      }
    }
  }
  INFO(differences.first);
  CHECK(differences.count == 0);
}

TEST_CASE("a body that ends anywhere is refused as by a plain reader") {
  const std::string whole =
      R"({"sourceAccessToken":"AQGAAXiMFWc\u003d\ud83d\ude00abcdefghijkl","tunnelArn":"arn:aws:iot"})";
  Differences differences;
  for (std::size_t size = 0; size <= whole.size(); ++size)
    differences.check(whole.substr(0, size));
  INFO(differences.first);
  CHECK(differences.count == 0);
}

TEST_CASE("mutated bodies are read as by a plain reader") {
  const std::string seeds[] = {
      R"({"tunnelArn":"arn:aws:iot:us-east-1:123456789012:tunnel/01234567","sourceAccessToken":"AQGAAXiMFWcXyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"})",
      R"({"tunnelArn":"Gr\u00fc\u00dfe \ud83d\ude00 \"an\" alle\\","sourceAccessToken":null,"more":[1.5,true,{"a":"b"}]})",
      "{\"tunnelArn\":\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80 und mehr als ein "
      "Wort\",\"sourceAccessToken\":\"\xe2\x82\xac\"}",
  };
  constexpr std::string_view alphabet =
      "\"\"\\\\\\u0dD8c{}[]:, nrtb/xX\x1f\x7f\x80\xbf\xc3\xe2\xed\xf0\xf4\xff!#";
  std::uint32_t state = 1;
  // Numerical Recipes' generator: the same everywhere, and its high bits will do.
  const auto below = [&](std::size_t limit) {
    state = state * 1664525 + 1013904223;
    return (state >> 8) % limit;
  };
  Differences differences;
  int understood = 0;
  for (int i = 0; i != 20'000; ++i) {
    std::string body = seeds[below(std::size(seeds))];
    for (std::size_t changes = 1 + below(3); changes != 0; --changes) {
      const std::size_t place = below(body.size());
      switch (below(3)) {
        case 0:
          body[place] = alphabet[below(alphabet.size())];
          break;
        case 1:
          body.insert(place, 1, alphabet[below(alphabet.size())]);
          break;
        default:
          body.erase(place, 1 + below(4));
          break;
      }
    }
    if (expected(body) != refused) ++understood;
    differences.check(body);
  }
  INFO(differences.first);
  CHECK(differences.count == 0);
  CHECK(understood > 2'000);
}
