// SPDX-License-Identifier: BSL-1.0
#include "event_loop.hpp"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <vector>

namespace {

std::int64_t nowMs() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

}  // namespace

void EventLoop::watch(int socket, short events, OnReady action) {
  watches_[socket] = {events, std::move(action)};
}

void EventLoop::unwatch(int socket) {
  watches_.erase(socket);
}

EventLoop::Timer EventLoop::after(std::int64_t milliseconds, OnTime action) {
  timers_.emplace(std::pair(nowMs() + milliseconds, ++lastTimer_), std::move(action));
  return lastTimer_;
}

void EventLoop::cancel(Timer timer) {
  const auto found = std::find_if(timers_.begin(), timers_.end(),
                                  [&](const auto& entry) { return entry.first.second == timer; });
  if (found != timers_.end()) timers_.erase(found);
}

void EventLoop::run() {
  while (!watches_.empty() || !timers_.empty()) {
    int timeoutMs = -1;
    if (!timers_.empty()) {
      const std::int64_t leftMs = timers_.begin()->first.first - nowMs();
      timeoutMs = static_cast<int>(std::clamp<std::int64_t>(leftMs, 0, 1'000'000));
    }
    runSockets(timeoutMs);
    runTimers();
  }
}

void EventLoop::runSockets(int timeoutMs) {
  std::vector<pollfd> sockets;
  for (const auto& [socket, watch] : watches_)
    sockets.push_back({socket, watch.events, 0});
  poll(sockets.data(), sockets.size(), timeoutMs);
  for (const pollfd& ready : sockets) {
    // An action may have ended another's watch.
    const auto found = watches_.find(ready.fd);
    if (ready.revents == 0 || found == watches_.end()) continue;
    const OnReady action = found->second.action;
    action(ready.revents);
  }
}

void EventLoop::runTimers() {
  // Those that the actions set are for the next turn, even where they are due at once.
  const std::pair last(nowMs(), lastTimer_);
  while (!timers_.empty() && timers_.begin()->first <= last) {
    const OnTime action = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    action();
  }
}
