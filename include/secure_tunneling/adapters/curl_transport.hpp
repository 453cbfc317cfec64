// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_CURL_TRANSPORT_HPP
#define SECURE_TUNNELING_ADAPTERS_CURL_TRANSPORT_HPP

/// @file
/// HTTP over libcurl. Link with libcurl.

#include <curl/curl.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/adapters/curl_options.hpp"
#include "secure_tunneling/adapters/detail/curl_connections.hpp"
#include "secure_tunneling/adapters/detail/curl_handle.hpp"
#include "secure_tunneling/adapters/detail/curl_library.hpp"
#include "secure_tunneling/adapters/detail/curl_reasons.hpp"
#include "secure_tunneling/adapters/detail/curl_setup.hpp"
#include "secure_tunneling/adapters/detail/loaded_code.hpp"
#include "secure_tunneling/adapters/detail/process_mark.hpp"
#include "secure_tunneling/adapters/detail/sigpipe_guard.hpp"
#include "secure_tunneling/adapters/detail/socket.hpp"
#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/owned.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/seams/http_transport.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// `HttpTransport` over libcurl 7.61 or later, by one easy handle. HTTP/1.1 over http and https,
/// with TLS 1.2 or later, any method but HEAD, with a body or without; no redirects, no `Expect:
/// 100-continue`. The constructor does no I/O.
///
/// **Connections** are kept and used again until a request fails; `CurlTransportOptions` say how
/// long an idle one is good for. One is not used again where there is input on it that nobody has
/// read, where its other end has closed it, or where neither can be told:
/// - with libcurl before 7.80;
/// - over TLS by another library than OpenSSL, or by one that is linked statically;
/// - over https by way of a proxy over https, which the options name or, for a transport that was
///   given options, the environment.
///
/// In its place a new one is opened at once, within the same `send`, as long as nothing was sent;
/// with libcurl 8.12 or later it takes up the TLS session.
///
/// **An answer over https** has to say its length or come in chunks, unless OpenSSL is 3.2 or
/// later: with others libcurl may take a connection that was cut for one that has ended.
///
/// **Threads and processes.** Not thread-safe: each thread has a transport of its own, which cannot
/// be moved. `curl_global_init` runs once in the process, at the first `send`, and is never undone,
/// so nothing happens at exit. Whether the CA directory that libcurl was built with has any is
/// found out once in the process, too: it should not be emptied, nor hidden by chroot, after that.
/// After a fork the child opens connections of its own; those of its parent, and a handle for each
/// generation, stay as they are until the process ends. Sockets are close-on-exec; those by which
/// an older libcurl wakes itself are not.
///
/// **Memory.** Where libcurl or OpenSSL get none, `send` returns an error. Their buffers, with the
/// request's headers and the answer's body in them, are freed as they are: `curl_global_init_mem`
/// is the program's way to have them wiped.
class CurlTransport final : public HttpTransport {
 public:
  // Out of line, for size: every transport of a program begins and ends here.
  /// With the defaults of `CurlTransportOptions`.
  SECURE_TUNNELING_NOINLINE CurlTransport() = default;
  /// Keeps `options`; what they name is looked at by the first `send`.
  explicit CurlTransport(CurlTransportOptions options) : CurlTransport() {
    programInitializesCurl_ = !options.initializeCurl;
    maxResponseBytes_ = options.maxResponseBytes;
    maxHeaderBytes_ = smaller(options.maxHeaderBytes, detail::mostHeaderBytes);
    totalTimeoutMs_ = options.totalTimeoutMs;
    setup_ =
        detail::Owned<const detail::CurlSetup>(new detail::CurlSetupByOptions(std::move(options)));
  }
  SECURE_TUNNELING_NOINLINE ~CurlTransport() override { close(); }

  Result<void> send(const HttpRequest& request, HttpResponse& response) override {
    for (bool isFirst = true;; isFirst = false) {
      if (prepare(request, response) != CURLE_OK) return fail(Delivery::NotSent);
      const CURLcode code = call(&CurlTransport::perform);
      if (!mustBeginAgain()) return end(code);
      // libcurl has closed that connection. The handle, with its CAs and TLS sessions, gets another
      // chance.
      if (!isFirst) close();
    }
  }

