// SPDX-License-Identifier: BSL-1.0
#include "asio_driver.hpp"

#include <chrono>
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
  driver_.start(task, machine, transport);
  awaitTimer(wait_, driver_.waitMs(), &AsioDriver::onWaited);
}

void AsioDriver::interrupt(st::CurlDriver::Task& task) {
  driver_.interrupt(task);
  awaitTimer(wait_, driver_.waitMs(), &AsioDriver::onWaited);
}

void AsioDriver::stop(st::CurlDriver::Task& task) {
  driver_.stop(task);
}

int AsioDriver::onSocket(CURL*, curl_socket_t number, int what, void* user, void*) {
  auto& self = *static_cast<AsioDriver*>(user);
  if (what == CURL_POLL_REMOVE) {
    self.sockets_.erase(number);
    return 0;
  }
  std::shared_ptr<Socket>& socket = self.sockets_[number];
  if (socket == nullptr) socket = std::make_shared<Socket>(self.executor_, number);
  socket->wanted = what & CURL_POLL_INOUT;
  self.await(socket);
  return 0;
}

int AsioDriver::onTimer(CURLM*, long milliseconds, void* user) {
  auto& self = *static_cast<AsioDriver*>(user);
  self.awaitTimer(self.timer_, milliseconds, &AsioDriver::onTime);
  return 0;
}

void AsioDriver::await(const std::shared_ptr<Socket>& socket) {
  await(socket, CURL_POLL_IN);
  await(socket, CURL_POLL_OUT);
}

void AsioDriver::await(const std::shared_ptr<Socket>& socket, int direction) {
  if ((socket->wanted & direction) == 0 || (socket->awaited & direction) != 0) return;
  socket->awaited |= direction;
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
  driver_.act();
  awaitTimer(wait_, driver_.waitMs(), &AsioDriver::onWaited);
}
