// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

/// A program's event loop in its smallest form: sockets and timers over poll(), on one thread.
class EventLoop {
 public:
  using OnReady = std::function<void(short events)>;
  using OnTime = std::function<void()>;

  EventLoop() = default;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Calls `action` whenever `socket` is ready for one of `events`, as poll() names them; replaces
  /// what was there for this socket.
  void watch(int socket, short events, OnReady action);
  void unwatch(int socket);

  /// Names a timer, to cancel it. None is 0.
  using Timer = std::uint64_t;
  Timer after(std::int64_t milliseconds, OnTime action);
  void cancel(Timer timer);

  /// Runs until no socket is watched and no timer is set.
  void run();

 private:
  struct Watch {
    short events = 0;
    OnReady action;
  };
  /// By the time they are due, and then in the order they were made.
  using Timers = std::map<std::pair<std::int64_t, Timer>, OnTime>;

  void runSockets(int timeoutMs);
  void runTimers();

  std::map<int, Watch> watches_;
  Timers timers_;
  Timer lastTimer_ = 0;
};
