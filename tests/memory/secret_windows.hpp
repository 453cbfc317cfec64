// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Secrets to look for in memory, by their every window of eight bytes: a part of a copy is one
/// too. Searching does not allocate.
class SecretWindows {
 public:
  static constexpr std::size_t size = 8;

  /// `name` says in a report what was found.
  void add(std::string name, std::string_view secret) {
    names_.push_back(std::move(name));
    for (std::size_t at = 0; at + size <= secret.size(); ++at) {
      Window window;
      std::memcpy(window.bytes.data(), secret.data() + at, size);
      window.name = names_.size() - 1;
      // A run of one byte is in all memory.
      if (std::count(window.bytes.begin(), window.bytes.end(), window.bytes[0]) < 4)
        windows_.push_back(window);
    }
    std::sort(windows_.begin(), windows_.end());
    for (const Window& window : windows_)
      begins_[window.first()] = true;
  }

  /// Calls `found(name, offset)` for the first window of each stretch of secret in `memory`.
  template <class Found>
  void search(const char* memory, std::size_t length, Found found) const {
    std::size_t next = 0;
    for (std::size_t at = 0; at + size <= length; ++at) {
      std::memcpy(searched_.bytes.data(), memory + at, size);
      if (!begins_[searched_.first()]) continue;
      const auto match = std::lower_bound(windows_.begin(), windows_.end(), searched_);
      if (match == windows_.end() || match->bytes != searched_.bytes) continue;
      if (at >= next) found(names_[match->name], at);
      next = at + size;
    }
  }

 private:
  struct Window {
    std::array<unsigned char, size> bytes{};
    std::size_t name = 0;
    [[nodiscard]] std::size_t first() const noexcept { return bytes[0] * 256U + bytes[1]; }
    bool operator<(const Window& other) const noexcept { return bytes < other.bytes; }
  };

  std::vector<std::string> names_;
  std::vector<Window> windows_;
  std::array<bool, 65536> begins_{};
  mutable Window searched_;
};
