// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_CONNECTIONS_HPP
#define SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_CONNECTIONS_HPP

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace secure_tunneling {
inline namespace v0_1 {
namespace detail {

/// The local port of a socket, 0 until it is connected.
inline int portOf(curl_socket_t socket) noexcept {
  sockaddr_in6 address{};  // an IPv4 address has the port in the same place
  socklen_t size = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin6_port);
}

/// The socket of a connection that another transport opened; -1 where it is not among the first.
inline curl_socket_t findSocket(int port) noexcept {
  constexpr curl_socket_t mostSearched = 4096;
  for (curl_socket_t socket = 0; socket != mostSearched; ++socket) {
    int type = 0;
    socklen_t size = sizeof type;
    if (portOf(socket) == port && getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
        type == SOCK_STREAM) {
      return socket;
    }
  }
  return CURL_SOCKET_BAD;
}

/// Whether nothing waits on a connection to be read.
///
/// What can be read before the request was sent is not its answer: that of another request, what
/// a load balancer says to an idle client, or the end. Over TLS it may also be a session ticket;
/// but servers send these in front of the first answer, with which they are read.
inline bool hasNoInput(curl_socket_t socket) noexcept {
  char byte = 0;
  return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 && errno == EAGAIN;
}

/// Which socket each connection of a handle has: libcurl tells their ports only.
class CurlConnections {
 public:
  /// Finds the socket of a connection that another handle opened.
  using Search = curl_socket_t (*)(int port);

  /// Keeps a socket that was opened for a connection.
  void opened(curl_socket_t socket) noexcept { sockets_[next_++ % mostOpened] = {socket, 0}; }
  /// One that was opened has become the connection from `port`.
  void connected(int port) noexcept {
    for (Opened& each : sockets_) {
      const bool isIt = portOf(each.socket) == port;
      if (isIt || each.port == port) each.port = isIt ? port : 0;
    }
  }
  /// The socket of the connection from `port`, -1 where it is not known. `search` is null where
  /// other handles have connections of their own.
  [[nodiscard]] curl_socket_t find(int port, Search search) const noexcept {
    curl_socket_t socket = CURL_SOCKET_BAD;
    for (const Opened& each : sockets_) {
      // With others' handles a number may have become that of another socket.
      const bool isSame = search == nullptr || portOf(each.socket) == port;
      if (each.port == port && isSame) socket = each.socket;
    }
    return socket == CURL_SOCKET_BAD && search != nullptr ? search(port) : socket;
  }

 private:
  struct Opened {
    curl_socket_t socket = CURL_SOCKET_BAD;
    /// The local port, 0 until it is connected.
    int port = 0;
  };
  /// The last sockets that were opened; libcurl keeps about half as many connections.
  static constexpr unsigned mostOpened = 8;

  unsigned next_ = 0;
  Opened sockets_[mostOpened];
};

}  // namespace detail
}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_CONNECTIONS_HPP
