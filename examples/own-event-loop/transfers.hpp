// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <curl/curl.h>

#include "event_loop.hpp"
#include "secure_tunneling/adapters/curl_driver.hpp"
#include "secure_tunneling/adapters/system_clock.hpp"

/// The library's driver on an event loop: libcurl's sockets and timer become the loop's, and the
/// driver's waits too. All machines share the loop's thread, and none holds up another.
///
/// Where libcurl was not built with c-ares, it looks up a host name in a thread of its own
/// meanwhile; an address or CURLOPT_RESOLVE needs none.
class Transfers {
 public:
  explicit Transfers(EventLoop& loop);
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  /// Drives `machine` to its end, of which the task is told.
  void start(secure_tunneling::CurlDriver::Task& task, secure_tunneling::Steps& machine,
             secure_tunneling::CurlTransport& transport);
  /// Ends what a machine that has been cancelled waits for.
  void interrupt(secure_tunneling::CurlDriver::Task& task);
  [[nodiscard]] EventLoop& loop() noexcept { return loop_; }

 private:
  static int onSocket(CURL* handle, curl_socket_t socket, int what, void* user, void* ofSocket);
  static int onTimer(CURLM* multi, long milliseconds, void* user);

  void act(curl_socket_t socket, int events);
  void setWait();

  struct Multi {
    Multi() = default;
    ~Multi() { curl_multi_cleanup(handle); }
    Multi(const Multi&) = delete;
    Multi& operator=(const Multi&) = delete;
    CURLM* handle = curl_multi_init();
  };

  EventLoop& loop_;
  Multi multi_;
  secure_tunneling::SystemClock clock_;
  secure_tunneling::CurlDriver driver_;
  EventLoop::Timer timer_ = 0;
  EventLoop::Timer wait_ = 0;
};
