// SPDX-License-Identifier: BSL-1.0
#include "yaml_plain.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>

namespace {

constexpr std::string_view digits = "0123456789";

/// Reads a text from the front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  /// Takes one character out of `set`, or none.
  bool one(std::string_view set) { return some(set, 1, 1); }
  /// Takes characters out of `set`, as many as there are up to `most`; false, and none taken, where
  /// they are fewer than `least`.
  bool some(std::string_view set, std::size_t least, std::size_t most = std::string_view::npos) {
    const std::size_t found = std::min(rest_.find_first_not_of(set), rest_.size());
    const std::size_t count = std::min(found, most);
    if (count < least) return false;
    rest_.remove_prefix(count);
    return true;
  }
  bool word(std::string_view word) {
    if (rest_.substr(0, word.size()) != word) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  [[nodiscard]] bool atEnd() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool isOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool isInteger(std::string_view text) {
  constexpr std::array<std::array<std::string_view, 2>, 4> forms = {
      {{"0b", "01_"}, {"0o", "01234567_"}, {"", "0123456789_"}, {"0x", "0123456789abcdefABCDEF_"}}};
  return std::any_of(forms.begin(), forms.end(), [&](const auto& form) {
    Scanner scanner(text);
    return scanner.word(form[0]) && scanner.some(form[1], 1) && scanner.atEnd();
  });
}

bool isReal(std::string_view text) {
  if (isOneOf(text, {".inf", ".Inf", ".INF"})) return true;
  Scanner scanner(text);
  const bool hasWhole = scanner.one(digits);
  if (hasWhole) scanner.some("0123456789_", 0);
  const bool hasPoint = scanner.word(".");
  if (hasPoint && !scanner.some("0123456789_", hasWhole ? 0 : 1)) return false;
  if (!hasWhole && !hasPoint) return false;
  if (!scanner.one("eE")) return hasPoint && scanner.atEnd();
  // Without digits before the point the exponent has a sign.
  if (!scanner.one("+-") && !hasWhole) return false;
  return scanner.some(digits, 1) && scanner.atEnd();
}

/// `2020-01-01`, or with a time and its zone.
bool isTimestamp(std::string_view text) {
  Scanner date(text);
  if (date.some(digits, 4, 4) && date.word("-") && date.some(digits, 2, 2) && date.word("-") &&
      date.some(digits, 2, 2) && date.atEnd())
    return true;
  Scanner scanner(text);
  const bool hasTime =
      scanner.some(digits, 4, 4) && scanner.word("-") && scanner.some(digits, 1, 2) &&
      scanner.word("-") && scanner.some(digits, 1, 2) &&
      (scanner.one("Tt") || scanner.some(" \t", 1)) && scanner.some(digits, 1, 2) &&
      scanner.word(":") && scanner.some(digits, 2, 2) && scanner.word(":") &&
      scanner.some(digits, 2, 2);
  if (!hasTime) return false;
  if (scanner.word(".")) scanner.some(digits, 0);
  if (scanner.atEnd()) return true;
  scanner.some(" \t", 0);
  if (scanner.word("Z")) return scanner.atEnd();
  if (!scanner.one("+-") || !scanner.some(digits, 1, 2)) return false;
  return scanner.atEnd() || (scanner.word(":") && scanner.some(digits, 2, 2) && scanner.atEnd());
}

}  // namespace

PlainScalar plainScalar(std::string_view text) {
  if (isOneOf(text, {"", "~", "null", "Null", "NULL"})) return PlainScalar::Null;
  if (isOneOf(text, {"true", "True", "TRUE", "false", "False", "FALSE"}))
    return PlainScalar::Boolean;
  if (isOneOf(text, {".nan", ".NaN", ".NAN"})) return PlainScalar::Number;
  if (isOneOf(text, {"<<", "="})) return PlainScalar::Mark;
  if (isTimestamp(text)) return PlainScalar::Date;
  constexpr std::string_view numberBegins = "+-.0123456789";
  if (numberBegins.find(text.front()) == std::string_view::npos) return PlainScalar::String;
  const bool hasSign = text.front() == '+' || text.front() == '-';
  const std::string_view number = text.substr(hasSign ? 1 : 0);
  return isInteger(number) || isReal(number) ? PlainScalar::Number : PlainScalar::String;
}
