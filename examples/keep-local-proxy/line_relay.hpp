// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <poll.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// Passes on what the program writes to one of its outputs, as it is but for the token, which
/// should not be there; and tells each line once it is written. It reads no further while nobody
/// takes what it has.
class LineRelay {
 public:
  using LineListener = std::function<void(std::string_view)>;

  /// `from` is read without blocking, what comes is written to `to`, which should not block: see
  /// `withoutBlocking`. `secret` and `onLine` must outlive this.
  LineRelay(int from, int to, std::string_view secret, const LineListener& onLine) noexcept
      : from_(from), to_(to), secret_(secret), onLine_(onLine) {}

  /// What to wait for before the next step; nothing, by a negative descriptor, at the end.
  [[nodiscard]] pollfd awaited() const noexcept;
  /// Reads once, or writes once what was read before, as much as does not block.
  void step();
  /// Reads what there is, no more than a pipe holds, and takes it for the end.
  void finish();
  /// Whether there is something that was read and not written.
  [[nodiscard]] bool isPending() const noexcept { return !passed_.empty(); }

 private:
  /// A line that is longer is passed on in parts.
  static constexpr std::size_t longestLine = 65'536;

  /// False where there is nothing to read.
  bool readOnce();
  void writeOnce();
  void passOn(std::size_t size);

  int from_;
  const int to_;
  const std::string_view secret_;
  const LineListener& onLine_;
  std::string text_;
  /// What is to be written, and the lines in it.
  std::string passed_;
  std::vector<std::string> lines_;
};
