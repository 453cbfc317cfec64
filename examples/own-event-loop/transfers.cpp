// SPDX-License-Identifier: BSL-1.0
#include "transfers.hpp"

#include <poll.h>

#include <utility>

namespace st = secure_tunneling;

Transfers::Transfers(EventLoop& loop) : loop_(loop), driver_(multi_.handle, clock_) {
  curl_multi_setopt(multi_.handle, CURLMOPT_SOCKETFUNCTION, &onSocket);
  curl_multi_setopt(multi_.handle, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.handle, CURLMOPT_TIMERFUNCTION, &onTimer);
  curl_multi_setopt(multi_.handle, CURLMOPT_TIMERDATA, this);
}

Transfers::~Transfers() {
  loop_.cancel(timer_);
  loop_.cancel(wait_);
}

void Transfers::start(st::CurlDriver::Task& task, st::Steps& machine,
                      st::CurlTransport& transport) {
  driver_.start(task, machine, transport);
  setWait();
}

void Transfers::interrupt(st::CurlDriver::Task& task) {
  driver_.interrupt(task);
  setWait();
}

int Transfers::onSocket(CURL*, curl_socket_t socket, int what, void* user, void*) {
  auto& self = *static_cast<Transfers*>(user);
  if (what == CURL_POLL_REMOVE) {
    self.loop_.unwatch(socket);
    return 0;
  }
  short events = 0;
  if ((what & CURL_POLL_IN) != 0) events |= POLLIN;
  if ((what & CURL_POLL_OUT) != 0) events |= POLLOUT;
  self.loop_.watch(socket, events, [&self, socket](short ready) {
    int action = 0;
    if ((ready & POLLIN) != 0) action |= CURL_CSELECT_IN;
    if ((ready & POLLOUT) != 0) action |= CURL_CSELECT_OUT;
    if ((ready & (POLLERR | POLLHUP)) != 0) action |= CURL_CSELECT_ERR;
    self.act(socket, action);
  });
  return 0;
}

int Transfers::onTimer(CURLM*, long milliseconds, void* user) {
  auto& self = *static_cast<Transfers*>(user);
  self.loop_.cancel(std::exchange(self.timer_, 0));
  if (milliseconds < 0) return 0;
  self.timer_ = self.loop_.after(milliseconds, [&self] {
    self.timer_ = 0;
    self.act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void Transfers::act(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_.handle, socket, events, &running);
  driver_.act();
  setWait();
}

/// Has the driver act again when it has waited for long enough.
void Transfers::setWait() {
  loop_.cancel(std::exchange(wait_, 0));
  const std::int64_t milliseconds = driver_.waitMs();
  if (milliseconds < 0) return;
  wait_ = loop_.after(milliseconds, [this] {
    wait_ = 0;
    driver_.act();
    setWait();
  });
}
