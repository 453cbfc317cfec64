// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/types.h>

/// A small process beside this one that outlives it just long enough to end a group of processes
/// with it, also when this one is killed without a word. (That the kernel signals a child whose
/// parent dies is neither for a child's children nor for a program with privileges of its own.)
class Guard {
 public:
  /// Starts it; early, while nothing is open that it should not hold.
  Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard();

  /// The group that ends with this process; called by the group's first process, between fork and
  /// exec.
  void watch(pid_t group) const;
  /// The group has ended, and its number may soon be that of another.
  void forget() const { watch(0); }

 private:
  int end_ = -1;
};
