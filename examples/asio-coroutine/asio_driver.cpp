// SPDX-License-Identifier: BSL-1.0
#include "asio_driver.hpp"

#include <chrono>
#include <exception>
#include <system_error>

namespace st = secure_tunneling;

AsioDriver::AsioDriver(const asio::any_io_executor& executor)
    : executor_(executor), timer_(executor), wait_(executor), driver_(multi_.handle, clock_) {
  curl_multi_setopt(multi_.handle, CURLMOPT_SOCKETFUNCTION, &onSocket);
  curl_multi_setopt(multi_.handle, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.handle, CURLMOPT_TIMERFUNCTION, &onTimer);
  curl_multi_setopt(multi_.handle, CURLMOPT_TIMERDATA, this);
}

AsioDriver::~AsioDriver() {
  // libcurl closes its sockets yet, and sets no timer for that.
  curl_multi_setopt(multi_.handle, CURLMOPT_TIMERFUNCTION, nullptr);
}

void AsioDriver::start(st::CurlDriver::Task& task, st::Steps& machine,
                       st::CurlTransport& transport) {
  // First, for it may throw, and who catches that has no task under way.
  awaitTimer(wait_, 0, &AsioDriver::onWaited);
  driver_.start(task, machine, transport);
}

void AsioDriver::interrupt(st::CurlDriver::Task& task) {
  driver_.interrupt(task);
  awaitTimer(wait_, 0, &AsioDriver::onWaited);
}

void AsioDriver::stop(st::CurlDriver::Task& task) {
  driver_.stop(task);
}

// Nothing may be thrown through libcurl; and to tell it of a failure would end all transfers, if it
// does not crash, as 7.88 does.
int AsioDriver::onSocket(CURL*, curl_socket_t number, int what, void* user, void*) noexcept {
  auto& self = *static_cast<AsioDriver*>(user);
  try {
    self.watch(number, what);
  } catch (const std::exception&) {
    self.isBlind_ = true;
  }
  return 0;
}

int AsioDriver::onTimer(CURLM*, long milliseconds, void* user) noexcept {
  auto& self = *static_cast<AsioDriver*>(user);
  try {
    self.awaitTimer(self.timer_, milliseconds, &AsioDriver::onTime);
  } catch (const std::exception&) {
    self.isBlind_ = true;
  }
  return 0;
}

void AsioDriver::watch(curl_socket_t number, int what) {
  if (what == CURL_POLL_REMOVE) {
    sockets_.erase(number);
    return;
  }
  std::shared_ptr<Socket>& socket = sockets_[number];
  if (socket == nullptr) socket = std::make_shared<Socket>(executor_, number);
  socket->wanted = what & CURL_POLL_INOUT;
  await(socket);
}

void AsioDriver::await(const std::shared_ptr<Socket>& socket) {
  await(socket, CURL_POLL_IN);
  await(socket, CURL_POLL_OUT);
}

void AsioDriver::await(const std::shared_ptr<Socket>& socket, int direction) {
  if ((socket->wanted & direction) == 0 || (socket->awaited & direction) != 0) return;
  const bool isToRead = direction == CURL_POLL_IN;
  const std::weak_ptr<Socket> awaited = socket;
  socket->descriptor.async_wait(
      isToRead ? asio::posix::stream_descriptor::wait_read
               : asio::posix::stream_descriptor::wait_write,
      [this, awaited, direction, isToRead,
       number = socket->descriptor.native_handle()](const std::error_code& error) {
        // Not while libcurl acts, which may close the socket and open another of that number.
        if (const auto ready = awaited.lock()) {
          ready->awaited &= ~direction;
          if ((ready->wanted & direction) == 0) return;
        } else {
          return;
        }
        act(number, error ? CURL_CSELECT_ERR : isToRead ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
        if (const auto left = awaited.lock()) await(left);
      });
  socket->awaited |= direction;
}

/// Sets a timer anew; less than 0 ends it.
void AsioDriver::awaitTimer(asio::steady_timer& timer, std::int64_t milliseconds,
                            void (AsioDriver::*action)()) {
  if (milliseconds < 0) {
    timer.cancel();
    return;
  }
  timer.expires_after(std::chrono::milliseconds(milliseconds));
  timer.async_wait(
      [self = std::weak_ptr<AsioDriver*>(self_), action](const std::error_code& error) {
        const auto driver = self.lock();
        if (!error && driver != nullptr) ((*driver)->*action)();
      });
}

void AsioDriver::act(curl_socket_t number, int events) {
  int running = 0;
  curl_multi_socket_action(multi_.handle, number, events, &running);
  onWaited();
}

void AsioDriver::onWaited() {
  int running = 0;
  if (isBlind_) curl_multi_perform(multi_.handle, &running);
  driver_.act();
  isBlind_ = isBlind_ && !driver_.isIdle();
  awaitTimer(wait_, waitMs(), &AsioDriver::onWaited);
}

std::int64_t AsioDriver::waitMs() {
  constexpr std::int64_t lookMs = 20;
  const std::int64_t mostMs = driver_.waitMs();
  return !isBlind_ || (mostMs >= 0 && mostMs < lookMs) ? mostMs : lookMs;
}
