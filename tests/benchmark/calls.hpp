// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <curl/curl.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

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

/// Where calls go, and the request that the library sends there.
class Target {
 public:
  /// Over https `caFile` has the authority to trust.
  explicit Target(const std::string& url, std::string caFile = {})
      : caFile_(std::move(caFile)), state_(settingsFor(url)), call_(state_, exampleRequest()) {
    prepare(call_);
  }

  [[nodiscard]] const std::string& caFile() const noexcept { return caFile_; }
  [[nodiscard]] const secure_tunneling::HttpRequest& request() const noexcept {
    return call_.request();
  }
  [[nodiscard]] std::string url() const { return std::string(request().url); }

 private:
  std::string caFile_;
  State state_;
  RotateCall call_;
};

/// The least that any call costs: an easy handle, set up once, that sends the very bytes that the
/// library sends and copies the answer to a buffer. Its options and call-backs are those that
/// `CurlTransport` has: time-outs take system calls, and a call-back takes what libcurl does for
/// it. What is done in them is the library's.
class RawCall {
 public:
  explicit RawCall(const Target& target) : handle_(curl_easy_init()) {
    using secure_tunneling::detail::CurlDefaults;
    const secure_tunneling::HttpRequest& request = target.request();
    for (std::size_t i = 0; i != request.headerCount; ++i)
      add(request.headers[i].line.data());
    add("Accept:");
    add("Expect:");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    set(CURLOPT_CONNECTTIMEOUT_MS, long{CurlDefaults::connectTimeoutMs});
    set(CURLOPT_TIMEOUT_MS, long{CurlDefaults::totalTimeoutMs});
    set(CURLOPT_LOW_SPEED_LIMIT, long{CurlDefaults::lowSpeedBytesPerSecond});
    set(CURLOPT_LOW_SPEED_TIME, long{CurlDefaults::lowSpeedSeconds});
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_USERAGENT, CurlDefaults::userAgent);
    set(CURLOPT_ERRORBUFFER, reason_);
    set(CURLOPT_URL, target.url().c_str());
    set(CURLOPT_HTTPHEADER, headers_);
    set(CURLOPT_POSTFIELDS, request.body.data());
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    set(CURLOPT_HEADERFUNCTION, &RawCall::onData);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &RawCall::onData);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_OPENSOCKETFUNCTION, &RawCall::onSocket);
#if LIBCURL_VERSION_NUM >= 0x075000
    set(CURLOPT_PREREQFUNCTION, &RawCall::onConnection);
#endif
    if (!target.caFile().empty()) {
      set(CURLOPT_CAPATH, nullptr);
      set(CURLOPT_CAINFO, target.caFile().c_str());
    }
  }
  ~RawCall() {
    curl_easy_cleanup(handle_);
  }
  RawCall(const RawCall&) = delete;
  RawCall& operator=(const RawCall&) = delete;

  void operator()() {
    begin();
    require(curl_easy_perform(handle_) == CURLE_OK, "a raw call fails");
    finish();
  }

  CURL* handle() noexcept {
    return handle_;
  }
  void begin() noexcept {
    size_ = 0;
  }
  void finish() noexcept {
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    require(status == 200 && size_ > 800, "a raw call gets another answer");
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    require(curl_easy_setopt(handle_, option, value) == CURLE_OK, "libcurl refuses an option");
  }
  /// Header lines in libcurl's form, without the headers that it would add.
  void add(const char* line) noexcept {
    headers_[count_] = {const_cast<char*>(line), nullptr};
    if (count_ != 0) headers_[count_ - 1].next = &headers_[count_];
    ++count_;
  }

  static std::size_t onData(char* data, std::size_t, std::size_t size, void* user) {
    auto& call = *static_cast<RawCall*>(user);
    if (size > sizeof call.answer_ - call.size_) return 0;
    std::memcpy(call.answer_ + call.size_, data, size);
    call.size_ += size;
    return size;
  }
  static curl_socket_t onSocket(void*, curlsocktype, curl_sockaddr* address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }
#if LIBCURL_VERSION_NUM >= 0x075000
  static int onConnection(void*, char*, char*, int, int) {
    return CURL_PREREQFUNC_OK;
  }
#endif

  CURL* handle_;
  curl_slist headers_[16];
  std::size_t count_ = 0;
  char reason_[CURL_ERROR_SIZE];
  char answer_[4096];
  std::size_t size_ = 0;
};

/// The same, signed by libcurl for each call.
class CurlSigv4Call {
 public:
  explicit CurlSigv4Call(const Target& target) : raw_(target) {
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
  /// Without options, which a device has no need of.
  explicit LibraryCall(const std::string& url)
      : client_(settingsFor(url), transport_, credentials_, clock_) {}
  explicit LibraryCall(const Target& target)
      : transport_(trusting(target)),
        client_(settingsFor(target.url()), transport_, credentials_, clock_) {}

  void operator()() {
    const auto response = rotateTunnelAccessToken(request_, client_);
    require(response && response->sourceAccessToken && response->destinationAccessToken,
            "a library call fails");
  }

  static secure_tunneling::CurlTransportOptions trusting(const Target& target) {
    secure_tunneling::CurlTransportOptions options;
    options.caFile = target.caFile();
    return options;
  }

 private:
  secure_tunneling::CurlTransport transport_;
  secure_tunneling::StaticCredentials credentials_{accessKeyId, secretAccessKey};
  secure_tunneling::SystemClock clock_;
  secure_tunneling::Client client_;
  const secure_tunneling::RotateTunnelAccessTokenRequest request_ = exampleRequest();
};

}  // namespace benchmarks
