// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jmespath {

/// A number as Python has them, whose rules the AWS CLI's queries have: an integer of any size, or
/// a double. What is done with two integers gives an integer.
class Number {
 public:
  explicit Number(std::int64_t integer) noexcept : integer_(integer) {}
  explicit Number(double real) noexcept : kind_(Kind::Real), real_(real) {}
  /// From decimal digits, a minus before them or not.
  static Number fromDigits(std::string_view digits);
  /// From a number as JSON writes it, or `NaN`, `Infinity` and `-Infinity`.
  static Number fromJson(std::string_view text);
  /// From what Python's int() and float() take: white space around it, a plus, underscores between
  /// digits.
  static std::optional<Number> fromText(std::string_view text);

  [[nodiscard]] bool isReal() const noexcept { return kind_ == Kind::Real; }
  /// The integer, where it is one and 64 bits hold it.
  [[nodiscard]] std::optional<std::int64_t> integer() const noexcept;
  /// An integer too large for a double is infinite.
  [[nodiscard]] double toDouble() const noexcept;
  /// As Python and the AWS CLI write it: `1000.0`, `1e+16`, `Infinity`.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] Number absolute() const;
  /// The integer below or at it, above or at it: nothing where it is not finite.
  [[nodiscard]] std::optional<Number> floor() const;
  [[nodiscard]] std::optional<Number> ceil() const;

  friend Number operator+(const Number& left, const Number& right);
  friend bool operator==(const Number& left, const Number& right);
  friend bool operator<(const Number& left, const Number& right);

 private:
  enum class Kind : unsigned char { Integer, BigInteger, Real };

  [[nodiscard]] std::string digits() const;

  Kind kind_ = Kind::Integer;
  std::int64_t integer_ = 0;
  double real_ = 0;
  std::string digits_;  // a big integer's: no leading zeros, no plus
};

}  // namespace jmespath
