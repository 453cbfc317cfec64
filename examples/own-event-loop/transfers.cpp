// SPDX-License-Identifier: BSL-1.0
#include "transfers.hpp"

#include <poll.h>

#include <utility>

Transfers::Transfers(EventLoop& loop) : loop_(loop), multi_(curl_multi_init()) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &onSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &onTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

Transfers::~Transfers() {
  for (const auto& [handle, onDone] : running_)
    curl_multi_remove_handle(multi_, handle);
  curl_multi_cleanup(multi_);
  loop_.cancel(timer_);
}

bool Transfers::start(CURL* handle, OnDone onDone) {
  // libcurl sets its timer for the first steps: nothing is sent from in here.
  if (curl_multi_add_handle(multi_, handle) != CURLM_OK) return false;
  running_[handle] = std::move(onDone);
  return true;
}

bool Transfers::stop(CURL* handle) {
  if (running_.erase(handle) == 0) return false;
  curl_multi_remove_handle(multi_, handle);
  return true;
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
  curl_multi_socket_action(multi_, socket, events, &running);
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    const auto done = running_.extract(message->easy_handle);
    curl_multi_remove_handle(multi_, done.key());
    done.mapped()(code);
  }
}
