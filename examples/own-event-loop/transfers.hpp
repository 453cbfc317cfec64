// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <curl/curl.h>

#include <functional>
#include <map>

#include "event_loop.hpp"

/// libcurl's transfers on an event loop: all of them share the loop's thread, and none waits.
///
/// Where libcurl was not built with c-ares, it looks up a host name in a thread of its own
/// meanwhile; an address or CURLOPT_RESOLVE needs none.
class Transfers {
 public:
  using OnDone = std::function<void(CURLcode code)>;

  explicit Transfers(EventLoop& loop);
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  /// Runs the transfer that `handle` was made ready for, and says how it ended. The handle must
  /// outlive it. False when it cannot begin; then nothing more is said.
  [[nodiscard]] bool start(CURL* handle, OnDone onDone);
  /// Takes a transfer back; nothing more is said of it. False where it is not running.
  bool stop(CURL* handle);

 private:
  static int onSocket(CURL* handle, curl_socket_t socket, int what, void* user, void* ofSocket);
  static int onTimer(CURLM* multi, long milliseconds, void* user);

  void act(curl_socket_t socket, int events);

  EventLoop& loop_;
  CURLM* multi_;
  EventLoop::Timer timer_ = 0;
  std::map<CURL*, OnDone> running_;
};
