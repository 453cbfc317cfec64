// SPDX-License-Identifier: BSL-1.0
#include "number.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>

namespace jmespath {

namespace {

bool isDecimal(char c) {
  return c >= '0' && c <= '9';
}

bool isSumInRange(std::int64_t left, std::int64_t right) {
  using Limits = std::numeric_limits<std::int64_t>;
  return right < 0 ? left >= Limits::min() - right : left <= Limits::max() - right;
}

/// Decimal digits with their sign apart.
struct Decimal {
  bool negative = false;
  std::string_view digits;
};

Decimal split(std::string_view text) {
  const bool negative = text.substr(0, 1) == "-";
  return {negative, text.substr(negative ? 1 : 0)};
}

/// -1, 0 or 1. Neither has leading zeros.
int compareDigits(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
  const int order = left.compare(right);
  return order < 0 ? -1 : static_cast<int>(order > 0);
}

std::string addDigits(std::string_view left, std::string_view right) {
  std::string sum;
  int carry = 0;
  for (std::size_t i = 0; i < std::max(left.size(), right.size()) || carry != 0; ++i) {
    if (i < left.size()) carry += left[left.size() - 1 - i] - '0';
    if (i < right.size()) carry += right[right.size() - 1 - i] - '0';
    sum += static_cast<char>('0' + carry % 10);
    carry /= 10;
  }
  std::reverse(sum.begin(), sum.end());
  return sum;
}

/// `left` is not less than `right`.
std::string subtractDigits(std::string_view left, std::string_view right) {
  std::string difference;
  int borrow = 0;
  for (std::size_t i = 0; i != left.size(); ++i) {
    int digit = left[left.size() - 1 - i] - '0' - borrow;
    if (i < right.size()) digit -= right[right.size() - 1 - i] - '0';
    borrow = static_cast<int>(digit < 0);
    difference += static_cast<char>('0' + digit + borrow * 10);
  }
  std::reverse(difference.begin(), difference.end());
  return difference;
}

std::string addDecimals(const Decimal& left, const Decimal& right) {
  if (left.negative == right.negative)
    return (left.negative ? "-" : "") + addDigits(left.digits, right.digits);
  const bool leftIsLarger = compareDigits(left.digits, right.digits) >= 0;
  const Decimal& larger = leftIsLarger ? left : right;
  const Decimal& smaller = leftIsLarger ? right : left;
  return (larger.negative ? "-" : "") + subtractDigits(larger.digits, smaller.digits);
}

/// -1, 0 or 1; 2 where `right` is not a number.
int compareExactly(std::int64_t left, double right) {
  if (std::isnan(right)) return 2;
  constexpr double limit = 9223372036854775808.0;
  if (right >= limit) return -1;
  if (right < -limit) return 1;
  const double whole = std::trunc(right);
  const auto integer = static_cast<std::int64_t>(whole);
  if (left != integer) return left < integer ? -1 : 1;
  if (right == whole) return 0;
  return whole < right ? -1 : 1;
}

std::string realText(double real) {
  if (std::isnan(real)) return "NaN";
  if (std::isinf(real)) return real < 0 ? "-Infinity" : "Infinity";
  std::array<char, 32> buffer{};
  std::to_chars(buffer.data(), buffer.data() + buffer.size() - 1, real,
                std::chars_format::scientific);
  const std::string_view shortest(buffer.data());
  const std::size_t mark = shortest.find('e');
  const long exponent = std::strtol(buffer.data() + mark + 1, nullptr, 10);
  // Python writes an exponent below -4 and from 16 on.
  if (exponent < -4 || exponent >= 16) return std::string(shortest);
  const std::string out = std::signbit(real) ? "-" : "";
  std::string digits;
  for (const char c : shortest.substr(0, mark)) {
    if (isDecimal(c)) digits += c;
  }
  if (exponent < 0)
    return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return out + digits + std::string(whole - digits.size(), '0') + ".0";
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

/// A finite number without a fraction as the integer that it is.
Number integerOf(double whole) {
  // DBL_MAX has 309 digits.
  std::array<char, 320> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), "%.0f", whole);
  return Number::fromDigits({buffer.data(), static_cast<std::size_t>(size)});
}

/// Python's white space, as far as ASCII goes.
bool isSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && isSpace(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && isSpace(text.back()))
    text.remove_suffix(1);
  return text;
}

/// Without the underscores that stand between two digits.
std::string withoutUnderscores(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i != text.size(); ++i) {
    const bool separates = text[i] == '_' && i != 0 && i + 1 != text.size() &&
                           isDecimal(text[i - 1]) && isDecimal(text[i + 1]);
    if (!separates) out += text[i];
  }
  return out;
}

std::size_t countDigits(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), isDecimal) -
                                  text.begin());
}

/// What a text without its sign is, to Python.
enum class Form : unsigned char { None, Integer, Real };

