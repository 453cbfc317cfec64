// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>

/// How far a fleet is, on one line of the terminal that standard error is; nothing anywhere else.
class ProgressBar {
 public:
  explicit ProgressBar(std::size_t total);
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(std::size_t done, std::size_t failed);
  /// Makes room for a message.
  void clear();

 private:
  const std::size_t total_;
  bool isTerminal_;
  std::string shown_;
};

/// Such a line for a terminal with `columns`: `[#####.....] 5 of 10, 1 failed`; where there is no
/// room for a bar, the rest, and nothing where there is none for that.
std::string progressLine(std::size_t done, std::size_t total, std::size_t failed,
                         std::size_t columns);
