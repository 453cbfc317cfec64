// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_SYSTEM_HOST_RESOLVER_HPP
#define SECURE_TUNNELING_ADAPTERS_SYSTEM_HOST_RESOLVER_HPP

/// @file
/// Name look-ups by the system, through libcurl.

#include <curl/curl.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/adapters/curl_transport.hpp"
#include "secure_tunneling/adapters/detail/curl_handle.hpp"
#include "secure_tunneling/adapters/detail/curl_library.hpp"
#include "secure_tunneling/adapters/detail/socket.hpp"
#include "secure_tunneling/detail/ip_address.hpp"
#include "secure_tunneling/seams/host_resolver.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// The system's resolver, asked by libcurl: alone it has no limit of time, and blocks.
///
/// A look-up in steps goes on in a thread of libcurl's, one at a time. libcurl before 7.87 waits
/// for one that outlasts its time, or is abandoned. A name with more than 16 addresses counts as
/// unknown.
class SystemHostResolver final : public HostResolver {
 public:
  /// A look-up takes `timeoutMs` milliseconds at most. `initializeCurl` is as in
  /// `CurlTransportOptions`.
  explicit SystemHostResolver(long timeoutMs = 1'000, bool initializeCurl = true) noexcept
      : timeoutMs_(timeoutMs), initializeCurl_(initializeCurl) {}

  void resolve(const std::string& host, std::vector<std::string>& addresses) override {
    Lookup lookup(host, timeoutMs_, initializeCurl_);
    while (!lookup.proceed(addresses))
      detail::pauseShortly();
  }
  bool proceed(const std::string& host, std::vector<std::string>& addresses) override {
    if (!lookup_) {
      lookup_.emplace(host, timeoutMs_, initializeCurl_);
      asker_ = &addresses;
    }
    if (asker_ != &addresses || !lookup_->proceed(addresses)) return false;
    lookup_.reset();
    return true;
  }
  void abandon(const std::vector<std::string>& addresses) noexcept override {
    if (asker_ == &addresses) lookup_.reset();
  }

 private:
  /// A transfer that gets to know all addresses, and connects to none.
  class Lookup {
   public:
    Lookup(const std::string& host, long timeoutMs, bool initializeCurl)
        : url_(detail::filled("http://{}/", {host})),
          transport_(optionsOf(timeoutMs, initializeCurl)),
          multi_(detail::newMulti()) {
      request_.method = "GET";
      request_.url = url_;
      request_.https = false;
      request_.authority = request_.host = std::string_view(url_).substr(7, host.size());
      request_.port = 80;
      request_.target = "/";
      if (!transport_.begin(request_, response_)) return;
      curl_easy_setopt(transport_.handle(), CURLOPT_OPENSOCKETFUNCTION, &onAddress);
      curl_easy_setopt(transport_.handle(), CURLOPT_OPENSOCKETDATA, this);
      curl_multi_add_handle(multi_, transport_.handle());
    }
    ~Lookup() {
      curl_multi_remove_handle(multi_, transport_.handle());
      curl_multi_cleanup(multi_);
      if (count_ == 0) detail::keepLibcurlLoaded();
    }
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

    /// Whether it is over.
    bool proceed(std::vector<std::string>& addresses) {
      int running = 0;
      std::size_t before = 0;
      // libcurl passes one or two of the addresses at a time.
      do {
        before = count_;
        if (curl_multi_perform(multi_, &running) != CURLM_OK) return true;
      } while (running != 0 && count_ != before);
      if (running != 0) return false;
      const CURLMsg* const message = curl_multi_info_read(multi_, &running);
      // Anything else, such as the end of the time, may have come before the last address.
      const bool isWhole = message != nullptr && message->data.result == CURLE_COULDNT_CONNECT;
      if (!isWhole || count_ > mostAddresses) return true;
      for (std::size_t i = 0; i != count_; ++i)
        addresses.emplace_back(addresses_[i]);
      return true;
    }

   private:
    /// libcurl asks for a socket to one address after the other, because it never gets one.
    static curl_socket_t onAddress(void* user, curlsocktype, curl_sockaddr* address) {
      auto& lookup = *static_cast<Lookup*>(user);
      if (lookup.count_ < mostAddresses) {
        const void* const number =
            address->family == AF_INET
                ? static_cast<const void*>(
                      &reinterpret_cast<const sockaddr_in*>(&address->addr)->sin_addr)
                : &reinterpret_cast<const sockaddr_in6*>(&address->addr)->sin6_addr;
        char* const text = lookup.addresses_[lookup.count_];
        if (inet_ntop(address->family, number, text, INET6_ADDRSTRLEN) == nullptr) *text = '\0';
      }
      if (lookup.count_ <= mostAddresses) ++lookup.count_;
      return CURL_SOCKET_BAD;
    }
    static CurlTransportOptions optionsOf(long timeoutMs, bool initializeCurl) {
      CurlTransportOptions options;
      options.connectTimeoutMs = timeoutMs;
      options.totalTimeoutMs = timeoutMs;
      options.noProxy = "*";
      options.initializeCurl = initializeCurl;
      return options;
    }

    static constexpr std::size_t mostAddresses = 16;

    std::string url_;
    HttpRequest request_;
    HttpResponse response_;
    CurlTransport transport_;
    CURLM* multi_;
    std::size_t count_ = 0;
    char addresses_[mostAddresses][INET6_ADDRSTRLEN];
  };

  long timeoutMs_;
  bool initializeCurl_;
  // Of the look-up in steps that is under way.
  std::optional<Lookup> lookup_;
  const std::vector<std::string>* asker_ = nullptr;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_SYSTEM_HOST_RESOLVER_HPP
