// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

// What every fuzz target has. A target is a file of `fuzz()`, which ends the program where a claim
// does not hold; main() is libFuzzer's, or replay.cpp's.

/// Does all with one input. The same input does the same.
void fuzz(std::string_view input);

/// Ends the program where a claim does not hold; `value` is what it is about.
inline void require(bool holds, const char* claim, std::string_view value = "") {
  if (holds) return;
  std::fprintf(stderr, "\ndoes not hold: %s\n", claim);
  std::fprintf(stderr, "for: %.*s\n", static_cast<int>(value.size()), value.data());
  std::abort();
}

/// An input as a list of texts, in front of each but the first of which stands this mark.
inline constexpr char mark = '\x1e';

/// The next text of `rest`, which is moved behind it.
inline std::string_view takeText(std::string_view& rest) {
  const std::size_t size = rest.find(mark);
  const std::string_view text = rest.substr(0, size);
  rest.remove_prefix(size == std::string_view::npos ? rest.size() : size + 1);
  return text;
}

/// An input as a program: a line is a letter and its arguments. So a seed is written by hand, and
/// what libFuzzer does to text and to numbers in it gives another program.
class Script {
 public:
  explicit Script(std::string_view text) noexcept : rest_(text) {}

  /// Goes to the next line; false behind the last one.
  bool next() noexcept {
    if (rest_.empty()) return false;
    const std::size_t size = rest_.find('\n');
    line_ = rest_.substr(0, size);
    rest_.remove_prefix(size == std::string_view::npos ? rest_.size() : size + 1);
    letter_ = line_.empty() ? ' ' : line_.front();
    if (!line_.empty()) line_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] char letter() const noexcept { return letter_; }
  /// What is left of the line.
  [[nodiscard]] std::string_view text() const noexcept {
    return line_.substr(line_.substr(0, 1) == " " ? 1 : 0);
  }
  /// The next number of the line, 0 without one. A number of more than 64 bits is another one.
  std::int64_t number() noexcept {
    while (!line_.empty() && line_.front() == ' ')
      line_.remove_prefix(1);
    const bool isNegative = line_.substr(0, 1) == "-";
    if (isNegative) line_.remove_prefix(1);
    std::uint64_t number = 0;
    for (; !line_.empty() && line_.front() >= '0' && line_.front() <= '9'; line_.remove_prefix(1))
      number = number * 10 + static_cast<unsigned char>(line_.front() - '0');
    return static_cast<std::int64_t>(isNegative ? 0 - number : number);
  }
  /// One that is less than `end`.
  std::size_t below(std::size_t end) noexcept {
    return static_cast<std::size_t>(static_cast<std::uint64_t>(number()) % end);
  }

 private:
  std::string_view rest_;
  std::string_view line_;
  char letter_ = ' ';
};
