// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>

#include "support/catch.hpp"

/// The sockets of this process that are connected to `port`, or about to be: the client's ends of
/// the connections to a server of this process.
struct ClientSockets {
  int count = 0;
  int last = -1;
  bool areClosedByExec = true;

  explicit ClientSockets(std::uint16_t port) {
    DIR* const descriptors = opendir("/proc/self/fd");
    REQUIRE(descriptors != nullptr);
    while (const dirent* const entry = readdir(descriptors)) {
      const int descriptor = std::atoi(entry->d_name);
      sockaddr_in address{};
      socklen_t size = sizeof address;
      if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) continue;
      if (address.sin_family != AF_INET || ntohs(address.sin_port) != port) continue;
      ++count;
      last = descriptor;
      areClosedByExec = areClosedByExec && (fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0;
    }
    closedir(descriptors);
  }
};

/// Waits until the client has something to read on its only connection: more text, or its end. What
/// a server has written, or that it has closed, may reach the client a moment later only.
inline bool hasArrived(const ClientSockets& sockets) {
  pollfd socket{sockets.last, POLLIN, 0};
  return sockets.count == 1 && poll(&socket, 1, 30'000) == 1;
}
inline bool hasArrived(std::uint16_t port) {
  return hasArrived(ClientSockets(port));
}

/// Waits until the client's only connection is reset. Find the socket before: one that is reset
/// leads to no port any more.
inline bool isReset(const ClientSockets& sockets) {
  pollfd socket{sockets.last, 0, 0};
  return sockets.count == 1 && poll(&socket, 1, 30'000) == 1;
}
