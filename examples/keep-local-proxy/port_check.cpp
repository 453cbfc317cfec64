// SPDX-License-Identifier: BSL-1.0
#include "port_check.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace {

/// 0, or the errno of what fails.
int tryToListen(const addrinfo& where) {
  const int descriptor = socket(where.ai_family, where.ai_socktype | SOCK_CLOEXEC, 0);
  if (descriptor == -1) return errno;
  // As servers do, so that connections that are over are not in the way.
  const int yes = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (where.ai_family == AF_INET6) {
    setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  }
  // Of two that only bind with that option both succeed.
  const bool isFree =
      bind(descriptor, where.ai_addr, where.ai_addrlen) == 0 && listen(descriptor, 1) == 0;
  const int error = isFree ? 0 : errno;
  close(descriptor);
  return error;
}

}  // namespace

std::string whyPortIsBusy(const std::string& address, std::uint16_t port) {
  const std::string host = address.empty() ? "localhost" : address;
  const std::string service = std::to_string(port);
  const std::string what = "port " + service + " of " + host + " cannot be listened on: ";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failed = getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
  if (failed != 0) return what + gai_strerror(failed);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  bool isFree = false;
  int error = 0;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    const int thisError = tryToListen(*one);
    if (thisError == EADDRINUSE) return what + "another program has it";
    if (thisError == 0) {
      isFree = true;
    } else {
      error = thisError;
    }
  }
  return isFree ? std::string() : what + std::strerror(error);
}
