// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <curl/curl.h>

#include "secure_tunneling/adapters/curl_transport.hpp"

/// A program's own multi handle, which does the transfers that transports begin.
class OwnMulti {
 public:
  OwnMulti() : handle_(curl_multi_init()) {}
  ~OwnMulti() { curl_multi_cleanup(handle_); }
  OwnMulti(const OwnMulti&) = delete;
  OwnMulti& operator=(const OwnMulti&) = delete;

  /// Does the one that `transport` has begun, to its end; what to end it with.
  CURLcode perform(const secure_tunneling::CurlTransport& transport) const {
    curl_multi_add_handle(handle_, transport.handle());
    for (int running = 1; running != 0;) {
      curl_multi_perform(handle_, &running);
      if (running != 0) curl_multi_poll(handle_, nullptr, 0, 1000, nullptr);
    }
    int left = 0;
    const CURLMsg* const message = curl_multi_info_read(handle_, &left);
    const CURLcode code = message == nullptr ? CURLE_FAILED_INIT : message->data.result;
    curl_multi_remove_handle(handle_, transport.handle());
    return code;
  }

 private:
  CURLM* handle_;
};
