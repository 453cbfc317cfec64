// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_DETAIL_SOCKET_HPP
#define SECURE_TUNNELING_ADAPTERS_DETAIL_SOCKET_HPP

#include <curl/curl.h>

#include <cerrno>

#include "secure_tunneling/detail/ip_address.hpp"

#if !defined(_WIN32)
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#endif

/// Sockets as libcurl has them: by POSIX, or by Windows' winsock2.
namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// A socket that a program which is started meanwhile does not inherit; CURL_SOCKET_BAD where there
/// is none to be had.
inline curl_socket_t openSocket(int family, int type, int protocol) noexcept {
#if defined(_WIN32)
  return ::WSASocketW(family, type, protocol, nullptr, 0,
                      WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
#elif defined(SOCK_CLOEXEC)
  return ::socket(family, type | SOCK_CLOEXEC, protocol);
#else
  const int opened = ::socket(family, type, protocol);
  if (opened != CURL_SOCKET_BAD) ::fcntl(opened, F_SETFD, FD_CLOEXEC);
  return opened;
#endif
}

/// The local port of a socket, 0 until it is connected.
inline int portOf(curl_socket_t socket) noexcept {
  sockaddr_in6 address{};  // an IPv4 address has the port in the same place
  socklen_t size = sizeof address;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin6_port);
}

/// Whether it is a socket of TCP or its like.
inline bool isStream(curl_socket_t socket) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
#if defined(_WIN32)
  const int got = ::getsockopt(socket, SOL_SOCKET, SO_TYPE, reinterpret_cast<char*>(&type), &size);
#else
  const int got = ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size);
#endif
  return got == 0 && type == SOCK_STREAM;
}

/// Whether nothing waits on a connection to be read.
///
/// What can be read before the request was sent is not its answer: that of another request, what
/// a load balancer says to an idle client, or the end. Over TLS it may also be a session ticket;
/// but servers send these in front of the first answer, with which they are read.
inline bool hasNoInput(curl_socket_t socket) noexcept {
  char byte = 0;
#if defined(_WIN32)
  // No read waits on a socket of libcurl's.
  return ::recv(socket, &byte, 1, MSG_PEEK) == SOCKET_ERROR &&
         ::WSAGetLastError() == WSAEWOULDBLOCK;
#else
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 && errno == EAGAIN;
#endif
}

/// Lets a millisecond pass.
inline void pauseShortly() noexcept {
#if defined(_WIN32)
  ::Sleep(1);
#else
  ::poll(nullptr, 0, 1);
#endif
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_DETAIL_SOCKET_HPP
