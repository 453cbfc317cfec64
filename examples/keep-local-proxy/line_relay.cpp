// SPDX-License-Identifier: BSL-1.0
#include "line_relay.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

pollfd LineRelay::awaited() const noexcept {
  if (isPending()) return {to_, POLLOUT, 0};
  return {from_, POLLIN, 0};
}

void LineRelay::step() {
  if (isPending()) {
    writeOnce();
  } else {
    readOnce();
  }
}

void LineRelay::finish() {
  // A process that has got away from the program's group may go on writing.
  constexpr std::size_t mostOfPipe = std::size_t{1} << 20U;
  const std::size_t most = passed_.size() + mostOfPipe;
  while (from_ != -1 && passed_.size() < most && readOnce()) {
  }
  from_ = -1;
  if (!text_.empty()) passOn(text_.size());
}

bool LineRelay::readOnce() {
  std::array<char, 4096> buffer{};
  const ssize_t count = read(from_, buffer.data(), buffer.size());
  if (count < 0 && errno == EINTR) return true;
  if (count < 0 && errno == EAGAIN) return false;
  if (count <= 0) {
    from_ = -1;
    return false;
  }
  text_.append(buffer.data(), static_cast<std::size_t>(count));
  for (std::size_t end = text_.find('\n'); end != text_.npos; end = text_.find('\n'))
    passOn(end + 1);
  // The token may be in two parts of a line.
  if (text_.size() > longestLine) passOn(text_.size() - secret_.size());
  return true;
}

void LineRelay::writeOnce() {
  // So much a pipe takes at once where it takes any, also where it cannot be set to not block.
  constexpr std::size_t most = 4096;
  const ssize_t written = write(to_, passed_.data(), std::min(passed_.size(), most));
  if (written < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // What a reader who is gone does not get is lost: the program goes on.
  passed_.erase(0, written < 0 ? passed_.npos : static_cast<std::size_t>(written));
  if (isPending()) return;
  for (const std::string& line : lines_)
    onLine_(line);
  lines_.clear();
}

void LineRelay::passOn(std::size_t size) {
  if (!secret_.empty()) {
    for (std::size_t at = text_.find(secret_); at < size; at = text_.find(secret_, at)) {
      text_.replace(at, secret_.size(), "***");
      size = size + 3 - secret_.size();
    }
  }
  std::string_view line = std::string_view(text_).substr(0, size);
  passed_.append(line);
  if (line.back() == '\n') line.remove_suffix(1);
  lines_.emplace_back(line);
  text_.erase(0, size);
}
