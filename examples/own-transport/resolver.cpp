// SPDX-License-Identifier: BSL-1.0
#include "resolver.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>

void Resolver::start(const std::string& host, std::uint16_t port) {
  stop();
  over_ = false;
  ares_options options{};
  options.sock_state_cb = &onSocket;
  options.sock_state_cb_data = this;
  status_ = ares_init_options(&channel_, &options, ARES_OPT_SOCK_STATE_CB);
  if (status_ != ARES_SUCCESS) {
    over_ = true;
    return;
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NUMERICSERV;
  ares_getaddrinfo(channel_, host.c_str(), std::to_string(port).c_str(), &hints, &onResult, this);
}

void Resolver::onResult(void* user, int status, int, ares_addrinfo* found) {
  auto& resolver = *static_cast<Resolver*>(user);
  resolver.status_ = status;
  resolver.found_ = found;
  resolver.over_ = true;
}

void Resolver::onSocket(void* user, ares_socket_t socket, int readable, int writable) {
  auto& sockets = static_cast<Resolver*>(user)->sockets_;
  sockets.erase(std::remove_if(sockets.begin(), sockets.end(),
                               [socket](const pollfd& watched) { return watched.fd == socket; }),
                sockets.end());
  short events = 0;
  if (readable != 0) events |= POLLIN;
  if (writable != 0) events |= POLLOUT;
  if (events != 0) sockets.push_back({socket, events, 0});
}

bool Resolver::advance() {
  if (over_) return true;
  // Without a socket c-ares sees to its time limits.
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  // c-ares's own sockets never block. It opens and closes them meanwhile, hence the copy.
  for (const pollfd& watched : std::vector<pollfd>(sockets_)) {
    if (over_) break;
    ares_process_fd(channel_, (watched.events & POLLIN) != 0 ? watched.fd : ARES_SOCKET_BAD,
                    (watched.events & POLLOUT) != 0 ? watched.fd : ARES_SOCKET_BAD);
  }
  return over_;
}

void Resolver::wait(int milliseconds) {
  timeval limit{milliseconds / 1000, (milliseconds % 1000) * 1000};
  timeval shorter{};
  const timeval* const timeout = ares_timeout(channel_, &limit, &shorter);
  poll(sockets_.data(), sockets_.size(),
       static_cast<int>(timeout->tv_sec * 1000 + timeout->tv_usec / 1000));
}

void Resolver::stop() {
  if (channel_ != nullptr) ares_destroy(channel_);
  channel_ = nullptr;
  if (found_ != nullptr) ares_freeaddrinfo(found_);
  found_ = nullptr;
  over_ = true;
}
