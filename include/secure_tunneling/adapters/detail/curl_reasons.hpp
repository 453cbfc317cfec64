// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_REASONS_HPP
#define SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_REASONS_HPP

#include <curl/curl.h>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "secure_tunneling/adapters/detail/curl_handle.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/result.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// What kind of error a code is, where nothing was sent.
inline ErrorKind kindOf(CURLcode code) noexcept {
  static constexpr struct {
    unsigned char code;
    ErrorKind kind;
  } kinds[] = {
      {CURLE_PEER_FAILED_VERIFICATION, ErrorKind::Untrusted},
      {CURLE_UNSUPPORTED_PROTOCOL, ErrorKind::Configuration},
      {CURLE_URL_MALFORMAT, ErrorKind::Configuration},
      {CURLE_BAD_FUNCTION_ARGUMENT, ErrorKind::Configuration},
      {CURLE_SSL_CERTPROBLEM, ErrorKind::Configuration},
      {CURLE_SSL_CACERT_BADFILE, ErrorKind::Configuration},
      {CURLE_SSL_ENGINE_NOTFOUND, ErrorKind::Configuration},
  };
  for (const auto known : kinds) {
    if (known.code == code) return known.kind;
  }
  return ErrorKind::Transport;
}

/// libcurl's own words, or those that it has for the code.
inline const char* findReason(char* reason, CURLcode code, ErrorKind& kind) noexcept {
  if (reason[0] == '\0') return curl_easy_strerror(code);
  // Of a proxy's URL that it cannot use libcurl quotes all, the password too.
  if (std::strncmp(reason, "Unsupported p", 13) == 0) {
    kind = ErrorKind::Configuration;
    return "the proxy's URL cannot be used";
  }
  // A certificate may have any name.
  for (char* c = reason; *c != '\0'; ++c) {
    if (*c < ' ' || *c > '~') *c = '?';
  }
  return reason;
}

/// Whether it is a proxy that failed. What it refuses for good is a matter of configuration: a
/// wrong password, offered again, may lock an account.
inline bool isOfProxy(const CurlHandle& curl, char (&reason)[CURL_ERROR_SIZE],
                      ErrorKind& kind) noexcept {
  const long status = curl.numberOf(CURLINFO_HTTP_CONNECTCODE);
  if (status >= 300) {
    std::snprintf(reason, sizeof reason, "refused with HTTP status %ld", status);
    if (status < 500 && status != 408 && status != 429) kind = ErrorKind::Configuration;
    return true;
  }
#if LIBCURL_VERSION_NUM >= 0x074900
  if (curl.code == CURLE_PROXY) {
    const long error = curl.numberOf(CURLINFO_PROXY_ERROR);
    if (error == CURLPX_USER_REJECTED || error == CURLPX_NO_AUTH ||
        error == CURLPX_REPLY_NOT_ALLOWED)
      kind = ErrorKind::Configuration;
    return true;
  }
#endif
  return curl.numberOf(CURLINFO_PROXY_SSL_VERIFYRESULT) != 0;
}

/// Appends which proxy it is: by its name, without a user's, where `host` has it, else by the
/// address that was connected to.
inline void appendProxy(const CurlHandle& curl, const char* host, std::string& message) {
  const std::string_view name(host, std::strcspn(host, "/"));
  const char* address = nullptr;
  curl_easy_getinfo(curl.handle, CURLINFO_PRIMARY_IP, &address);
  append(message, "proxy ");
  if (!name.empty() || address == nullptr) {
    append(message, name);
  } else {
    append(message, address);
    append(message, ", port ");
    appendDecimal(message, static_cast<std::size_t>(curl.numberOf(CURLINFO_PRIMARY_PORT)));
  }
  append(message, ": ");
}

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_REASONS_HPP
