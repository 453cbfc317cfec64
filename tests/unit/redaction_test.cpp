// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/detail/redaction.hpp"

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace secure_tunneling;
using detail::Redactor;

namespace {

std::string masked(const Redactor& redactor, std::string text) {
  redactor.mask(text);
  return text;
}

/// xorshift, the same everywhere.
class Random {
 public:
  explicit Random(std::uint32_t seed) : state_(seed) {}
  /// Less than `limit`.
  std::size_t below(std::size_t limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_ % limit;
  }
  std::string text(std::string_view alphabet, std::size_t size) {
    std::string text;
    while (text.size() != size)
      text += alphabet[below(alphabet.size())];
    return text;
  }

 private:
  std::uint32_t state_;
};

constexpr std::string_view base64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string formatted(const char* format, char c) {
  char text[16];
  const int size = std::snprintf(text, sizeof text, format, static_cast<unsigned char>(c));
  return {text, static_cast<std::size_t>(size)};
}

bool isWordCharacter(char c) {
  return detail::isAlpha(c) || detail::isDigit(c);
}

/// How a character is written that is not written as it is.
struct Encoding {
  const char* name;
  /// For one that every encoder changes (all but letters and digits), and for any other.
  const char* format;
  const char* formatOfOthers;
};

constexpr Encoding encodings[] = {
    {"as it is", nullptr, nullptr},
    {"percent-encoded", "%%%02X", nullptr},
    {"percent-encoded in lower case", "%%%02x", nullptr},
    {"percent-encoded as a whole", "%%%02X", "%%%02x"},
    {"percent-encoded twice", "%%25%02X", nullptr},
    {"as in HTML", "&#%u;", nullptr},
    {"as in HTML, hexadecimal", "&#x%X;", nullptr},
    {"as in HTML, as a whole", "&#%u;", "&#x%02x;"},
    {"as in HTML twice", "&amp;#%u;", nullptr},
    {"as in JSON", "\\u%04x", nullptr},
    {"as in JSON, as a whole", "\\u%04X", "\\u%04x"},
    {"as in JSON, with backslashes", "\\%c", nullptr},
    {"as in JSON twice", "\\\\u%04x", nullptr},
    {"as in HTML in JSON", "\\u0026#%u;", nullptr},
    {"percent-encoded HTML", "%%26%%23%u%%3B", nullptr},
    {"quoted-printable", "=%02X", nullptr},
    {"as in a script", "\\x%02x", nullptr},
};

/// Parts of the letters and digits are encoded too where `isPartly`; 0 of all where it is not.
std::string encoded(const Encoding& encoding, std::string_view text, Random& random,
                    bool isPartly) {
  std::string out;
  for (const char c : text) {
    const bool isOther = isWordCharacter(c);
    const char* format = isOther ? encoding.formatOfOthers : encoding.format;
    if (isPartly && random.below(2) == 0) format = nullptr;
    if (format == nullptr) {
      out += c;
    } else {
      out += formatted(format, c);
    }
  }
  return out;
}

std::string wrapped(std::string_view text, std::size_t width, std::string_view wrap) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += width)
    out.append(i == 0 ? "" : wrap).append(text.substr(i, width));
  return out;
}

// The oracle: decoders that have nothing in common with what is tested, one kind at a time.

int hexValue(std::string_view digits) {
  unsigned value = 0;
  if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) return -1;
  return std::sscanf(std::string(digits).c_str(), "%x", &value) == 1 ? static_cast<int>(value) : -1;
}

/// Replaces `prefix` and so many hexadecimal digits.
std::string withoutHex(std::string_view text, std::string_view prefix, std::size_t digits) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool isOne =
        text.substr(i, prefix.size()) == prefix && text.size() - i >= prefix.size() + digits;
    const int value = isOne ? hexValue(text.substr(i + prefix.size(), digits)) : -1;
    out += value < 0 ? text[i] : static_cast<char>(value);
    if (value >= 0) i += prefix.size() + digits - 1;
  }
  return out;
}

std::string withoutEntities(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t end = text.find(';', i);
    out += text[i];
    if (text[i] != '&' || end == std::string_view::npos) continue;
    const std::string entity(text.substr(i + 1, end - i - 1));
    unsigned value = entity == "amp" ? '&' : 0;
    if (value == 0 && std::sscanf(entity.c_str(), "#x%x", &value) != 1 &&
        std::sscanf(entity.c_str(), "#%u", &value) != 1) {
      continue;
    }
    out.back() = static_cast<char>(value);
    i = end;
  }
  return out;
}

