// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <curl/curl.h>

#include <asio/any_io_executor.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <cstdint>
#include <map>
#include <memory>

#include "secure_tunneling/adapters/curl_driver.hpp"
#include "secure_tunneling/adapters/system_clock.hpp"

/// The library's driver on Asio: libcurl's sockets and timer become Asio's, and the driver's waits
/// too. All machines share the executor's thread, and none holds up another.
///
/// Not thread-safe: the executor is that of a context that one thread runs, or a strand, and all of
/// this is called in it. Where libcurl was not built with c-ares, it looks up a host name in a
/// thread of its own meanwhile.
///
/// Where the system has no room to watch a socket, or memory runs out as libcurl asks for that,
/// libcurl is asked every 20 ms instead, until no call is under way.
class AsioDriver {
 public:
  explicit AsioDriver(const asio::any_io_executor& executor);
  ~AsioDriver();
  AsioDriver(const AsioDriver&) = delete;
  AsioDriver& operator=(const AsioDriver&) = delete;

  /// Drives `machine` to its end, of which the task is told.
  void start(secure_tunneling::CurlDriver::Task& task, secure_tunneling::Steps& machine,
             secure_tunneling::CurlTransport& transport);
  /// Ends what a machine that has been cancelled waits for.
  void interrupt(secure_tunneling::CurlDriver::Task& task);
  /// Lets go of a machine where it is. Nobody is told.
  void stop(secure_tunneling::CurlDriver::Task& task);

 private:
  /// A socket of libcurl's, which alone closes it.
  struct Socket {
    Socket(const asio::any_io_executor& executor, curl_socket_t socket)
        : descriptor(executor, socket) {}
    ~Socket() { descriptor.release(); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    asio::posix::stream_descriptor descriptor;
    int wanted = 0;   ///< CURL_POLL_IN, CURL_POLL_OUT or both
    int awaited = 0;  ///< for which of them Asio waits
  };
  struct Multi {
    Multi() = default;
    ~Multi() { curl_multi_cleanup(handle); }
    Multi(const Multi&) = delete;
    Multi& operator=(const Multi&) = delete;
    CURLM* handle = curl_multi_init();
  };

  static int onSocket(CURL* handle, curl_socket_t number, int what, void* user,
                      void* ofSocket) noexcept;
  static int onTimer(CURLM* multi, long milliseconds, void* user) noexcept;

  void watch(curl_socket_t number, int what);
  void await(const std::shared_ptr<Socket>& socket);
  void await(const std::shared_ptr<Socket>& socket, int direction);
  void awaitTimer(asio::steady_timer& timer, std::int64_t milliseconds,
                  void (AsioDriver::*action)());
  void act(curl_socket_t number, int events);
  void onTime() { act(CURL_SOCKET_TIMEOUT, 0); }
  void onWaited();
  [[nodiscard]] std::int64_t waitMs();

  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  asio::steady_timer wait_;
  /// What Asio has still to call looks at this first.
  std::shared_ptr<AsioDriver*> self_ = std::make_shared<AsioDriver*>(this);
  std::map<curl_socket_t, std::shared_ptr<Socket>> sockets_;
  /// Something that libcurl waits for could not be told to Asio.
  bool isBlind_ = false;
  Multi multi_;
  secure_tunneling::SystemClock clock_;
  secure_tunneling::CurlDriver driver_;
};
