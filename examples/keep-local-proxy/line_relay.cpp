// SPDX-License-Identifier: BSL-1.0
#include "line_relay.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace {

/// What a reader who is gone does not get is lost: the program goes on.
void writeAll(int to, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(to, text.data(), text.size());
    if (written < 0 && errno == EAGAIN) {
      pollfd writable{to, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (written < 0 && errno != EINTR) {
      return;
    } else if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
}

}  // namespace

bool LineRelay::relay() {
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = read(from_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    text_.append(buffer.data(), static_cast<std::size_t>(count));
    for (std::size_t end = text_.find('\n'); end != text_.npos; end = text_.find('\n'))
      passOn(end + 1);
    // The token may be in two parts of a line.
    if (text_.size() > longestLine) passOn(text_.size() - secret_.size());
  }
}

void LineRelay::finish() {
  if (!text_.empty()) passOn(text_.size());
}

void LineRelay::passOn(std::size_t size) {
  std::string line;
  if (!secret_.empty()) {
    for (std::size_t at = text_.find(secret_); at < size; at = text_.find(secret_, at)) {
      text_.replace(at, secret_.size(), "***");
      size = size + 3 - secret_.size();
    }
  }
  line.assign(text_, 0, size);
  text_.erase(0, size);
  writeAll(to_, line);
  if (line.back() == '\n') line.pop_back();
  onLine_(line);
}
