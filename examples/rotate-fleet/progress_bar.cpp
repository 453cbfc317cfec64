// SPDX-License-Identifier: BSL-1.0
#include "progress_bar.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "output.hpp"

namespace {

/// As wide as the terminal is at the time; what is usual where it does not say.
std::size_t columnsOfTerminal() {
  winsize size{};
  const bool isKnown = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0;
  return isKnown ? size.ws_col : 80;
}

}  // namespace

std::string progressLine(std::size_t done, std::size_t total, std::size_t failed,
                         std::size_t columns) {
  constexpr std::size_t mostCells = 30;
  constexpr std::size_t fewestCells = 5;
  std::string text = std::to_string(done) + " of " + std::to_string(total);
  if (failed != 0) text += ", " + std::to_string(failed) + " failed";
  // A line that fills the last column may go on the next, where no update erases it.
  if (columns <= text.size()) return {};
  // Two brackets, a blank, and that column.
  const std::size_t others = text.size() + 4;
  if (columns < others + fewestCells) return text;
  const std::size_t cells = std::min(columns - others, mostCells);
  const std::size_t full = total == 0 ? cells : done * cells / total;
  return "[" + std::string(full, '#') + std::string(cells - full, '.') + "] " + text;
}

ProgressBar::ProgressBar(std::size_t total)
    : total_(total), isTerminal_(isatty(STDERR_FILENO) == 1) {
  const char* const terminal = std::getenv("TERM");
  if (terminal != nullptr && std::strcmp(terminal, "dumb") == 0) isTerminal_ = false;
}

void ProgressBar::show(std::size_t done, std::size_t failed) {
  if (!isTerminal_) return;
  std::string line = progressLine(done, total_, failed, columnsOfTerminal());
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
