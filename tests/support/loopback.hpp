// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

// What every server of the tests needs.

/// A new TCP socket on a free loopback port.
inline int bindToLoopback(std::uint16_t& port) {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (made < 0 || bind(made, generic, size) != 0 || getsockname(made, generic, &size) != 0) {
    std::perror("no loopback port");
    std::abort();
  }
  port = ntohs(address.sin_port);
  return made;
}

/// The size of the first request in `received`; `npos` as long as its headers are not all there.
inline std::size_t requestSize(const std::string& received) {
  const std::size_t headEnd = received.find("\r\n\r\n");
  if (headEnd == std::string::npos) return std::string::npos;
  constexpr std::string_view name = "\r\nContent-Length: ";
  const std::size_t at = received.find(name);
  const bool hasLength = at < headEnd;
  return headEnd + 4 +
         (hasLength ? std::strtoul(received.c_str() + at + name.size(), nullptr, 10) : 0);
}