Form formOf(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (lower == "inf" || lower == "infinity" || lower == "nan") return Form::Real;
  std::size_t digits = countDigits(text);
  if (digits != 0 && digits == text.size()) return Form::Integer;
  text.remove_prefix(digits);
  if (text.substr(0, 1) == ".") {
    const std::size_t fraction = countDigits(text.substr(1));
    digits += fraction;
    text.remove_prefix(1 + fraction);
  }
  if (digits == 0) return Form::None;
  if (text.empty()) return Form::Real;
  if (text.front() != 'e' && text.front() != 'E') return Form::None;
  text.remove_prefix(1);
  if (text.substr(0, 1) == "-" || text.substr(0, 1) == "+") text.remove_prefix(1);
  return !text.empty() && countDigits(text) == text.size() ? Form::Real : Form::None;
}

}  // namespace

Number Number::fromDigits(std::string_view digits) {
  auto [negative, rest] = split(digits);
  rest.remove_prefix(std::min(rest.find_first_not_of('0'), rest.size()));
  if (rest.empty()) return Number(std::int64_t{0});
  Number number(std::int64_t{0});
  number.digits_ = negative ? "-" : "";
  number.digits_ += rest;
  const char* const begin = number.digits_.data();
  const char* const end = begin + number.digits_.size();
  if (std::from_chars(begin, end, number.integer_).ec == std::errc{}) {
    number.digits_.clear();
  } else {
    number.kind_ = Kind::BigInteger;
  }
  return number;
}

Number Number::fromJson(std::string_view text) {
  if (countDigits(split(text).digits) == split(text).digits.size()) return fromDigits(text);
  return Number(std::strtod(std::string(text).c_str(), nullptr));
}

std::optional<Number> Number::fromText(std::string_view text) {
  std::string number = withoutUnderscores(trim(text));
  if (number.substr(0, 1) == "+") {
    number.erase(0, 1);
    if (number.substr(0, 1) == "-") return std::nullopt;
  }
  const Form form = formOf(split(number).digits);
  if (form == Form::None) return std::nullopt;
  return form == Form::Integer ? fromDigits(number) : Number(std::strtod(number.c_str(), nullptr));
}

std::optional<std::int64_t> Number::integer() const noexcept {
  if (kind_ != Kind::Integer) return std::nullopt;
  return integer_;
}

double Number::toDouble() const noexcept {
  if (kind_ == Kind::Real) return real_;
  return kind_ == Kind::Integer ? static_cast<double>(integer_)
                                : std::strtod(digits_.c_str(), nullptr);
}

std::string Number::digits() const {
  return kind_ == Kind::BigInteger ? digits_ : std::to_string(integer_);
}

std::string Number::text() const {
  return isReal() ? realText(real_) : digits();
}

Number Number::absolute() const {
  if (isReal()) return Number(std::fabs(real_));
  return fromDigits(split(digits()).digits);
}

std::optional<Number> Number::floor() const {
  if (!isReal()) return *this;
  if (!std::isfinite(real_)) return std::nullopt;
  return integerOf(std::floor(real_));
}

std::optional<Number> Number::ceil() const {
  if (!isReal()) return *this;
  if (!std::isfinite(real_)) return std::nullopt;
  return integerOf(std::ceil(real_));
}

Number operator+(const Number& left, const Number& right) {
  if (left.isReal() || right.isReal()) return Number(left.toDouble() + right.toDouble());
  if (left.kind_ == Number::Kind::Integer && right.kind_ == Number::Kind::Integer &&
      isSumInRange(left.integer_, right.integer_))
    return Number(left.integer_ + right.integer_);
  const std::string leftDigits = left.digits();
  const std::string rightDigits = right.digits();
  return Number::fromDigits(addDecimals(split(leftDigits), split(rightDigits)));
}

bool operator==(const Number& left, const Number& right) {
  using Kind = Number::Kind;
  if (left.kind_ == Kind::Real && right.kind_ == Kind::Integer)
    return compareExactly(right.integer_, left.real_) == 0;
  if (left.kind_ == Kind::Integer && right.kind_ == Kind::Real)
    return compareExactly(left.integer_, right.real_) == 0;
  if (left.isReal() || right.isReal()) return left.toDouble() == right.toDouble();
  return left.kind_ == right.kind_ && left.integer_ == right.integer_ &&
         left.digits_ == right.digits_;
}

bool operator<(const Number& left, const Number& right) {
  using Kind = Number::Kind;
  if (left.kind_ == Kind::Real && right.kind_ == Kind::Integer)
    return compareExactly(right.integer_, left.real_) == 1;
  if (left.kind_ == Kind::Integer && right.kind_ == Kind::Real)
    return compareExactly(left.integer_, right.real_) == -1;
  if (left.isReal() || right.isReal()) return left.toDouble() < right.toDouble();
  if (left.kind_ == Kind::Integer && right.kind_ == Kind::Integer)
    return left.integer_ < right.integer_;
  const std::string leftText = left.digits();
  const std::string rightText = right.digits();
  const Decimal leftDecimal = split(leftText);
  const Decimal rightDecimal = split(rightText);
  if (leftDecimal.negative != rightDecimal.negative) return leftDecimal.negative;
  const int order = compareDigits(leftDecimal.digits, rightDecimal.digits);
  return leftDecimal.negative ? order > 0 : order < 0;
}

}  // namespace jmespath
