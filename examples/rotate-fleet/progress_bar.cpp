// SPDX-License-Identifier: BSL-1.0
#include "progress_bar.hpp"

#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "output.hpp"

std::string progressLine(std::size_t done, std::size_t total, std::size_t failed) {
  constexpr std::size_t cells = 30;
  const std::size_t full = total == 0 ? cells : done * cells / total;
  std::string line = "[" + std::string(full, '#') + std::string(cells - full, '.') + "] " +
                     std::to_string(done) + " of " + std::to_string(total);
  if (failed != 0) line += ", " + std::to_string(failed) + " failed";
  return line;
}

ProgressBar::ProgressBar(std::size_t total)
    : total_(total), isTerminal_(isatty(STDERR_FILENO) == 1) {
  const char* const terminal = std::getenv("TERM");
  if (terminal != nullptr && std::strcmp(terminal, "dumb") == 0) isTerminal_ = false;
}

void ProgressBar::show(std::size_t done, std::size_t failed) {
  if (!isTerminal_) return;
  std::string line = progressLine(done, total_, failed);
  if (line == shown_) return;
  shown_ = std::move(line);
  // Over what stands there, of which the rest is erased.
  static_cast<void>(writeTo(STDERR_FILENO, "\r" + shown_ + "\x1b[K"));
}

void ProgressBar::clear() {
  if (shown_.empty()) return;
  shown_.clear();
  static_cast<void>(writeTo(STDERR_FILENO, "\r\x1b[K"));
}