  /// The two halves of `send`, for a program that lets its own curl_multi handle do the transfer:
  /// `begin`, add `handle()`, and when it is done remove it and `end` with its result. `request`
  /// and `response` must stay until then. After an error of `begin` there is nothing to end.
  ///
  /// Unlike `send`, these leave SIGPIPE to the program, which had best ignore it. It is the multi
  /// handle that keeps connections. On both sides of a fork a program needs one each.
  /// `HttpRequest::timeoutMs` is kept here too, but it is the program that looks at
  /// `HttpRequest::cancelled`: it removes the handle, and ends it with `CURLE_ABORTED_BY_CALLBACK`.
  /// `CurlDriver` does all of this.
  Result<void> begin(const HttpRequest& request, HttpResponse& response) {
    if (prepare(request, response) != CURLE_OK) return fail(Delivery::NotSent);
#if LIBCURL_VERSION_NUM >= 0x075000
    findSocket_ = &detail::findSocket;
#endif
    return {};
  }
  /// @cond
  /// For drivers of the library: the same where every transport of the multi handle keeps its
  /// sockets in `connections`, in which nothing has to be searched.
  Result<void> begin(const HttpRequest& request, HttpResponse& response,
                     detail::CurlConnections& connections) {
    if (prepare(request, response) != CURLE_OK) return fail(Delivery::NotSent);
    connections_ = &connections;
    return {};
  }
  /// @endcond
  /// The easy handle, to be added to a multi handle and removed again: nothing else may be done
  /// with it. Null before the first request.
  [[nodiscard]] CURL* handle() const noexcept {
    return curl_.handle;
  }
  /// Whether the transfer that is done came upon a kept connection that is of no use, with input on
  /// it that nobody has read. Nothing was sent, and that connection is closed: `begin` again, and
  /// add `handle()` once more. `end` makes it an error instead, of kind `Transport`.
  [[nodiscard]] bool mustBeginAgain() const noexcept {
    return curl_.code == unusableConnection;
  }
  /// Whether the transfer that is under way, or the last one, may have sent its request.
  [[nodiscard]] bool mayHaveSent() const noexcept {
    // Over https nothing but a CONNECT is written before a new connection has its TLS.
    const bool waitedForTls = request_->https && isNewConnection_ &&
                              curl_.microsecondsOf(CURLINFO_APPCONNECT_TIME_T) == 0;
    // Until a transfer has begun it is what the last one wrote.
    return hasBegun_ && !waitedForTls && bytesWritten() > 0;
  }
  /// Ends what `begin` began. `code` is the result of the transfer; what is returned is as of
  /// `send`.
  Result<void> end(CURLcode code) {
    // A callback's own reason is the better one.
    if (curl_.code == CURLE_OK) {
      curl_.code = code;
    } else {
      reason_[0] = '\0';
    }
    // libcurl takes a connection that ends within the headers for a whole answer.
    if (curl_.code == CURLE_OK && !headersEnded_) curl_.code = CURLE_PARTIAL_FILE;
    if (curl_.code == CURLE_OK && request_->https && !tellsTlsEnd_ && isEndedByConnection())
      curl_.code = CURLE_PARTIAL_FILE;
    const bool isTooLong = curl_.code == CURLE_FILESIZE_EXCEEDED;
    response_->status = status();
    // Of an error answer the beginning says enough.
    const bool isEnough = isTooLong && headersEnded_ && response_->status >= 300;
    if (curl_.code == CURLE_OK || isEnough) return {};
    response_->clear();
    if (isTooLong || hasNoRoomForHeader()) return fail(Delivery::Answered);
    return fail(mayHaveSent() ? Delivery::Unknown : Delivery::NotSent);
  }

 private:
  // The callbacks run inside libcurl's C frames: nothing may be thrown there. Where one gives up,
  // `curl_.code` says why.

