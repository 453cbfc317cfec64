// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>

/// What SIGINT, SIGTERM and SIGHUP (where they are not ignored) ask a fleet for.
struct StopSignals {
  /// To begin no more calls.
  static std::atomic<bool> stopped;
  /// To give up those that are under way: set by the second signal.
  static std::atomic<bool> cancelled;
  /// The first signal; 0 where there was none.
  static std::atomic<int> number;

  static void watch();
};
