// SPDX-License-Identifier: BSL-1.0
#include "side_lock.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <functional>

// The name of a Linux abstract socket: it needs no file that stays behind, and no folder that all
// users, services and sessions of a machine would have to agree on.
std::optional<std::string> holdAlone(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A tunnel's id may be longer than a socket's name.
  const int length = std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
                                   "keep-local-proxy/%zx", std::hash<std::string>()(name));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 +
                                           static_cast<std::size_t>(length));
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  // Stays open: the name is held as long as the process lives.
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor != -1 && bind(descriptor, generic, size) == 0 &&
      listen(descriptor, SOMAXCONN) == 0) {
    return std::nullopt;
  }
  if (errno != EADDRINUSE) return std::string(std::strerror(errno));
  const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  ucred holder{};
  socklen_t holderSize = sizeof holder;
  const bool isKnown = connect(client, generic, size) == 0 &&
                       getsockopt(client, SOL_SOCKET, SO_PEERCRED, &holder, &holderSize) == 0;
  close(client);
  close(descriptor);
  return isKnown ? "process " + std::to_string(holder.pid) + " does" : "another process does";
}