  /// Opens a socket, which a program that is started meanwhile does not inherit.
  ///
  /// Where a kept connection ends without an answer, libcurl would send the request again on a new
  /// one, by itself. The service may have processed it: that is for the caller to decide.
  static curl_socket_t onSocket(void* user, curlsocktype, curl_sockaddr* address) {
    auto& transport = *static_cast<CurlTransport*>(user);
    if (transport.bytesWritten() != 0) {
      transport.curl_.code = CURLE_GOT_NOTHING;
      return CURL_SOCKET_BAD;
    }
    transport.hasBegun_ = true;
    transport.isNewConnection_ = true;
    const curl_socket_t opened =
        detail::openSocket(address->family, address->socktype, address->protocol);
#if !defined(_WIN32)
    if (opened == CURL_SOCKET_BAD) transport.socketError_ = errno;
#endif
    transport.connections_->opened(opened);
    return opened;
  }

#if LIBCURL_VERSION_NUM >= 0x075000
  /// Before a request is sent: whether the connection is fit for it. The port tells which of the
  /// sockets it has, of which libcurl may have closed some.
  static int onConnection(void* user, char*, char*, int, int port) {
    auto& transport = *static_cast<CurlTransport*>(user);
    transport.hasBegun_ = true;
    if (transport.isNewConnection_) {
      transport.connections_->connected(port);
      return CURL_PREREQFUNC_OK;
    }
    const curl_socket_t socket = transport.connections_->find(port, transport.findSocket_);
    const bool isUsable = detail::hasNoInput(socket) && transport.hasNoTlsInput();
    if (isUsable) return CURL_PREREQFUNC_OK;
    transport.curl_.code = unusableConnection;
    return CURL_PREREQFUNC_ABORT;
  }
  /// Whether TLS, too, has taken no more from the socket than the last answer. Where that cannot be
  /// told it counts as if it had: of another library than OpenSSL, or one that cannot be asked; and
  /// of a proxy's TLS around that of the service.
  [[nodiscard]] bool hasNoTlsInput() const noexcept {
    const curl_tlssessioninfo* tls = nullptr;
    curl_easy_getinfo(curl_.handle, CURLINFO_TLS_SSL_PTR, &tls);
    if (tls == nullptr || tls->internals == nullptr) return !request_->https;
    if (request_->https && !setup_.empty() && setup_->mayUseTlsProxy()) return false;
    return tls->backend == CURLSSLBACKEND_OPENSSL && hasPending_ != nullptr &&
           hasPending_(tls->internals) == 0;
  }
#endif

  static std::size_t onHeader(char* data, std::size_t, std::size_t size, void* user) {
    auto& transport = *static_cast<CurlTransport*>(user);
    HttpResponse& response = *transport.response_;
    // Of all that comes in front of the last answer, too.
    transport.headerBytes_ += size;
    if (transport.headerBytes_ >= transport.maxHeaderBytes_) {
      transport.curl_.code = CURLE_FILESIZE_EXCEEDED;
      return 0;
    }
    if (std::strncmp(data, "HTTP/", 5) == 0) {  // stops in time: a line ends with LF
      // A proxy's answer or a 100 came before: the headers of the last answer count.
      response.clear();
      transport.headersEnded_ = false;
    } else if (*data == '\n' || (*data == '\r' && size == 2)) {
      transport.headersEnded_ = true;
    } else if (!response.headers.tryAddLine({data, size})) {
      transport.curl_.code = CURLE_OUT_OF_MEMORY;
      return 0;
    }
    return size;
  }
  static std::size_t onBody(char* data, std::size_t, std::size_t size, void* user) {
    auto& transport = *static_cast<CurlTransport*>(user);
    Secret& body = transport.response_->body;
    const std::size_t taken = smaller(size, transport.maxResponseBytes_ - body.size());
    if (!body.tryReserve(body.size() + taken)) {
      transport.curl_.code = CURLE_OUT_OF_MEMORY;
      return 0;
    }
    body.append({data, taken});
    if (taken != size) transport.curl_.code = CURLE_FILESIZE_EXCEEDED;
    return taken;
  }

  /// Sets what has changed since the last request, of which libcurl made a copy. By methods of
  /// std::string that are in its library already.
  SECURE_TUNNELING_NOINLINE void setChanged(CURLoption option, std::string& last,
                                            const std::string_view& value) {
    if (last.compare(0, last.npos, value.data(), value.size()) == 0) return;
    last.assign(value.data(), value.size());
    curl_.set(option, last.c_str());
  }

