// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_CONNECTIONS_HPP
#define SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_CONNECTIONS_HPP

#include <curl/curl.h>

#include "secure_tunneling/adapters/detail/socket.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// The socket of a connection that another transport opened; -1 where it is not among the first.
inline curl_socket_t findSocket(int port) noexcept {
  // Windows counts in fours.
  constexpr curl_socket_t step = sizeof(curl_socket_t) == sizeof(int) ? 1 : 4;
  constexpr curl_socket_t mostSearched = 4096 * step;
  for (curl_socket_t socket = 0; socket != mostSearched; socket += step) {
    if (portOf(socket) == port && isStream(socket)) return socket;
  }
  return CURL_SOCKET_BAD;
}

/// Which socket each connection has, of one handle or of all that share them: libcurl tells their
/// ports only.
class CurlConnections {
 public:
  /// A socket that was opened.
  struct Opened {
    curl_socket_t socket = CURL_SOCKET_BAD;
    /// The local port, 0 until it is connected, less than 0 where there is none.
    int port = -1;
  };
  /// Finds the socket of a connection that another handle opened.
  using Search = curl_socket_t (*)(int port);

  /// Keeps the last `count` sockets, in `sockets`, which must outlive this.
  CurlConnections(Opened* sockets, unsigned count) noexcept : sockets_(sockets), count_(count) {}
  CurlConnections(const CurlConnections&) = delete;
  CurlConnections& operator=(const CurlConnections&) = delete;

  /// Keeps a socket that was opened for a connection.
  void opened(curl_socket_t socket) noexcept {
    if (count_ != 0) sockets_[next_++ % count_] = {socket, 0};
  }
  /// One that was opened has become the connection from `port`.
  void connected(int port) noexcept {
    for (unsigned i = 0; i != count_; ++i) {
      Opened& each = sockets_[i];
      // That of a connection that is gone.
      if (each.port == port) each.port = -1;
      if (each.port == 0 && portOf(each.socket) == port) each.port = port;
    }
  }
  /// The socket of the connection from `port`, -1 where it is not known. `search` is null where
  /// all sockets that it can be were kept here.
  [[nodiscard]] curl_socket_t find(int port, Search search) const noexcept {
    for (unsigned i = 0; i != count_; ++i) {
      const Opened& each = sockets_[i];
      if (each.port != port) continue;
      // With others' handles a number may have become that of another socket.
      if (search == nullptr || portOf(each.socket) == port) return each.socket;
    }
    return search != nullptr ? search(port) : CURL_SOCKET_BAD;
  }

 private:
  Opened* sockets_;
  unsigned count_;
  unsigned next_ = 0;
};

/// Those of one handle: the last sockets that were opened; libcurl keeps about half as many
/// connections.
class OwnConnections : public CurlConnections {
 public:
  OwnConnections() noexcept : CurlConnections(room_, sizeof room_ / sizeof *room_) {}

 private:
  Opened room_[8];
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_CONNECTIONS_HPP
