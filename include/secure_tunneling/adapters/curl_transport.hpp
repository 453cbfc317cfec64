// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_CURL_TRANSPORT_HPP
#define SECURE_TUNNELING_ADAPTERS_CURL_TRANSPORT_HPP

#include <curl/curl.h>
#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstring>
#include <initializer_list>
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
  // Out of line, for size: many strings begin here.
  [[gnu::noinline]] CurlTransport() = default;
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
    code_ = CURLE_OK;
    if (handle_ == nullptr) open();
    if (code_ != CURLE_OK) {
      return refuse(ErrorKind::Configuration, Delivery::NotSent,
                    {"libcurl cannot be set up: "sv, curl_easy_strerror(code_)});
    }
    response.headers.reserve(options_.maxHeaderBytes);
    response.body.reserve(options_.maxResponseBytes);
    request_ = &request;
    response_ = &response;
    tooLong_ = false;
    headersEnded_ = false;
    refusedToResend_ = false;
    prepare();
    return code_ == CURLE_OK ? Result<void>() : fail(Delivery::NotSent);
  }
  [[nodiscard]] CURL* handle() const noexcept { return handle_; }
  Result<void> end(CURLcode code) {
    // libcurl takes a connection that ends within the headers for a whole answer.
    if (code == CURLE_OK && !headersEnded_) code = CURLE_PARTIAL_FILE;
    if (refusedToResend_) code = CURLE_GOT_NOTHING;
    code_ = code;
    curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, nullptr);
    if (code == CURLE_OK && !tooLong_) {
      response_->status = static_cast<int>(numberOf(CURLINFO_RESPONSE_CODE));
      return {};
    }
    response_->clear();
    if (!tooLong_) return fail(mayHaveSent() ? Delivery::Unknown : Delivery::NotSent);
    return refuse(ErrorKind::InvalidResponse, Delivery::Answered,
                  {"the service's answer is longer than "sv,
                   detail::Decimal(options_.maxResponseBytes).text(), " bytes (headers "sv,
                   detail::Decimal(options_.maxHeaderBytes).text(), ")"sv});
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

    std::size_t count_ = 0;
    curl_slist nodes_[mostHeaders + 3];
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
    auto& transport = *static_cast<CurlTransport*>(user);
    HttpResponse& response = *transport.response_;
    if (size > 5 && std::memcmp(data, "HTTP/", 5) == 0) {
      // A proxy's answer or a 100 came before: the headers of the last answer count.
      response.headers.clear();
      response.body.clear();
      transport.headersEnded_ = false;
    } else if (*data == '\n' || (*data == '\r' && size == 2)) {
      transport.headersEnded_ = true;
    } else if (response.headers.size() + size >= transport.options_.maxHeaderBytes) {
      transport.tooLong_ = true;
      return 0;
    } else {
      response.headers.addLine({data, size});
    }
    return size;
  }
  static std::size_t onBody(char* data, std::size_t, std::size_t size, void* user) {
    auto& transport = *static_cast<CurlTransport*>(user);
    Secret& body = transport.response_->body;
    transport.tooLong_ = size > transport.options_.maxResponseBytes - body.size();
    if (transport.tooLong_) return 0;
    body.append({data, size});
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

  // Options are set until libcurl refuses one: `code_` says why.

  [[gnu::noinline]] void set(CURLoption option, long value) noexcept {
    if (code_ == CURLE_OK) code_ = curl_easy_setopt(handle_, option, value);
  }
  [[gnu::noinline]] void set(CURLoption option, const void* value) noexcept {
    if (code_ == CURLE_OK) code_ = curl_easy_setopt(handle_, option, value);
  }
  [[gnu::noinline]] void setUnlessEmpty(CURLoption option, const std::string& value) noexcept {
    if (!value.empty()) set(option, value.c_str());
  }
  /// Sets what has changed since the last request, of which libcurl made a copy.
  [[gnu::noinline]] void setChanged(CURLoption option, std::string& last, std::string_view value) {
    if (last == value) return;
    last = value;
    set(option, last.c_str());
  }

  /// Whether libcurl may write with SIGPIPE: not to a socket itself, and from 7.88 on it writes for
  /// OpenSSL too. The three system calls of a guard are a tenth of a warm call.
  static bool raisesSigpipe(const curl_version_info_data& libcurl) noexcept {
    return libcurl.version_num < 0x075800 || libcurl.ssl_version == nullptr ||
           std::strncmp(libcurl.ssl_version, "OpenSSL/", 8) != 0;
  }

  /// Sessions save a later connection little CPU time, and where memory runs out libcurl 7.88 frees
  /// parts of one twice. But 7.87.0 crashes without them (its issue 10380).
  static bool keepsTlsSessions(const curl_version_info_data& libcurl) noexcept {
    return libcurl.version_num == 0x075700;
  }

  /// Makes the handle and sets what is the same for every request and not libcurl's default, which
  /// is to follow no redirect and to check the server's certificate and name.
  void open() {
    if (options_.initializeCurl) code_ = initializeOnce();
    if (code_ != CURLE_OK) return;
    handle_ = curl_easy_init();
    if (handle_ == nullptr) {
      code_ = CURLE_FAILED_INIT;
      return;
    }
    const curl_version_info_data& libcurl = *curl_version_info(CURLVERSION_NOW);
    raisesSigpipe_ = raisesSigpipe(libcurl);
    // No libcurl refuses these three.
    curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, &onHeader);
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &onBody);
    curl_easy_setopt(handle_, CURLOPT_SOCKOPTFUNCTION, &onSocket);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_SOCKOPTDATA, this);
    set(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
    set(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    set(CURLOPT_PROTOCOLS, long{CURLPROTO_HTTP | CURLPROTO_HTTPS});
#endif
    set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    // libcurl reads 0 as its own default of 300 seconds.
    set(CURLOPT_CONNECTTIMEOUT_MS,
        options_.connectTimeoutMs != 0 ? options_.connectTimeoutMs : 0x7fffffffL);
    set(CURLOPT_TIMEOUT_MS, options_.totalTimeoutMs);
#if LIBCURL_VERSION_NUM >= 0x075700
    // Otherwise libcurl waits for a look-up to end before it gives up.
    set(CURLOPT_QUICK_EXIT, 1L);
#endif
    set(CURLOPT_LOW_SPEED_LIMIT, options_.lowSpeedBytesPerSecond);
    set(CURLOPT_LOW_SPEED_TIME, options_.lowSpeedSeconds);
    if (!keepsTlsSessions(libcurl)) set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    if (!options_.verifyTls) {
      set(CURLOPT_SSL_VERIFYPEER, 0L);
      set(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    setUnlessEmpty(CURLOPT_PROXY, options_.proxy);
    setUnlessEmpty(CURLOPT_NOPROXY, options_.noProxy);
    // libcurl's own CA bundle can go where the program names its own CAs, or the system has the
    // same CAs as a directory too, which is looked up CA by CA. Parsing the whole bundle is most of
    // the CPU time of a cold call.
    const bool hasOwnCas = !options_.caFile.empty() || !options_.caPath.empty();
    if (hasOwnCas || hasHashedCas(libcurl)) curl_easy_setopt(handle_, CURLOPT_CAINFO, nullptr);
    if (!options_.caFile.empty()) curl_easy_setopt(handle_, CURLOPT_CAPATH, nullptr);
    setUnlessEmpty(CURLOPT_CAINFO, options_.caFile);
    setUnlessEmpty(CURLOPT_CAPATH, options_.caPath);
    setUnlessEmpty(CURLOPT_SSLCERT, options_.clientCertificateFile);
    setUnlessEmpty(CURLOPT_SSLKEY, options_.clientKeyFile);
    // Without one OpenSSL asks for it on the terminal, and waits.
    if (!options_.clientCertificateFile.empty()) set(CURLOPT_KEYPASSWD, "");
  }

  void close() noexcept {
    // Closing a TLS connection writes to it.
    const detail::SigpipeGuard guard(raisesSigpipe_);
    curl_easy_cleanup(std::exchange(handle_, nullptr));
    url_.clear();
    method_.clear();
  }

  /// Whether libcurl's own CA directory has entries named by hash (`01234567.0`).
  static bool hasHashedCas([[maybe_unused]] const curl_version_info_data& libcurl) {
    bool found = false;
#if LIBCURL_VERSION_NUM >= 0x074600
    if (libcurl.age < CURLVERSION_SEVENTH || libcurl.capath == nullptr) return false;
    DIR* const directory = opendir(libcurl.capath);
    if (directory == nullptr) return false;
    for (const dirent* entry = readdir(directory); entry != nullptr && !found;
         entry = readdir(directory)) {
      const char* const name = entry->d_name;
      found = std::strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
              detail::isDigit(name[9]) && name[10] == '\0';
    }
    closedir(directory);
#endif
    return found;
  }

  void prepare() {
    const HttpRequest& request = *request_;
    if (request.headerCount > HeaderLines::mostHeaders) code_ = CURLE_BAD_FUNCTION_ARGUMENT;
    setChanged(CURLOPT_URL, url_, request.url);
    setChanged(CURLOPT_CUSTOMREQUEST, method_, request.method);
    lines_.assign(request);
    set(CURLOPT_HTTPHEADER, lines_.first());
    if (method_ == "GET"sv && request.body.empty()) return set(CURLOPT_HTTPGET, 1L);
    // Of any method: libcurl sends the length of these even where it is 0. Null would mean to read
    // a body from standard input.
    set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
  }

  /// The error that `code_` is, where it is one.
  Result<void> refuse(ErrorKind kind, Delivery delivery,
                      std::initializer_list<std::string_view> message) {
    Error error = detail::errorOf(kind, message);
    error.transportCode = static_cast<int>(code_);
    error.delivery = delivery;
    // What a handle keeps may be the reason: where memory ran out, a store of half the CAs.
    close();
    return error;
  }
  Result<void> fail(Delivery delivery) {
    const std::string_view file = failedFile();
    return refuse(delivery == Delivery::NotSent ? kindOf(code_) : ErrorKind::Transport, delivery,
                  {curl_easy_strerror(code_), file.empty() ? ""sv : ": "sv, file,
                   request_->https ? " (https://"sv : " (http://"sv, request_->authority, ")"sv});
  }

  [[gnu::noinline]] long numberOf(CURLINFO info) const noexcept {
    long number = 0;
    curl_easy_getinfo(handle_, info, &number);
    return number;
  }
  /// What libcurl has written so far: the request, and before it a CONNECT to a proxy.
  [[nodiscard]] long bytesWritten() const noexcept {
    return numberOf(CURLINFO_REQUEST_SIZE);
  }
  /// Over https nothing but a CONNECT is written before a new connection has its TLS.
  [[nodiscard]] bool mayHaveSent() const {
    curl_off_t tlsDoneAfterUs = 0;
    curl_easy_getinfo(handle_, CURLINFO_APPCONNECT_TIME_T, &tlsDoneAfterUs);
    const bool waitedForTls =
        request_->https && tlsDoneAfterUs == 0 && numberOf(CURLINFO_NUM_CONNECTS) > 0;
    return refusedToResend_ || (bytesWritten() > 0 && !waitedForTls);
  }

  /// The file that the failure is about; empty where it is about none.
  [[nodiscard]] std::string_view failedFile() const noexcept {
    if (code_ == CURLE_SSL_CERTPROBLEM) return options_.clientCertificateFile;
    if (code_ != CURLE_SSL_CACERT_BADFILE) return {};
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

  // What is used most comes first: close by, it takes less code to reach.
  CURL* handle_ = nullptr;
  CURLcode code_ = CURLE_OK;
  bool raisesSigpipe_ = false;
  // Of the request that is under way.
  bool refusedToResend_ = false;
  bool tooLong_ = false;
  bool headersEnded_ = false;
  const HttpRequest* request_ = nullptr;
  HttpResponse* response_ = nullptr;
  std::string url_;
  std::string method_;
  CurlTransportOptions options_;
  HeaderLines lines_;
};

}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_CURL_TRANSPORT_HPP
