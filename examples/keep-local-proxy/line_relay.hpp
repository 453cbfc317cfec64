// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

/// Passes on what the program writes to one of its outputs, as it is but for the token, which
/// should not be there; and tells each line.
class LineRelay {
 public:
  using LineListener = std::function<void(std::string_view)>;

  /// `from` is read without blocking, what comes is written to `to`. `secret` and `onLine` must
  /// outlive this.
  LineRelay(int from, int to, std::string_view secret, const LineListener& onLine) noexcept
      : from_(from), to_(to), secret_(secret), onLine_(onLine) {}

  /// Reads what there is; false at its end.
  bool relay();
  /// Passes on what is left without a line end.
  void finish();

 private:
  /// A line that is longer is passed on in parts.
  static constexpr std::size_t longestLine = 65'536;

  void passOn(std::size_t size);

  const int from_;
  const int to_;
  const std::string_view secret_;
  const LineListener& onLine_;
  std::string text_;
};
