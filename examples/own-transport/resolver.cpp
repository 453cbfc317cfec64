// SPDX-License-Identifier: BSL-1.0
#include "resolver.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

void Resolver::start(const std::string& host, std::uint16_t port) {
  stop();
  over_ = false;
  status_ = ares_init(&channel_);
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

bool Resolver::advance() {
  if (over_) return true;
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const int bits = ares_getsock(channel_, sockets.data(), ARES_GETSOCK_MAXNUM);
  // c-ares's own sockets never block. Without a socket it sees to its time limits.
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  for (std::size_t i = 0; i != sockets.size() && !over_; ++i) {
    const bool readable = ARES_GETSOCK_READABLE(static_cast<unsigned>(bits), i) != 0;
    const bool writable = ARES_GETSOCK_WRITABLE(static_cast<unsigned>(bits), i) != 0;
    if (!readable && !writable) continue;
    ares_process_fd(channel_, readable ? sockets[i] : ARES_SOCKET_BAD,
                    writable ? sockets[i] : ARES_SOCKET_BAD);
  }
  return over_;
}

void Resolver::wait(int milliseconds) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  std::array<pollfd, ARES_GETSOCK_MAXNUM> watched{};
  const int bits = ares_getsock(channel_, sockets.data(), ARES_GETSOCK_MAXNUM);
  nfds_t count = 0;
  for (std::size_t i = 0; i != sockets.size(); ++i) {
    short events = 0;
    if (ARES_GETSOCK_READABLE(static_cast<unsigned>(bits), i) != 0) events |= POLLIN;
    if (ARES_GETSOCK_WRITABLE(static_cast<unsigned>(bits), i) != 0) events |= POLLOUT;
    if (events != 0) watched[count++] = {sockets[i], events, 0};
  }
  timeval limit{milliseconds / 1000, (milliseconds % 1000) * 1000};
  timeval shorter{};
  const timeval* const timeout = ares_timeout(channel_, &limit, &shorter);
  poll(watched.data(), count, static_cast<int>(timeout->tv_sec * 1000 + timeout->tv_usec / 1000));
}

void Resolver::stop() {
  if (channel_ != nullptr) ares_destroy(channel_);
  channel_ = nullptr;
  if (found_ != nullptr) ares_freeaddrinfo(found_);
  found_ = nullptr;
  over_ = true;
}
