// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_SYSTEM_HOST_RESOLVER_HPP
#define SECURE_TUNNELING_ADAPTERS_SYSTEM_HOST_RESOLVER_HPP

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <poll.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "secure_tunneling/adapters/curl_transport.hpp"
#include "secure_tunneling/seams/host_resolver.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

/// The system's resolver, asked by libcurl: alone it has no limit of time.
///
/// libcurl before 7.87 waits for a look-up that is under way all the same. A name with more than 16
/// addresses counts as unknown.
class SystemHostResolver final : public HostResolver {
 public:
  /// `initializeCurl` as in `CurlTransportOptions`.
  explicit SystemHostResolver(long timeoutMs = 1'000, bool initializeCurl = true) noexcept
      : timeoutMs_(timeoutMs), initializeCurl_(initializeCurl) {}

  void resolve(const std::string& host, std::vector<std::string>& addresses) override {
    CurlTransportOptions options;
    options.connectTimeoutMs = timeoutMs_;
    options.totalTimeoutMs = timeoutMs_;
    options.noProxy = "*"sv;
    options.initializeCurl = initializeCurl_;
    CurlTransport transport(std::move(options));
    const std::string url = detail::concat({"http://"sv, host, "/"sv});
    HttpRequest request;
    request.method = "GET"sv;
    request.url = url;
    request.https = false;
    request.host = host;
    request.port = 80;
    request.authority = host;
    request.target = "/"sv;
    HttpResponse response;
    if (!transport.begin(request, response)) return;
    Found found;
    curl_easy_setopt(transport.handle(), CURLOPT_OPENSOCKETFUNCTION, &onAddress);
    curl_easy_setopt(transport.handle(), CURLOPT_OPENSOCKETDATA, &found);
    const CURLcode code = perform(transport.handle());
    static_cast<void>(transport.end(code));
    // Anything else, such as the end of the time, may have come before the last address.
    if (code != CURLE_COULDNT_CONNECT || found.count > mostAddresses) return;
    for (std::size_t i = 0; i != found.count; ++i)
      addresses.emplace_back(found.addresses[i]);
  }

 private:
  static constexpr std::size_t mostAddresses = 16;
  struct Found {
    std::size_t count = 0;
    char addresses[mostAddresses][INET6_ADDRSTRLEN];
  };

  /// `curl_easy_perform` waits with the next address until a part of the time is over.
  static CURLcode perform(CURL* handle) noexcept {
    // By number, for a libcurl that is newer than its headers were: otherwise it waits in the end
    // for a look-up that was given up.
    constexpr auto quickExit = static_cast<CURLMoption>(21);
    CURLM* const multi = curl_multi_init();
    curl_multi_setopt(multi, quickExit, 1L);
    curl_multi_add_handle(multi, handle);
    int running = 0;
    while (curl_multi_perform(multi, &running) == CURLM_OK && running != 0)
      ::poll(nullptr, 0, 1);
    const CURLMsg* const message = curl_multi_info_read(multi, &running);
    const CURLcode code = message != nullptr ? message->data.result : CURLE_OUT_OF_MEMORY;
    curl_multi_remove_handle(multi, handle);
    curl_multi_cleanup(multi);
    return code;
  }

  /// libcurl asks for a socket to one address after the other, because it never gets one.
  static curl_socket_t onAddress(void* user, curlsocktype, curl_sockaddr* address) {
    auto& found = *static_cast<Found*>(user);
    if (found.count < mostAddresses) {
      const void* const number =
          address->family == AF_INET
              ? static_cast<const void*>(
                    &reinterpret_cast<const sockaddr_in*>(&address->addr)->sin_addr)
              : &reinterpret_cast<const sockaddr_in6*>(&address->addr)->sin6_addr;
      char* const text = found.addresses[found.count];
      if (inet_ntop(address->family, number, text, INET6_ADDRSTRLEN) == nullptr) *text = '\0';
    }
    if (found.count <= mostAddresses) ++found.count;
    return CURL_SOCKET_BAD;
  }

  long timeoutMs_;
  bool initializeCurl_;
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_SYSTEM_HOST_RESOLVER_HPP
