// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "loopback_server.hpp"
#include "secure_tunneling/secure_tunneling.hpp"

namespace benchmarks {

using State = secure_tunneling::ClientState<secure_tunneling::OpensslSha256>;
using RotateCall = secure_tunneling::RotateCall<secure_tunneling::OpensslSha256>;

inline constexpr const char* accessKeyId = "AKIAIOSFODNN7EXAMPLE";
inline constexpr const char* secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

inline secure_tunneling::Settings settingsFor(const std::string& url) {
  secure_tunneling::Settings settings;
  settings.region = "us-east-1";
  settings.endpointUrl = url;
  return settings;
}

inline secure_tunneling::RotateTunnelAccessTokenRequest exampleRequest() {
  secure_tunneling::RotateTunnelAccessTokenRequest request;
  request.tunnelId = "01234567-89ab-cdef-0123-456789abcdef";
  request.clientMode = secure_tunneling::ClientMode::ALL;
  return request;
}

/// Brings `call` to the point where its request can be sent.
inline const secure_tunneling::HttpRequest& prepare(RotateCall& call) {
  secure_tunneling::SystemClock clock;
  if (call.next(clock.now()) == RotateCall::Step::NeedCredentials) {
    call.credentials().accessKeyId = accessKeyId;
    call.credentials().secretAccessKey.assign(secretAccessKey);
    call.onCredentials({});
  }
  require(call.next(clock.now()) == RotateCall::Step::Send, "a call cannot be prepared");
  return call.request();
}

/// Header lines in libcurl's form, without the two headers that it would add.
class HeaderList {
 public:
  void set(const secure_tunneling::HttpRequest& request) {
    count_ = 0;
    for (std::size_t i = 0; i != request.headerCount; ++i)
      add(request.headers[i].line.data());
    add("Accept:");
    add("Expect:");
  }
  curl_slist* first() noexcept { return nodes_; }

 private:
  void add(const char* line) noexcept {
    nodes_[count_] = {const_cast<char*>(line), nullptr};
    if (count_ != 0) nodes_[count_ - 1].next = &nodes_[count_];
    ++count_;
  }

  curl_slist nodes_[16];
  std::size_t count_ = 0;
};

/// The least that any call costs: an easy handle, set up once, that sends the very bytes that the
/// library sent once and copies the answer's body to a buffer.
class RawCall {
 public:
  explicit RawCall(const std::string& url)
      : state_(settingsFor(url)), call_(state_, exampleRequest()), handle_(curl_easy_init()) {
    const secure_tunneling::HttpRequest& request = prepare(call_);
    headers_.set(request);
    curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers_.first());
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &RawCall::onBody);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, this);
  }
  ~RawCall() { curl_easy_cleanup(handle_); }
  RawCall(const RawCall&) = delete;
  RawCall& operator=(const RawCall&) = delete;

  void operator()() {
    begin();
    require(curl_easy_perform(handle_) == CURLE_OK, "a raw call fails");
    finish();
  }

  CURL* handle() noexcept { return handle_; }
  void begin() noexcept { size_ = 0; }
  void finish() noexcept {
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    require(status == 200 && size_ > 800, "a raw call gets another answer");
  }

 private:
  static std::size_t onBody(char* data, std::size_t, std::size_t size, void* user) {
    auto& call = *static_cast<RawCall*>(user);
    if (size > sizeof call.body_ - call.size_) return 0;
    std::memcpy(call.body_ + call.size_, data, size);
    call.size_ += size;
    return size;
  }

  State state_;
  RotateCall call_;
  CURL* handle_;
  HeaderList headers_;
  char body_[4096];
  std::size_t size_ = 0;
};

/// The same, signed by libcurl for each call.
class CurlSigv4Call {
 public:
  explicit CurlSigv4Call(const std::string& url) : raw_(url) {
    headers_ = curl_slist_append(headers_, "Content-Type: application/x-amz-json-1.1");
    headers_ =
        curl_slist_append(headers_, "X-Amz-Target: IoTSecuredTunneling.RotateTunnelAccessToken");
    headers_ = curl_slist_append(headers_, "Accept:");
    headers_ = curl_slist_append(headers_, "Expect:");
    CURL* const handle = raw_.handle();
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(handle, CURLOPT_USERNAME, accessKeyId);
    curl_easy_setopt(handle, CURLOPT_PASSWORD, secretAccessKey);
    require(curl_easy_setopt(handle, CURLOPT_AWS_SIGV4, "aws:amz:us-east-1:IoTSecuredTunneling") ==
                CURLE_OK,
            "libcurl cannot sign");
  }
  ~CurlSigv4Call() { curl_slist_free_all(headers_); }
  CurlSigv4Call(const CurlSigv4Call&) = delete;
  CurlSigv4Call& operator=(const CurlSigv4Call&) = delete;

  void operator()() { raw_(); }

 private:
  curl_slist* headers_ = nullptr;
  RawCall raw_;
};

/// The library, as a program with more than one call uses it.
class LibraryCall {
 public:
  explicit LibraryCall(const std::string& url)
      : credentials_(accessKeyId, secretAccessKey),
        client_(settingsFor(url), transport_, credentials_, clock_),
        request_(exampleRequest()) {}

  void operator()() {
    const auto response = rotateTunnelAccessToken(request_, client_);
    require(response && response->sourceAccessToken && response->destinationAccessToken,
            "a library call fails");
  }

 private:
  secure_tunneling::CurlTransport transport_;
  secure_tunneling::StaticCredentials credentials_;
  secure_tunneling::SystemClock clock_;
  secure_tunneling::Client client_;
  secure_tunneling::RotateTunnelAccessTokenRequest request_;
};

}  // namespace benchmarks