std::string withoutBackslashes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool isEscape = text[i] == '\\' && i + 1 < text.size() && !isWordCharacter(text[i + 1]);
    out += isEscape ? text[++i] : text[i];
  }
  return out;
}

std::string without(std::string text, std::string_view part) {
  for (std::size_t i = text.find(part); i != std::string::npos; i = text.find(part, i))
    text.erase(i, part.size());
  return text;
}

bool holdsPiece(std::string_view text, std::string_view secret, std::size_t size) {
  for (std::size_t i = 0; i + size <= secret.size(); ++i) {
    if (text.find(secret.substr(i, size)) != std::string_view::npos) return true;
  }
  return false;
}

/// Whether `text` says a piece of `secret`, decoded up to three times in any way.
bool says(const std::string& text, std::string_view secret, std::string_view wrap,
          int decodings = 3) {
  const std::string plain = wrap.empty() ? text : without(text, wrap);
  if (holdsPiece(plain, secret, 12)) return true;
  if (decodings == 0) return false;
  for (const std::string& decoded :
       {withoutHex(plain, "%", 2), withoutHex(plain, "=", 2), withoutHex(plain, "\\u", 4),
        withoutHex(plain, "\\x", 2), withoutEntities(plain), withoutBackslashes(plain)}) {
    if (decoded != plain && says(decoded, secret, wrap, decodings - 1)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("no piece of a secret is told, whatever it is written as and wherever it is cut") {
  Random random(20260115);
  const std::string_view wraps[] = {"",     "\n",       "\r\n ", "=\r\n", "<br>",
                                    "\n> ", "</b> <b>", "\\n",   "\u00AD"};
  std::size_t toldBefore = 0;
  for (int round = 0; round != 6; ++round) {
    for (const Encoding& encoding : encodings) {
      for (const std::string_view wrap : wraps) {
        const std::string secret = random.text(base64, 12 + random.below(120)) + "==";
        const bool isPartly = random.below(3) == 0;
        std::string echo = encoded(encoding, secret, random, isPartly);
        const std::size_t width = 4 + random.below(20);
        // No encoder of quoted-printable splits what it has encoded, and no tag is put there.
        if (!wrap.empty() && wrap.find_first_of("=<\\>") != std::string_view::npos) {
          echo.clear();
          for (std::size_t i = 0; i < secret.size(); i += width) {
            if (i != 0) echo += wrap;
            echo += encoded(encoding, std::string_view(secret).substr(i, width), random, isPartly);
          }
        } else if (!wrap.empty()) {
          echo = wrapped(echo, width, wrap);
        }
        const std::size_t cut = random.below(4) == 0 ? random.below(echo.size()) : 0;
        echo = echo.substr(cut);
        if (random.below(4) == 0) echo.resize(random.below(echo.size() + 1));
        const std::string front = random.below(2) == 0 ? "token: " : "<p>bad ";
        const std::string text = front + echo + (random.below(2) == 0 ? " was sent" : "</p>");
        CAPTURE(encoding.name, wrap, secret, text);
        if (says(text, secret, wrap)) ++toldBefore;
        const std::string told = masked(Redactor{"another-secret", secret}, text);
        CAPTURE(told);
        CHECK_FALSE(says(told, secret, wrap));
        CHECK(told.substr(0, 3) == front.substr(0, 3));
      }
    }
  }
  CHECK(toldBefore > 700);
}

TEST_CASE("what is no secret stays as it is") {
  Random random(7);
  const std::string secret = random.text(base64, 200);
  const std::string another = random.text(base64, 11);
  const Redactor redactor{secret, "short", "12345678", another};
  const std::string texts[] = {
      "",
      "an ordinary sentence, with a link: https://example.com/?a=1&b=%2F&amp;c",
      "<html lang=\"en\"><title>403 Forbidden</title>\r\n<p>Blocked &mdash; &#9888; by policy</p>",
      "% %% %2 &; &# &#; &#x; &amp \\ \\u \\u00 = =\r\n =3 \xff\xfe \xc2\x9b",
      "short, shorter: 1234567 and 2345678",
      "eleven: " + secret.substr(100, 11),
      random.text(base64, 1000),
  };
  for (const std::string& text : texts)
    CHECK(masked(redactor, text) == text);
  CHECK(masked(redactor, "12345678!") == "***!");
  CHECK(masked(redactor, "1234%35678!") == "***!");
  CHECK(masked(redactor, "eleven: " + another) == "eleven: ***");
  CHECK(masked(redactor, "twelve: " + secret.substr(100, 12) + ".") == "twelve: ***.");
  CHECK(masked(redactor, secret + secret) == "***");
  CHECK(masked(redactor, secret + " " + secret) == "*** ***");
  // Other letters or digits in between make it another text, and marks do not.
  CHECK(masked(Redactor{"abcdefghijklmnop"}, "abcd1efgh2ijkl3mnop") == "abcd1efgh2ijkl3mnop");
  CHECK(masked(Redactor{"abcdefghijklmnop"}, "abcdXefghYijklZmnop") == "abcdXefghYijklZmnop");
  CHECK(masked(Redactor{"abcdefghijklmnop"}, "abcd-efgh-ijkl-mnop") == "***");
  CHECK(redactor.isIn("x" + secret.substr(150)));
  CHECK_FALSE(redactor.isIn("x" + secret.substr(190)));
}

TEST_CASE("what was encoded three times is found") {
  Random random(3);
  const std::string secret = random.text("+/=", 20);
  for (const char* const format :
       {"%%2525%02X", "%%5Cu0026#%u;", "&amp;#37;%02X", "\\\\u0025%02x", "=253D%02X"}) {
    CAPTURE(format);
    const std::string echo = encoded({"", format, nullptr}, secret, random, false);
    CHECK(masked(Redactor{secret}, echo + "!") == "***!");
  }
}

TEST_CASE("a number of HTML's may have seven digits") {
  Random random(5);
  const std::string secret = random.text("tuvwxyz", 20);
  for (const char* const format : {"&#%u;", "&#%07u;", "&#x%07x;"}) {
    CAPTURE(format);
    const std::string echo = encoded({"", nullptr, format}, secret, random, false);
    CHECK(masked(Redactor{secret}, echo + "!") == "***!");
  }
}

TEST_CASE("a secret that looks like an encoding is found as it is, and encoded") {
  const std::string secret = "a%2Fb=3Dc&amp;d\\/e\\u0041f<b>g";
  const Redactor redactor{secret};
  CHECK(masked(redactor, secret + "!") == "***!");
  CHECK(masked(redactor, secret.substr(4, 12) + "!") == "***!");
  Random random(1);
  for (const Encoding& encoding : encodings) {
    CAPTURE(encoding.name);
    CHECK(masked(redactor, encoded(encoding, secret, random, false) + "!") == "***!");
  }
}

TEST_CASE("what is masked leaves nothing behind its end") {
  const std::string secret = "canary-of-a-secret-0123456789";
  std::string text = "it was " + secret + "!";
  const std::size_t size = text.size();
  Redactor{secret}.mask(text);
  CHECK(text == "it was ***!");
  const std::string_view buffer(text.data(), text.capacity() < size ? text.size() : size);
  CHECK(buffer.find("canary") == std::string_view::npos);
  CHECK(buffer.find("6789") == std::string_view::npos);
}

TEST_CASE("a quoted text says whether there was more of it") {
  const Redactor redactor{"canary-of-a-secret"};
  CHECK(redactor.quote("abc", 4) == "abc");
  CHECK(redactor.quote("abcd", 4) == "abcd");
  CHECK(redactor.quote("abcde", 4) == "abcd...");
  CHECK(redactor.quote("a canary-of-a-secret b", 14) == "a ***...");
}

TEST_CASE("a hostile text takes no longer than its length allows") {
  const std::string token(2000, 'a');
  const std::string key = "b" + std::string(60, '%');
  const Redactor redactor{token, key};
  for (const char* const part : {"a", "%", "%2", "%25", "a%0a", "a<", "<", "&", "&a", "&#x0", "\\",
                                 "\\u", "=", "a ", " ", "\"", "\" ", "b%"}) {
    CAPTURE(part);
    std::string text;
    while (text.size() < Redactor::longestMessage)
      text += part;
    redactor.mask(text);
    CHECK(text.size() <= Redactor::longestMessage + 4);
  }
}

TEST_CASE("only a UUID is taken for a request id that needs no mask") {
  CHECK(detail::isUuid("01234567-89ab-cdef-0123-456789ABCDEF"));
  CHECK_FALSE(detail::isUuid(""));
  CHECK_FALSE(detail::isUuid("01234567-89ab-cdef-0123-456789abcde"));
  CHECK_FALSE(detail::isUuid("01234567-89ab-cdef-0123-456789abcdeg"));
  CHECK_FALSE(detail::isUuid("01234567089ab-cdef-0123-456789abcdef"));
  CHECK_FALSE(detail::isUuid("01234567-89ab-cdef-0123-456789abcdef0"));
}
