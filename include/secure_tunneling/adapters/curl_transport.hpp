// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_CURL_TRANSPORT_HPP
#define SECURE_TUNNELING_ADAPTERS_CURL_TRANSPORT_HPP

#include <curl/curl.h>
#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/sigpipe_guard.hpp"
#include "secure_tunneling/http.hpp"

namespace secure_tunneling {
inline namespace v1 {

struct CurlTransportOptions {
  /// Milliseconds for name look-up, connection and TLS handshake; 0 for no limit. Past this and the
  /// next limit a libcurl before 7.87 still waits for a look-up that is under way, for as long as
  /// the system's resolver takes; a newer one leaves it to its thread.
  long connectTimeoutMs = 10'000;
  /// Milliseconds for the whole exchange; 0 for no limit.
  long totalTimeoutMs = 60'000;
  /// Gives up when fewer bytes a second than this move for `lowSpeedSeconds`; 0 for no limit.
  long lowSpeedBytesPerSecond = 1;
  long lowSpeedSeconds = 30;
  /// The longest body and the longest header block that are accepted, in bytes. Memory for both is
  /// set aside before the transfer and kept.
  std::size_t maxResponseBytes = std::size_t{64} * 1024;
  std::size_t maxHeaderBytes = std::size_t{16} * 1024;
  /// URL of a proxy; empty to go by http_proxy, https_proxy and no_proxy, as libcurl does.
  std::string proxy;
  /// Hosts to reach without the proxy, comma-separated; "*" for all.
  std::string noProxy;
  /// A PEM bundle to trust instead of the system's.
  std::string caFile;
  /// A directory of CAs to trust, hashed as OpenSSL wants it, instead of the system's.
  std::string caPath;
  /// PEM files for mutual TLS. The key must not be encrypted: nobody is asked for a passphrase.
  std::string clientCertificateFile;
  std::string clientKeyFile;
  /// Off: the server's certificate and name are not checked, and anybody in between can read the
  /// tokens. For tests.
  bool verifyTls = true;
  /// Off where the program itself calls curl_global_init.
  bool initializeCurl = true;

  /// Trusts what a CA bundle of the AWS tools names, `SharedSettings::caBundle` for one: a
  /// directory goes to `caPath`, all else to `caFile`.
  void trust(std::string caBundle) {
    struct stat status {};
    const bool isDirectory = stat(caBundle.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    (isDirectory ? caPath : caFile) = std::move(caBundle);
  }
};

/// `HttpTransport` over libcurl 7.61 or later: one easy handle, whose connection is kept and
/// reused until a request fails.
///
/// Any method but HEAD, with a body or without. TLS 1.2 or later, http and https only, no
/// redirects, HTTP/1.1, no `Expect: 100-continue`. The constructor does no I/O. `curl_global_init`
/// runs once in the process, at the first `send`, and is never undone, so nothing happens at exit.
/// Where libcurl or OpenSSL get no memory, `send` returns an error. Their buffers, with the
/// request's headers and the answer's body in them, are freed as they are: `curl_global_init_mem`
/// is the program's way to have them wiped. Moves nothing and is not thread-safe: a transport each
/// thread.
class CurlTransport final : public HttpTransport {
 public:
  CurlTransport() = default;
  explicit CurlTransport(CurlTransportOptions options) : options_(std::move(options)) {}
  ~CurlTransport() { close(); }

  Result<void> send(const HttpRequest& request, HttpResponse& response) override {
    Result<void> begun = begin(request, response);
    if (!begun) return begun;
    CURLcode code = CURLE_OK;
    {
      const detail::SigpipeGuard guard(raisesSigpipe_);
      code = curl_easy_perform(handle_);
    }
    return end(code);
  }

  /// The two halves of `send`, for a program that lets its own curl_multi handle do the transfer:
  /// `begin`, add `handle()`, and when it is done remove it and `end` with its result. `request`
  /// and `response` must stay until then. After an error of `begin` there is nothing to end. Unlike
  /// `send`, these leave SIGPIPE to the program, which had best ignore it.
  Result<void> begin(const HttpRequest& request, HttpResponse& response) {
    if (handle_ == nullptr) {
      Result<void> opened = open();
      if (!opened) return opened;
    }
    response.headers.reserve(options_.maxHeaderBytes);
    response.body.reserve(options_.maxResponseBytes);
    receiver_ = {&response, options_.maxHeaderBytes, options_.maxResponseBytes, false, false};
    request_ = &request;
    refusedToResend_ = false;
    const CURLcode code = prepare(request);
    return code == CURLE_OK ? Result<void>() : fail(code, false);
  }
  [[nodiscard]] CURL* handle() const noexcept { return handle_; }
  Result<void> end(CURLcode code) {
    HttpResponse& response = *receiver_.response;
    if (refusedToResend_) code = CURLE_GOT_NOTHING;
    // libcurl takes a connection that ends within the headers for a whole answer.
    if (code == CURLE_OK && !receiver_.headersEnded) code = CURLE_PARTIAL_FILE;
    curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, nullptr);
    if (receiver_.tooLong) {
      response.clear();
      return tooLong();
    }
    if (code != CURLE_OK) {
      response.clear();
      return fail(code, mayHaveSent());
    }
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    return {};
  }

 private:
  /// The caller's header lines as the list that libcurl takes: it only reads them, so nothing is
  /// copied.
  class HeaderLines {
   public:
    void assign(const HttpRequest& request) noexcept {
      count_ = 0;
      for (std::size_t i = 0; i != request.headerCount && i != mostHeaders; ++i) {
        add(request.headers[i].line.data());
      }
      // An empty value keeps libcurl from adding its own.
      add("Accept:");
      add("Content-Type:");
      add("Expect:");
    }
    curl_slist* first() noexcept { return nodes_; }

    static constexpr std::size_t mostHeaders = 13;

   private:
    void add(const char* line) noexcept {
      nodes_[count_] = {const_cast<char*>(line), nullptr};
      if (count_ != 0) nodes_[count_ - 1].next = &nodes_[count_];
      ++count_;
    }

    curl_slist nodes_[mostHeaders + 3];
    std::size_t count_ = 0;
  };

  struct Number {
    CURLoption option;
    long value;
  };
  struct Text {
    CURLoption option;
    const char* value;
  };

  struct Receiver {
    HttpResponse* response;
    std::size_t maxHeaderBytes;
    std::size_t maxBodyBytes;
    bool tooLong;
    bool headersEnded;
  };

  // The callbacks run inside libcurl's C frames: they never allocate, the buffers being reserved.

  /// Where a kept connection ends without an answer, libcurl would send the request again on a new
  /// one, by itself. The service may have processed it: that is for the caller to decide.
  static int onSocket(void* user, curl_socket_t, curlsocktype) {
    auto& transport = *static_cast<CurlTransport*>(user);
    transport.refusedToResend_ = transport.bytesWritten() > 0;
    return transport.refusedToResend_ ? CURL_SOCKOPT_ERROR : CURL_SOCKOPT_OK;
  }

  static std::size_t onHeader(char* data, std::size_t, std::size_t size, void* user) {
    auto& receiver = *static_cast<Receiver*>(user);
    const std::string_view line(data, size);
    if (line.substr(0, 5) == "HTTP/"sv) {
      // A proxy's answer or a 100 came before: the headers of the last answer count.
      receiver.response->headers.clear();
      receiver.response->body.clear();
      receiver.headersEnded = false;
    } else if (line == "\r\n"sv || line == "\n"sv) {
      receiver.headersEnded = true;
    } else if (receiver.response->headers.size() + size >= receiver.maxHeaderBytes) {
      receiver.tooLong = true;
      return 0;
    } else {
      receiver.response->headers.addLine(line);
    }
    return size;
  }
  static std::size_t onBody(char* data, std::size_t, std::size_t size, void* user) {
    auto& receiver = *static_cast<Receiver*>(user);
    if (size > receiver.maxBodyBytes - receiver.response->body.size()) {
      receiver.tooLong = true;
      return 0;
    }
    receiver.response->body.append(std::string_view(data, size));
    return size;
  }

  /// A lock without constructor, and without destructor at exit: works without thread-safe statics,
  /// too, and the call after one without memory tries again.
  static CURLcode initializeOnce() {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static bool isDone = false;
    pthread_mutex_lock(&mutex);
    const CURLcode code = isDone ? CURLE_OK : curl_global_init(CURL_GLOBAL_DEFAULT);
    isDone = code == CURLE_OK;
    pthread_mutex_unlock(&mutex);
    return code;
  }

  /// Whether libcurl may write with SIGPIPE: not to a socket itself, and from 7.88 on it writes for
  /// OpenSSL too. The three system calls of a guard are a tenth of a warm call.
  static bool raisesSigpipe() {
    const curl_version_info_data* const info = curl_version_info(CURLVERSION_NOW);
    const std::string_view tls = info->ssl_version == nullptr ? "" : info->ssl_version;
    return info->version_num < 0x075800 || tls.substr(0, 8) != "OpenSSL/"sv;
  }

  /// Sessions save a later connection little CPU time, and where memory runs out libcurl 7.88 frees
  /// parts of one twice. But 7.87.0 crashes without them (its issue 10380).
  static bool keepsTlsSessions() {
    return curl_version_info(CURLVERSION_NOW)->version_num == 0x075700;
  }

  /// Makes the handle and sets what is the same for every request.
  Result<void> open() {
    if (options_.initializeCurl && initializeOnce() != CURLE_OK) {
      return makeError(ErrorKind::Configuration, "libcurl cannot be initialised"sv);
    }
    raisesSigpipe_ = raisesSigpipe();
    handle_ = curl_easy_init();
    if (handle_ == nullptr) return makeError(ErrorKind::Configuration, "libcurl gives no handle"sv);
    const Number numbers[] = {
      {CURLOPT_NOSIGNAL, 1},
#if LIBCURL_VERSION_NUM < 0x075500
      {CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS},
#endif
      {CURLOPT_FOLLOWLOCATION, 0},
      {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
      {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
      // libcurl reads 0 as its own default of 300 seconds.
      {CURLOPT_CONNECTTIMEOUT_MS,
       options_.connectTimeoutMs != 0 ? options_.connectTimeoutMs : 0x7fffffff},
      {CURLOPT_TIMEOUT_MS, options_.totalTimeoutMs},
#if LIBCURL_VERSION_NUM >= 0x075700
      // Otherwise libcurl waits for a look-up to end before it gives up.
      {CURLOPT_QUICK_EXIT, 1},
#endif
      {CURLOPT_LOW_SPEED_LIMIT, options_.lowSpeedBytesPerSecond},
      {CURLOPT_LOW_SPEED_TIME, options_.lowSpeedSeconds},
      {CURLOPT_SSL_SESSIONID_CACHE, keepsTlsSessions() ? 1 : 0},
      {CURLOPT_SSL_VERIFYPEER, options_.verifyTls ? 1 : 0},
      {CURLOPT_SSL_VERIFYHOST, options_.verifyTls ? 2 : 0},
    };
    const Text texts[] = {
#if LIBCURL_VERSION_NUM >= 0x075500
      {CURLOPT_PROTOCOLS_STR, "http,https"},
#endif
      {CURLOPT_PROXY, options_.proxy.c_str()},
      {CURLOPT_NOPROXY, options_.noProxy.c_str()},
      {CURLOPT_SSLCERT, options_.clientCertificateFile.c_str()},
      {CURLOPT_SSLKEY, options_.clientKeyFile.c_str()},
      {CURLOPT_CAINFO, options_.caFile.c_str()},
      {CURLOPT_CAPATH, options_.caPath.c_str()},
    };
    const bool hasClient =
        !options_.clientCertificateFile.empty() || !options_.clientKeyFile.empty();
    CURLcode code = curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, &onHeader);
    if (code == CURLE_OK) code = curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &onBody);
    if (code == CURLE_OK) code = curl_easy_setopt(handle_, CURLOPT_SOCKOPTFUNCTION, &onSocket);
    if (code == CURLE_OK) code = curl_easy_setopt(handle_, CURLOPT_SOCKOPTDATA, this);
    if (mayDropSystemCas()) {
      curl_easy_setopt(handle_, CURLOPT_CAINFO, nullptr);
      if (!options_.caFile.empty()) curl_easy_setopt(handle_, CURLOPT_CAPATH, nullptr);
    }
    for (const Number& number : numbers) {
      if (code == CURLE_OK) code = curl_easy_setopt(handle_, number.option, number.value);
    }
    for (const Text& text : texts) {
      if (code == CURLE_OK && *text.value != '\0') {
        code = curl_easy_setopt(handle_, text.option, text.value);
      }
    }
    // Without one OpenSSL asks for it on the terminal, and waits.
    if (code == CURLE_OK && hasClient) code = curl_easy_setopt(handle_, CURLOPT_KEYPASSWD, "");
    if (code == CURLE_OK) return {};
    curl_easy_cleanup(std::exchange(handle_, nullptr));
    Error error = detail::errorOf(ErrorKind::Configuration,
                                  {"libcurl refuses a setting: "sv, curl_easy_strerror(code)});
    error.transportCode = static_cast<int>(code);
    return error;
  }

  void close() noexcept {
    // Closing a TLS connection writes to it.
    const detail::SigpipeGuard guard(raisesSigpipe_);
    curl_easy_cleanup(std::exchange(handle_, nullptr));
    url_.clear();
    method_.clear();
  }

  /// Whether libcurl's own CA bundle can go: the program names its own CAs, or the system has the
  /// same CAs as a directory too, which is looked up CA by CA. Parsing the whole bundle is most of
  /// the CPU time of a cold call.
  [[nodiscard]] bool mayDropSystemCas() const {
    return !options_.caFile.empty() || !options_.caPath.empty() || systemHasHashedCas();
  }

  /// Whether libcurl's own CA directory has entries named by hash (`01234567.0`).
  static bool systemHasHashedCas() {
#if LIBCURL_VERSION_NUM >= 0x074600
    const curl_version_info_data* const info = curl_version_info(CURLVERSION_NOW);
    if (info->age < CURLVERSION_SEVENTH || info->capath == nullptr) return false;
    DIR* const directory = opendir(info->capath);
    if (directory == nullptr) return false;
    bool found = false;
    for (const dirent* entry = readdir(directory); entry != nullptr && !found;
         entry = readdir(directory)) {
      const std::string_view name = entry->d_name;
      found = name.size() == 10 && name[8] == '.' && detail::isDigit(name[9]) &&
              name.find_first_not_of("0123456789abcdef"sv) == 8;
    }
    closedir(directory);
    return found;
#else
    return false;
#endif
  }

  CURLcode prepare(const HttpRequest& request) {
    if (request.headerCount > HeaderLines::mostHeaders) return CURLE_BAD_FUNCTION_ARGUMENT;
    CURLcode code = CURLE_OK;
    const auto set = [&](CURLoption option, auto value) {
      if (code == CURLE_OK) code = curl_easy_setopt(handle_, option, value);
    };
    if (url_ != request.url) {
      url_ = request.url;
      set(CURLOPT_URL, url_.c_str());
    }
    if (method_ != request.method) {
      method_ = request.method;
      set(CURLOPT_CUSTOMREQUEST, method_.c_str());
    }
    lines_.assign(request);
    set(CURLOPT_HTTPHEADER, lines_.first());
    if (method_ == "GET"sv && request.body.empty()) {
      set(CURLOPT_HTTPGET, 1L);
    } else {
      // Of any method: libcurl sends the length of these even where it is 0. Null would mean to
      // read a body from standard input.
      set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
      set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    }
    set(CURLOPT_HEADERDATA, &receiver_);
    set(CURLOPT_WRITEDATA, &receiver_);
    return code;
  }

  [[nodiscard]] Error tooLong() const {
    Error error =
        detail::errorOf(ErrorKind::InvalidResponse,
                        {"the service's answer is longer than "sv,
                         detail::Decimal(options_.maxResponseBytes).text(), " bytes (headers "sv,
                         detail::Decimal(options_.maxHeaderBytes).text(), ")"sv});
    error.delivery = Delivery::Answered;
    return error;
  }

  [[nodiscard]] Error fail(CURLcode code, bool sent) {
    const std::string_view file = fileOf(code);
    Error error = detail::errorOf(
        sent ? ErrorKind::Transport : kindOf(code),
        {curl_easy_strerror(code), file.empty() ? ""sv : ": "sv, file,
         request_->https ? " (https://"sv : " (http://"sv, request_->authority, ")"sv});
    error.transportCode = static_cast<int>(code);
    error.delivery = sent ? Delivery::Unknown : Delivery::NotSent;
    // What a handle keeps may be the reason: where memory ran out, a store of half the CAs.
    close();
    return error;
  }

  /// What libcurl has written so far: the request, and before it a CONNECT to a proxy.
  [[nodiscard]] long bytesWritten() const {
    long bytes = 0;
    curl_easy_getinfo(handle_, CURLINFO_REQUEST_SIZE, &bytes);
    return bytes;
  }
  /// Over https nothing but a CONNECT is written before a new connection has its TLS.
  [[nodiscard]] bool mayHaveSent() const {
    long newConnections = 0;
    curl_off_t tlsDoneAfterUs = 0;
    curl_easy_getinfo(handle_, CURLINFO_NUM_CONNECTS, &newConnections);
    curl_easy_getinfo(handle_, CURLINFO_APPCONNECT_TIME_T, &tlsDoneAfterUs);
    const bool waitedForTls = request_->https && newConnections > 0 && tlsDoneAfterUs == 0;
    return refusedToResend_ || (bytesWritten() > 0 && !waitedForTls);
  }

  /// The file that the failure is about; empty where it is about none.
  [[nodiscard]] std::string_view fileOf(CURLcode code) const noexcept {
    if (code == CURLE_SSL_CERTPROBLEM) return options_.clientCertificateFile;
    if (code != CURLE_SSL_CACERT_BADFILE) return {};
    return options_.caFile.empty() ? options_.caPath : options_.caFile;
  }

  static ErrorKind kindOf(CURLcode code) noexcept {
    switch (code) {
      case CURLE_PEER_FAILED_VERIFICATION:
        return ErrorKind::Untrusted;
      case CURLE_UNSUPPORTED_PROTOCOL:
      case CURLE_URL_MALFORMAT:
      case CURLE_BAD_FUNCTION_ARGUMENT:
      case CURLE_SSL_CERTPROBLEM:
      case CURLE_SSL_CACERT_BADFILE:
      case CURLE_SSL_ENGINE_NOTFOUND:
        return ErrorKind::Configuration;
      default:
        return ErrorKind::Transport;
    }
  }

  CurlTransportOptions options_;
  CURL* handle_ = nullptr;
  bool raisesSigpipe_ = false;
  bool refusedToResend_ = false;
  std::string url_;
  std::string method_;
  // Of the request that is under way.
  const HttpRequest* request_ = nullptr;
  HeaderLines lines_;
  Receiver receiver_{};
};

}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_CURL_TRANSPORT_HPP
