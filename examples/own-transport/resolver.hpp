// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ares.h>
#include <poll.h>

#include <cstdint>
#include <string>
#include <vector>

/// Looks up the addresses of a host with c-ares, which needs neither a wait nor a thread for it.
class Resolver {
 public:
  Resolver() = default;
  ~Resolver() { stop(); }
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  void start(const std::string& host, std::uint16_t port);
  /// Does what can be done at once; true when the search is over.
  bool advance();
  /// Waits until `advance()` has something to do, at most `milliseconds`.
  void wait(int milliseconds);

  /// What was found, until `stop()`; null where nothing was.
  [[nodiscard]] const ares_addrinfo_node* addresses() const noexcept {
    return found_ == nullptr ? nullptr : found_->nodes;
  }
  [[nodiscard]] const char* problem() const noexcept { return ares_strerror(status_); }
  void stop();

 private:
  static void onSocket(void* user, ares_socket_t socket, int readable, int writable);
  static void onResult(void* user, int status, int timeouts, ares_addrinfo* found);

  ares_channel channel_ = nullptr;
  /// What c-ares waits for, as it last said.
  std::vector<pollfd> sockets_;
  ares_addrinfo* found_ = nullptr;
  int status_ = ARES_SUCCESS;
  bool over_ = true;
};
