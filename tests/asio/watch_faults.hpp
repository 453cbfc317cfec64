// SPDX-License-Identifier: BSL-1.0
#pragma once

/// While one lives: what goes wrong where this thread has a socket watched.
class WatchFault {
 public:
  enum class Kind : unsigned char {
    NoRoom,    ///< the system's list of what is watched has no room
    NoMemory,  ///< the first allocation behind each making of a socket is refused
  };
  explicit WatchFault(Kind kind) noexcept;
  ~WatchFault();
  WatchFault(const WatchFault&) = delete;
  WatchFault& operator=(const WatchFault&) = delete;

  /// How often it has.
  [[nodiscard]] int count() const noexcept;
};
