// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_HANDLE_HPP
#define SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_HANDLE_HPP

#include <curl/curl.h>

#include <string>

#include "secure_tunneling/adapters/detail/socket.hpp"
#include "secure_tunneling/detail/compiler.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// A handle of libcurl. Its options are set until libcurl refuses one: `code` says why.
struct CurlHandle {
  SECURE_TUNNELING_NOINLINE void set(CURLoption option, long value) noexcept {
    if (code == CURLE_OK) code = curl_easy_setopt(handle, option, value);
  }
  SECURE_TUNNELING_NOINLINE void set(CURLoption option, const void* value) noexcept {
    if (code == CURLE_OK) code = curl_easy_setopt(handle, option, value);
  }
  SECURE_TUNNELING_NOINLINE void setUnlessEmpty(CURLoption option,
                                                const std::string& value) noexcept {
    if (!value.empty()) set(option, value.c_str());
  }
  SECURE_TUNNELING_NOINLINE long numberOf(CURLINFO info) const noexcept {
    long number = 0;
    curl_easy_getinfo(handle, info, &number);
    return number;
  }
  /// When a step of the transfer was done; 0 where it was not.
  [[nodiscard]] curl_off_t microsecondsOf(CURLINFO info) const noexcept {
    curl_off_t microseconds = 0;
    curl_easy_getinfo(handle, info, &microseconds);
    return microseconds;
  }

  CURL* handle = nullptr;
  CURLcode code = CURLE_OK;
};

/// A multi handle that does not wait for a look-up that was given up; null without memory.
inline CURLM* newMulti() noexcept {
  CURLM* const multi = curl_multi_init();
  // By number, for a libcurl that is newer than its headers were.
  constexpr auto quickExit = static_cast<CURLMoption>(21);
  curl_multi_setopt(multi, quickExit, 1L);
  return multi;
}

/// Lets up to 50 ms pass, less where a transfer can go on.
inline void waitForMulti(CURLM* multi) noexcept {
  constexpr int sliceMs = 50;
#if LIBCURL_VERSION_NUM >= 0x074200
  curl_multi_poll(multi, nullptr, 0, sliceMs, nullptr);
#else
  int ready = 0;
  curl_multi_wait(multi, nullptr, 0, sliceMs, &ready);
  // It does not wait while there is no socket.
  if (ready == 0) pauseShortly();
#endif
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_HANDLE_HPP
