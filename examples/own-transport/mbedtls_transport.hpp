// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <time.h>

#include <cstdint>
#include <string>
#include <utility>

#include "mbedtls_exchange.hpp"
#include "secure_tunneling/seams/http_transport.hpp"

/// `HttpTransport` over Mbed TLS: a new connection each time, as a program wants that calls once in
/// a while. One thread at a time.
///
/// `Error::transportCode` is Mbed TLS's where it is negative, else an errno, or 0.
class MbedtlsTransport final : public secure_tunneling::HttpTransport {
 public:
  explicit MbedtlsTransport(std::string caFile, const ExchangeLimits& limits = {})
      : caFile_(std::move(caFile)), exchange_(settings_, limits) {}

  secure_tunneling::Result<void> send(const secure_tunneling::HttpRequest& request,
                                      secure_tunneling::HttpResponse& response) override {
    if (!loaded_) {
      auto loaded = settings_.load(caFile_);
      if (!loaded) return loaded;
      loaded_ = true;
    }
    exchange_.begin(request, response, nowMs());
    for (;;) {
      switch (exchange_.advance(nowMs())) {
        case MbedtlsExchange::Progress::Again:
          break;
        case MbedtlsExchange::Progress::Wait:
          exchange_.wait(nowMs());
          break;
        case MbedtlsExchange::Progress::Over:
          return exchange_.takeResult();
      }
    }
  }

 private:
  static std::int64_t nowMs() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    const std::int64_t seconds = time.tv_sec;
    return seconds * 1000 + time.tv_nsec / 1'000'000;
  }

  std::string caFile_;
  bool loaded_ = false;
  MbedtlsSettings settings_;
  MbedtlsExchange exchange_;
};