  /// Makes the handle and sets what is the same for every request and not libcurl's default, which
  /// is to follow no redirect and to check the server's certificate and name.
  void open() {
    // As a table, because a call for each takes twice the code.
    static constexpr struct {
      int option;
      int value;
    } numericOptions[] = {
      {CURLOPT_NOSIGNAL, 1},
      {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
      {CURLOPT_PATH_AS_IS, 1},
      {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
      {CURLOPT_CONNECTTIMEOUT_MS, detail::CurlDefaults::connectTimeoutMs},
      {CURLOPT_LOW_SPEED_LIMIT, detail::CurlDefaults::lowSpeedBytesPerSecond},
      {CURLOPT_LOW_SPEED_TIME, detail::CurlDefaults::lowSpeedSeconds},
      // By the times of `CurlDefaults`, which are libcurl's own.
      {CURLOPT_TCP_KEEPALIVE, 1},
      // What a proxy says to CONNECT is not the answer.
      {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
#if LIBCURL_VERSION_NUM < 0x075000
      // Nothing can be asked of a connection before it is used again.
      {CURLOPT_FORBID_REUSE, 1},
#endif
#if LIBCURL_VERSION_NUM >= 0x075700 && \
    (!defined(__GLIBC__) || __GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
      // Otherwise libcurl waits for a look-up to end before it gives up.
      {CURLOPT_QUICK_EXIT, 1},
#endif
#if LIBCURL_VERSION_NUM < 0x075500
      {CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS},
#endif
    };
    if (!programInitializesCurl_) curl_.code = detail::initializeCurlOnce();
    if (curl_.code != CURLE_OK) return;
    curl_.handle = curl_easy_init();
    process_.set();
    if (curl_.handle == nullptr) {
      curl_.code = CURLE_FAILED_INIT;
      return;
    }
    const curl_version_info_data& libcurl = *curl_version_info(CURLVERSION_NOW);
    raisesSigpipe_ = detail::raisesSigpipe(libcurl);
    tellsTlsEnd_ = detail::tellsTlsEnd(libcurl);
#if LIBCURL_VERSION_NUM >= 0x075000 && \
    (!defined(__GLIBC__) || __GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
    hasPending_ = detail::findHasPending();
#endif
    // No libcurl refuses these.
    curl_easy_setopt(curl_.handle, CURLOPT_HEADERFUNCTION, &onHeader);
    curl_easy_setopt(curl_.handle, CURLOPT_WRITEFUNCTION, &onBody);
    curl_easy_setopt(curl_.handle, CURLOPT_OPENSOCKETFUNCTION, &onSocket);
#if LIBCURL_VERSION_NUM >= 0x075000
    curl_easy_setopt(curl_.handle, CURLOPT_PREREQFUNCTION, &onConnection);
    curl_.set(CURLOPT_PREREQDATA, this);
#endif
    curl_.set(CURLOPT_HEADERDATA, this);
    curl_.set(CURLOPT_WRITEDATA, this);
    curl_.set(CURLOPT_OPENSOCKETDATA, this);
    curl_.set(CURLOPT_HTTPHEADER, lines_);
    curl_.set(CURLOPT_USERAGENT, detail::CurlDefaults::userAgent);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_.set(CURLOPT_PROTOCOLS_STR, "http,https");
#endif
    for (const auto [option, value] : numericOptions)
      curl_.set(static_cast<CURLoption>(option), long{value});
    curl_.set(CURLOPT_SSL_SESSIONID_CACHE, long{detail::keepsTlsSessions(libcurl)});
    usesDefaultCas_ = setup_.empty() || !setup_->apply(curl_);
    // Last: of an option libcurl gives no better reason than the code is.
    curl_.set(CURLOPT_ERRORBUFFER, reason_);
    if (curl_.code != CURLE_OK) close();
  }

  /// libcurl's own CA bundle can go where the system has the same CAs as a directory too, which is
  /// looked up CA by CA. Parsing the whole bundle is most of the CPU time of a cold call. Inline,
  /// for size: it has one caller.
  SECURE_TUNNELING_ALWAYS_INLINE void pickCas() noexcept {
    usesDefaultCas_ = false;
    if (detail::hasHashedCas()) curl_easy_setopt(curl_.handle, CURLOPT_CAINFO, nullptr);
  }

  /// Calls what may write to a connection that the server has closed.
  CURLcode call(CURLcode (CurlTransport::*function)()) noexcept {
    if (!raisesSigpipe_) return (this->*function)();
    const detail::SigpipeGuard guard;
    return (this->*function)();
  }
  /// The transfer, to its end: by a multi handle once there is a flag to look at meanwhile, for
  /// libcurl itself comes by once a second only.
  CURLcode perform() {
    if (request_->cancelled == nullptr && multi_ == nullptr) return curl_easy_perform(curl_.handle);
    if (multi_ == nullptr) multi_ = detail::newMulti();
    if (curl_multi_add_handle(multi_, curl_.handle) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
    CURLcode code = CURLE_ABORTED_BY_CALLBACK;
    for (;;) {
      // What is there when the flag is seen is taken; but nothing is begun any more.
      const bool isCancelled = request_->isCancelled();
      if (isCancelled && !mayHaveSent()) break;
      int count = 0;
      if (curl_multi_perform(multi_, &count) != CURLM_OK) {
        code = CURLE_OUT_OF_MEMORY;
        break;
      }
      if (count == 0) {
        const CURLMsg* const message = curl_multi_info_read(multi_, &count);
        if (message != nullptr) code = message->data.result;
        break;
      }
      if (isCancelled) break;
      detail::waitForMulti(multi_);
    }
    curl_multi_remove_handle(multi_, curl_.handle);
    return code;
  }
  CURLcode cleanUp() {
    curl_easy_cleanup(curl_.handle);
    if (multi_ != nullptr) curl_multi_cleanup(multi_);
    return CURLE_OK;
  }
  void close() noexcept {
    // Closing a TLS connection writes to it. In a child those of its parent are left alone, and the
    // handles with them.
    if (process_.isOfThisProcess()) call(&CurlTransport::cleanUp);
    curl_.handle = nullptr;
    multi_ = nullptr;
    url_.clear();
    method_.clear();
  }

  CURLcode prepare(const HttpRequest& request, HttpResponse& response) {
    request_ = &request;
    response_ = &response;
    curl_.code = CURLE_OK;
    reason_[0] = '\0';
    headerBytes_ = 0;
    socketError_ = 0;
    hasBegun_ = false;
    isNewConnection_ = false;
    headersEnded_ = false;
    findSocket_ = nullptr;
    connections_ = &ownConnections_;
    if (!process_.isOfThisProcess()) close();
    if (curl_.handle == nullptr) open();
    if (request.https && usesDefaultCas_) pickCas();
    // As much as most answers need: a secret that grows is copied and wiped.
    response.headers.reserve(smaller(usualHeaderBytes, maxHeaderBytes_));
    response.body.reserve(smaller(usualResponseBytes, maxResponseBytes_));
    host_.clear();
    detail::append(host_, "Host: ");
    detail::append(host_, request.authority);
    setHeaders(request);
    curl_.set(CURLOPT_TIMEOUT_MS, timeoutMsOf(request));
    setChanged(CURLOPT_URL, url_, request.url);
    setChanged(CURLOPT_CUSTOMREQUEST, method_, request.method);
    // Of any method: libcurl sends the length of these even where it is 0. Null would mean to read
    // a body from standard input.
    const std::string_view body = request.body;
    curl_.set(CURLOPT_POSTFIELDS, body.data() == nullptr ? "" : body.data());
    curl_.set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    if (body.empty() && request.method == "GET") curl_.set(CURLOPT_HTTPGET, 1L);
    return curl_.code;
  }

  /// The transport's own limit, or what is left of the call where that is less. 0 is no limit.
  [[nodiscard]] long timeoutMsOf(const HttpRequest& request) const noexcept {
    const bool isShorter = request.timeoutMs > 0 && request.timeoutMs < mostTimeoutMs &&
                           (totalTimeoutMs_ == 0 || request.timeoutMs < totalTimeoutMs_);
    return isShorter ? static_cast<long>(request.timeoutMs) : totalTimeoutMs_;
  }

  /// Lists the caller's header lines where libcurl reads them, so nothing is copied.
  void setHeaders(const HttpRequest& request) noexcept {
    if (request.headerCount > mostHeaders) {
      curl_.code = CURLE_BAD_FUNCTION_ARGUMENT;
      return;
    }
    curl_slist* line = lines_;
    const HttpHeader* const end = request.headers + request.headerCount;
    for (const HttpHeader* header = request.headers; header != end; ++header)
      line = setLine(line, header->line.data());
    // What is signed; libcurl's own has another spelling of some addresses.
    line = setLine(line, host_.c_str());
    // An empty value keeps libcurl from adding its own.
    line = setLine(line, "Accept:");
    line = setLine(line, "Content-Type:");
    line = setLine(line, "Expect:");
    line[-1].next = nullptr;
  }
  SECURE_TUNNELING_NOINLINE static curl_slist* setLine(curl_slist* line,
                                                       const char* text) noexcept {
    *line = {const_cast<char*>(text), line + 1};
    return line + 1;
  }

  /// The error that `curl_.code` is; without a handle one of `open`.
  Result<void> fail(Delivery delivery) {
    // A newer libcurl says that memory is out where it gets no descriptor to begin with.
    if (curl_.code == CURLE_OUT_OF_MEMORY && !hasBegun_ && errno == EMFILE) {
      curl_.code = CURLE_COULDNT_CONNECT;
      socketError_ = EMFILE;
    }
    ErrorKind kind = delivery == Delivery::NotSent    ? detail::kindOf(curl_.code)
                     : delivery == Delivery::Answered ? ErrorKind::InvalidResponse
                                                      : ErrorKind::Transport;
    std::string message;
    const bool isCancelled = curl_.code == CURLE_ABORTED_BY_CALLBACK;
    if (isCancelled) kind = ErrorKind::Cancelled;
    if (curl_.handle == nullptr) {
      kind = ErrorKind::Configuration;
      detail::append(message, "libcurl cannot be set up: ");
    } else if (curl_.code == CURLE_FILESIZE_EXCEEDED) {
      detail::append(message, "the answer is longer than the transport's options allow: ");
    } else if (delivery == Delivery::Answered) {
      detail::append(message, "the answer has headers that libcurl has no room for: ");
    } else if (detail::isOfProxy(curl_, reason_, kind)) {
      detail::appendProxy(curl_, !setup_.empty() ? setup_->proxyHost() : "", message);
    }
    const char* const reason =
        isCancelled ? "the call was cancelled" : detail::findReason(reason_, curl_.code, kind);
    detail::append(message, reason);
    // What libcurl leaves unsaid.
    auto osError = static_cast<int>(curl_.numberOf(CURLINFO_OS_ERRNO));
    if (osError == 0) osError = socketError_;
    // What a proxy has answered came over a connection; the error was that of another address.
    if (curl_.numberOf(CURLINFO_HTTP_CONNECTCODE) != 0) osError = 0;
    if (std::strstr(reason, "not yet valid") != nullptr) {
      detail::append(message, ": the clock of this machine may be wrong");
    } else if (curl_.code == CURLE_COULDNT_CONNECT && osError != 0) {
      detail::append(message, ": ");
      detail::append(message, std::strerror(osError));
    }
    // Headers that have not ended say nothing yet.
    const int status = delivery == Delivery::Answered && headersEnded_ ? this->status() : 0;
    if (!isNameKnown()) detail::keepLibcurlLoaded();
    // What a handle keeps may be the reason: where memory ran out, a store of half the CAs.
    close();
    // Without its target, which may be secret in part.
    const std::string_view server =
        detail::headOf(request_->url, request_->url.size() - request_->target.size());
    detail::append(message, " (");
    detail::append(message, server);
    detail::append(message, ")");
    Result<void> failed = detail::failure(kind, message.c_str());
    Error& error = failed.error();
    error.transportCode = static_cast<int>(curl_.code);
    error.delivery = delivery;
    error.httpStatus = status;
    if (!setup_.empty()) setup_->explain(error, server);
    return failed;
  }

  /// That of the last answer.
  [[nodiscard]] int status() const noexcept {
    return static_cast<int>(curl_.numberOf(CURLINFO_RESPONSE_CODE));
  }
  /// What libcurl has written so far: the request, and before it a CONNECT to a proxy.
  [[nodiscard]] long bytesWritten() const noexcept {
    return curl_.numberOf(CURLINFO_REQUEST_SIZE);
  }
  /// libcurl has limits of its own for headers. Before 8.6 it says that memory is out.
  [[nodiscard]] bool hasNoRoomForHeader() const noexcept {
    constexpr int tooLarge = 100;  // CURLE_TOO_LARGE
    const bool isAnswered = static_cast<int>(curl_.code) == tooLarge ||
                            (curl_.code == CURLE_OUT_OF_MEMORY &&
                             curl_.microsecondsOf(CURLINFO_STARTTRANSFER_TIME_T) != 0);
    return isAnswered && !headersEnded_ && mayHaveSent();
  }
  /// Whether only the end of the connection tells that of the answer.
  [[nodiscard]] bool isEndedByConnection() const noexcept {
    using detail::operator""sv;
    const HttpHeaders& headers = response_->headers;
    return headers.valueOf("content-length"sv).data() == nullptr &&
           !detail::equalsIgnoreCase(headers.valueOf("transfer-encoding"sv), "chunked"sv) &&
           status() != 204 && status() != 304;
  }

  [[nodiscard]] bool isNameKnown() const noexcept {
    return curl_.handle == nullptr || curl_.microsecondsOf(CURLINFO_NAMELOOKUP_TIME_T) != 0;
  }

  static std::size_t smaller(std::size_t one, std::size_t other) noexcept {
    return one < other ? one : other;
  }

  /// A connection that was kept is none to send the request on.
  static constexpr CURLcode unusableConnection = CURLE_WEIRD_SERVER_REPLY;
  /// Of the longest limit that libcurl takes, past which a request has none.
  static constexpr std::int64_t mostTimeoutMs = 0x7fffffff;
  static constexpr std::size_t usualHeaderBytes = 1024;
  static constexpr std::size_t usualResponseBytes = 2048;

  // What is used most comes first: close by, it takes less code to reach.
  detail::CurlHandle curl_;
  /// What does the transfers once one can be cancelled; it has the connections then.
  CURLM* multi_ = nullptr;
  long totalTimeoutMs_ = detail::CurlDefaults::totalTimeoutMs;
  detail::ProcessMark process_;
  bool raisesSigpipe_ = false;
  bool tellsTlsEnd_ = false;
  bool programInitializesCurl_ = false;
  /// The handle has libcurl's own CAs, and has not been used over https.
  bool usesDefaultCas_ = false;
  // Of the request that is under way.
  int socketError_ = 0;  ///< why there is no socket
  bool hasBegun_ = false;
  bool isNewConnection_ = false;
  bool headersEnded_ = false;
  const HttpRequest* request_ = nullptr;
  HttpResponse* response_ = nullptr;
  std::size_t maxResponseBytes_ = detail::CurlDefaults::maxResponseBytes;
  std::size_t maxHeaderBytes_ = detail::CurlDefaults::maxHeaderBytes;
  /// Of the request that is under way.
  std::size_t headerBytes_ = 0;
  /// Set where connections are shared with other transports. A pointer, so that only programs that
  /// do so link the search.
  detail::CurlConnections::Search findSocket_ = nullptr;
  /// None without options.
  detail::Owned<const detail::CurlSetup> setup_;
  std::string url_;
  std::string method_;
  std::string host_;  ///< the header's whole line
  char reason_[CURL_ERROR_SIZE];
#if LIBCURL_VERSION_NUM >= 0x075000
  /// OpenSSL's SSL_has_pending; null where it is not needed.
  detail::HasPending* hasPending_ = nullptr;
#endif
  /// Of the request that is under way.
  detail::CurlConnections* connections_ = nullptr;
  detail::OwnConnections ownConnections_;
  static constexpr std::size_t mostHeaders = 13;
  curl_slist lines_[mostHeaders + 4];
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_CURL_TRANSPORT_HPP
