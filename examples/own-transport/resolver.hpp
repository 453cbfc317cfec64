// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ares.h>

#include <cstdint>
#include <string>

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
  static void onResult(void* user, int status, int timeouts, ares_addrinfo* found);

  ares_channel channel_ = nullptr;
  ares_addrinfo* found_ = nullptr;
  int status_ = ARES_SUCCESS;
  bool over_ = true;
};
