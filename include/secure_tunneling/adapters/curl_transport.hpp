// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_CURL_TRANSPORT_HPP
#define SECURE_TUNNELING_ADAPTERS_CURL_TRANSPORT_HPP

#include <curl/curl.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/adapters/detail/sigpipe_guard.hpp"
#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/owned.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/detail/wipe.hpp"
#include "secure_tunneling/seams/http_transport.hpp"
#include "secure_tunneling/version.hpp"

namespace secure_tunneling {
inline namespace v0_1 {
namespace detail {

/// The numbers among the options where a program sets none.
struct CurlDefaults {
  static constexpr int connectTimeoutMs = 10'000;
  static constexpr int totalTimeoutMs = 60'000;
  static constexpr int lowSpeedBytesPerSecond = 1;
  static constexpr int lowSpeedSeconds = 30;
  static constexpr std::size_t maxResponseBytes = std::size_t{64} * 1024;
  static constexpr std::size_t maxHeaderBytes = std::size_t{16} * 1024;
  static constexpr char userAgent[] = "secure_tunneling/" SECURE_TUNNELING_VERSION_STRING;
};

/// The most that is accepted of headers, whatever the options say: libcurl from 8.3 on gives up at
/// 300 kB itself, with a code that says nothing of it.
constexpr std::size_t mostHeaderBytes = std::size_t{256} * 1024;
/// The most that is set aside for a body before it is there.
constexpr std::size_t mostReservedBytes = std::size_t{1024} * 1024;

}  // namespace detail

struct CurlTransportOptions {
  /// Milliseconds for name look-up, connection and TLS handshake; 0 for no limit. Past this and
  /// `totalTimeoutMs` a libcurl before 7.87, or with a glibc before 2.34, still waits for a look-up
  /// that is under way, for as long as the system's resolver takes. Otherwise it is left to its
  /// thread, and libcurl is kept in memory from then on, so that a plug-in can be unloaded
  /// meanwhile; one that libcurl is linked into stays with it.
  long connectTimeoutMs = detail::CurlDefaults::connectTimeoutMs;
  /// Milliseconds for the whole exchange; 0 for no limit.
  long totalTimeoutMs = detail::CurlDefaults::totalTimeoutMs;
  /// Gives up when fewer bytes a second than this move for `lowSpeedSeconds`; 0 for no limit.
  long lowSpeedBytesPerSecond = detail::CurlDefaults::lowSpeedBytesPerSecond;
  long lowSpeedSeconds = detail::CurlDefaults::lowSpeedSeconds;
  /// The longest body and the longest header block that are accepted, in bytes. Memory for both is
  /// set aside before the transfer and kept, for a body 1 MiB of it at most. SIZE_MAX is no limit,
  /// but for libcurl's own: of headers 256 KiB are accepted at most, no line over 100 kB, and by a
  /// newer one not more than some thousand lines.
  std::size_t maxResponseBytes = detail::CurlDefaults::maxResponseBytes;
  std::size_t maxHeaderBytes = detail::CurlDefaults::maxHeaderBytes;
  /// URL of a proxy; empty to go by http_proxy, https_proxy and no_proxy, as libcurl does.
  std::string proxy;
  /// Hosts to reach without the proxy, comma-separated; "*" for all.
  std::string noProxy;
  /// A PEM bundle to trust instead of the system's, for servers and for a proxy over https.
  std::string caFile;
  /// A directory of CAs to trust, hashed as OpenSSL wants it, instead of the system's.
  std::string caPath;
  /// What named these two, for errors: a variable, or a file with the line.
  std::string caOrigin;
  /// PEM files for mutual TLS. The key must not be encrypted: nobody is asked for a passphrase.
  std::string clientCertificateFile;
  std::string clientKeyFile;
  /// Off: the server's certificate and name are not checked, and anybody in between can read the
  /// tokens. For tests.
  bool verifyTls = true;
  /// Off where the program itself calls curl_global_init.
  bool initializeCurl = true;
  /// The User-Agent header, visible ASCII and blanks, which CloudTrail records; it is not signed.
  /// Empty to send none.
  std::string userAgent = detail::CurlDefaults::userAgent;

  /// Trusts what a CA bundle of the AWS tools names, `SharedSettings::caBundle` for one: a
  /// directory goes to `caPath`, all else to `caFile`, and `origin` to `caOrigin`.
  void trust(std::string caBundle, std::string origin = {}) {
    struct stat status {};
    const bool isDirectory = stat(caBundle.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    (isDirectory ? caPath : caFile) = std::move(caBundle);
    caOrigin = std::move(origin);
  }

  /// Adds an application's name to the User-Agent, as `app/NAME`: `SharedSettings::applicationId`
  /// for one. What may not stand there becomes "-", as in the AWS SDKs; nothing is added for an
  /// empty name, or where no User-Agent is sent.
  void addApplication(std::string_view name) {
    if (name.empty() || userAgent.empty()) return;
    detail::append(userAgent, " app/");
    for (const char c : name) {
      const bool isPlain = detail::isAlpha(c) || detail::isDigit(c) ||
                           (c != '\0' && std::strchr("!$%&'*+-.^_`|~,", c) != nullptr);
      userAgent.push_back(isPlain ? c : '-');
    }
  }
};

/// `HttpTransport` over libcurl 7.61 or later: one easy handle, whose connections are kept and
/// reused until a request fails. One with input on it that nobody has read, or whose other end has
/// closed it, is not; nor is one of which that cannot be told: with libcurl before 7.80, over TLS
/// by another library than OpenSSL (or one that is linked statically), and over https by way of a
/// proxy over https, which options or, for a transport that was given options, the environment
/// name. On the other side of a fork a transport opens connections of its own; those of its parent,
/// and a handle for each generation, stay as they are until the process ends. Sockets are
/// close-on-exec; those by which an older libcurl wakes itself are not.
///
/// Over https an answer has to say its length or come in chunks, unless OpenSSL is 3.2 or later:
/// with others libcurl may take a connection that was cut for one that has ended.
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
  // Out of line, for size: every transport of a program begins and ends here.
  SECURE_TUNNELING_NOINLINE CurlTransport() = default;
  explicit CurlTransport(CurlTransportOptions options) : CurlTransport() {
    programInitializesCurl_ = !options.initializeCurl;
    maxResponseBytes_ = options.maxResponseBytes;
    maxHeaderBytes_ = smaller(options.maxHeaderBytes, detail::mostHeaderBytes);
    setup_ = detail::Owned<const Setup>(new SetupByOptions(std::move(options)));
  }
  SECURE_TUNNELING_NOINLINE ~CurlTransport() override { close(); }

  Result<void> send(const HttpRequest& request, HttpResponse& response) override {
    for (;;) {
      if (prepare(request, response) != CURLE_OK) return fail(Delivery::NotSent);
      const CURLcode code = call(&curl_easy_perform);
      if (code_ != unusableConnection) return end(code);
      // Nothing was sent. Once more, with none of the connections that were kept.
      close();
    }
  }

  /// The two halves of `send`, for a program that lets its own curl_multi handle do the transfer:
  /// `begin`, add `handle()`, and when it is done remove it and `end` with its result. `request`
  /// and `response` must stay until then. After an error of `begin` there is nothing to end.
  ///
  /// Unlike `send`, these leave SIGPIPE to the program, which had best ignore it. It is the multi
  /// handle that keeps connections: one with input on it that nobody has read ends the transfer
  /// before anything is sent, with an error of `end`, and is closed. On both sides of a fork a
  /// program needs a multi handle each.
  Result<void> begin(const HttpRequest& request, HttpResponse& response) {
    if (prepare(request, response) != CURLE_OK) return fail(Delivery::NotSent);
#if LIBCURL_VERSION_NUM >= 0x075000
    findSocket_ = &findSocket;
#endif
    return {};
  }
  [[nodiscard]] CURL* handle() const noexcept {
    return handle_;
  }
  Result<void> end(CURLcode code) {
    // A callback's own reason is the better one.
    if (code_ == CURLE_OK) {
      code_ = code;
    } else {
      reason_[0] = '\0';
    }
    // libcurl takes a connection that ends within the headers for a whole answer.
    if (code_ == CURLE_OK && !headersEnded_) code_ = CURLE_PARTIAL_FILE;
    if (code_ == CURLE_OK && request_->https && !tellsTlsEnd_ && isEndedByConnection())
      code_ = CURLE_PARTIAL_FILE;
    if (code_ == CURLE_OK) {
      response_->status = static_cast<int>(numberOf(CURLINFO_RESPONSE_CODE));
      return {};
    }
    response_->clear();
    if (code_ == CURLE_FILESIZE_EXCEEDED || hasNoRoomForHeader()) return fail(Delivery::Answered);
    return fail(mayHaveSent() ? Delivery::Unknown : Delivery::NotSent);
  }

 private:
  /// What options change. Virtual, so that a program that gives none does not link it.
  class Setup {
   public:
    virtual ~Setup() = default;
    /// Returns whether that is, among others, which CAs to trust.
    virtual bool apply(CurlTransport& transport) const = 0;
    /// The proxy's URL without what stands in front of its host, as far as it is known.
    [[nodiscard]] virtual const char* proxyHost() const noexcept = 0;
    /// Whether a proxy over https may be in front of services over https.
    [[nodiscard]] virtual bool mayUseTlsProxy() const noexcept = 0;
    /// Says which file the error is about, and what is wrong with it, where it is about one.
    virtual void explain(Error& error, std::string_view server) const = 0;
  };
  class SetupByOptions final : public Setup {
   public:
    explicit SetupByOptions(CurlTransportOptions&& options) : options_(std::move(options)) {}

    bool apply(CurlTransport& transport) const override {
      // libcurl reads 0 as its own default of 300 seconds.
      transport.set(CURLOPT_CONNECTTIMEOUT_MS,
                    options_.connectTimeoutMs != 0 ? options_.connectTimeoutMs : 0x7fffffffL);
      transport.set(CURLOPT_TIMEOUT_MS, options_.totalTimeoutMs);
      transport.set(CURLOPT_LOW_SPEED_LIMIT, options_.lowSpeedBytesPerSecond);
      transport.set(CURLOPT_LOW_SPEED_TIME, options_.lowSpeedSeconds);
      transport.set(CURLOPT_USERAGENT,
                    options_.userAgent.empty() ? nullptr : options_.userAgent.c_str());
      if (!options_.verifyTls) {
        transport.set(CURLOPT_SSL_VERIFYPEER, 0L);
        transport.set(CURLOPT_SSL_VERIFYHOST, 0L);
      }
      transport.setUnlessEmpty(CURLOPT_PROXY, options_.proxy);
      transport.setUnlessEmpty(CURLOPT_NOPROXY, options_.noProxy);
      transport.setUnlessEmpty(CURLOPT_SSLCERT, options_.clientCertificateFile);
      transport.setUnlessEmpty(CURLOPT_SSLKEY, options_.clientKeyFile);
      // Without one OpenSSL asks for it on the terminal, and waits.
      if (!options_.clientCertificateFile.empty()) transport.set(CURLOPT_KEYPASSWD, "");
      // Reading one of these from a pipe could wait for ever.
      if (isNoFile(options_.clientCertificateFile) || isNoFile(options_.clientKeyFile)) {
        transport.code_ = CURLE_SSL_CERTPROBLEM;
      }
      if (isNoFile(options_.caFile)) transport.code_ = CURLE_SSL_CACERT_BADFILE;
      return setCas(transport);
    }
    /// That of the options, else of the first variable that libcurl looks at for https, without
    /// which a proxy is hardly in the way.
    [[nodiscard]] const char* proxyHost() const noexcept override {
      const char* const url = findProxy("");
      const char* const at = std::strrchr(url, '@');
      if (at != nullptr) return at + 1;
      const char* const scheme = std::strstr(url, "://");
      return scheme != nullptr ? scheme + 3 : url;
    }
    [[nodiscard]] bool mayUseTlsProxy() const noexcept override {
      return *findProxy("https:") != '\0';
    }
    void explain(Error& error, std::string_view server) const override {
      const int code = error.transportCode;
      if (code == CURLE_SSL_CACERT_BADFILE) {
        const std::string& origin = options_.caOrigin;
        explain(error, server, origin.empty() ? "CA bundle"sv : std::string_view(origin),
                options_.caFile.empty() ? options_.caPath : options_.caFile);
      } else if (code == CURLE_SSL_CERTPROBLEM || code == CURLE_BAD_FUNCTION_ARGUMENT) {
        // The second is what libcurl 8.23 says of an encrypted key, and of much else.
        const std::string& certificate = options_.clientCertificateFile;
        const std::string& key = options_.clientKeyFile;
        const bool isKeyAtFault = *problemOf(certificate) == '\0' && *problemOf(key) != '\0';
        if (isKeyAtFault) {
          explain(error, server, "client key"sv, key);
        } else if (code == CURLE_SSL_CERTPROBLEM || *problemOf(certificate) != '\0') {
          explain(error, server, "client certificate"sv, certificate);
        }
      }
    }

   private:
    /// The first URL of a proxy that begins with `scheme`, of the options or else of the variables;
    /// empty without one.
    [[nodiscard]] const char* findProxy(std::string_view scheme) const noexcept {
      const char* url = options_.proxy.c_str();
      const bool isGiven = *url != '\0';
      for (const char* const name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
        if (!isGiven) url = std::getenv(name);
        if (url == nullptr || *url == '\0') continue;
        if (detail::equalsIgnoreCase(detail::headOf(url, scheme.size()), scheme)) return url;
      }
      return "";
    }
    static void explain(Error& error, std::string_view server, std::string_view name,
                        const std::string& path) {
      const char* const problem = problemOf(path);
      if (*problem != '\0') {
        error.message = detail::concat({name, " "sv, path, ": "sv, problem, " ("sv, server, ")"sv});
      } else if (error.message.find(path) == std::string::npos) {
        error.message = detail::concat({name, " "sv, path, ": "sv, error.message});
      }
    }

    /// Whether something is there that is neither a file nor a directory.
    static bool isNoFile(const std::string& path) noexcept {
      struct stat status {};
      return stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) &&
             !S_ISDIR(status.st_mode);
    }
    /// Why a file of certificates or keys cannot be used, where that can be seen; empty without a
    /// path.
    static const char* problemOf(const std::string& path) noexcept {
      if (path.empty()) return "";
      if (isNoFile(path)) return "not a regular file";
      const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
      if (file < 0) return std::strerror(errno);
      const char* const problem = problemOf(file);
      ::close(file);
      return problem;
    }
    static const char* problemOf(int file) noexcept {
      // PEM says so of a key that needs a passphrase.
      constexpr std::string_view word = "ENCRYPTED"sv;
      std::size_t matched = 0;
      char text[1024];
      ssize_t size = 0;
      while (matched != word.size() && (size = ::read(file, text, sizeof text)) > 0) {
        for (ssize_t i = 0; i != size && matched != word.size(); ++i)
          matched = text[i] == word[matched] ? matched + 1 : std::size_t{text[i] == word[0]};
      }
      detail::wipe(text, sizeof text);
      if (size < 0) return std::strerror(errno);
      return matched == word.size() ? "the key is encrypted, and nobody is asked for its passphrase"
                                    : "";
    }
    /// In place of libcurl's own, of which it has a bundle, a directory or both.
    bool setCas(CurlTransport& transport) const noexcept {
      if (options_.caFile.empty() && options_.caPath.empty()) return false;
      curl_easy_setopt(transport.handle_, CURLOPT_CAINFO, nullptr);
      curl_easy_setopt(transport.handle_, CURLOPT_CAPATH, nullptr);
      transport.setUnlessEmpty(CURLOPT_CAINFO, options_.caFile);
      transport.setUnlessEmpty(CURLOPT_CAPATH, options_.caPath);
      // A libcurl that has no proxies over https refuses these two.
      curl_easy_setopt(transport.handle_, CURLOPT_PROXY_CAINFO, textOrNull(options_.caFile));
      curl_easy_setopt(transport.handle_, CURLOPT_PROXY_CAPATH, textOrNull(options_.caPath));
      return true;
    }
    static const char* textOrNull(const std::string& text) noexcept {
      return text.empty() ? nullptr : text.c_str();
    }

    CurlTransportOptions options_;
  };

  // The callbacks run inside libcurl's C frames: nothing may be thrown there. The buffers are
  // reserved, but for a body over 1 MiB. Where one gives up, `code_` says why.

  /// Opens a socket, which a program that is started meanwhile does not inherit.
  ///
  /// Where a kept connection ends without an answer, libcurl would send the request again on a new
  /// one, by itself. The service may have processed it: that is for the caller to decide.
  static curl_socket_t onSocket(void* user, curlsocktype, curl_sockaddr* address) {
    auto& transport = *static_cast<CurlTransport*>(user);
    if (transport.bytesWritten() != 0) {
      transport.code_ = CURLE_GOT_NOTHING;
      return CURL_SOCKET_BAD;
    }
    transport.isNewConnection_ = true;
#ifdef SOCK_CLOEXEC
    const curl_socket_t opened =
        socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else
    const curl_socket_t opened = socket(address->family, address->socktype, address->protocol);
    fcntl(opened, F_SETFD, FD_CLOEXEC);
#endif
    transport.opened_[transport.nextOpened_++ % mostOpened] = {opened, 0};
    return opened;
  }

#if LIBCURL_VERSION_NUM >= 0x075000
  /// Before a request is sent: whether the connection is fit for it. The port tells which of the
  /// sockets it has, of which libcurl may have closed some.
  static int onConnection(void* user, char*, char*, int, int port) {
    auto& transport = *static_cast<CurlTransport*>(user);
    if (transport.isNewConnection_) {
      for (OpenedSocket& each : transport.opened_) {
        const bool isIt = portOf(each.socket) == port;
        if (isIt || each.port == port) each.port = isIt ? port : 0;
      }
      return CURL_PREREQFUNC_OK;
    }
    curl_socket_t socket = CURL_SOCKET_BAD;
    for (const OpenedSocket& each : transport.opened_) {
      // With others' handles a number may have become that of another socket.
      const bool isSame = transport.findSocket_ == nullptr || portOf(each.socket) == port;
      if (each.port == port && isSame) socket = each.socket;
    }
    if (socket == CURL_SOCKET_BAD && transport.findSocket_ != nullptr) {
      socket = transport.findSocket_(port);
    }
    const bool isUsable = hasNoInput(socket) && transport.hasNoTlsInput();
    if (isUsable) return CURL_PREREQFUNC_OK;
    transport.code_ = unusableConnection;
    return CURL_PREREQFUNC_ABORT;
  }
  static int portOf(curl_socket_t socket) noexcept {
    sockaddr_in6 address{};  // an IPv4 address has the port in the same place
    socklen_t size = sizeof address;
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin6_port);
  }
  /// The socket of a connection that another transport opened; -1 where it is not among the first.
  static curl_socket_t findSocket(int port) noexcept {
    constexpr curl_socket_t mostSearched = 4096;
    for (curl_socket_t socket = 0; socket != mostSearched; ++socket) {
      int type = 0;
      socklen_t size = sizeof type;
      if (portOf(socket) == port && getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
          type == SOCK_STREAM) {
        return socket;
      }
    }
    return CURL_SOCKET_BAD;
  }
  /// What can be read before the request was sent is not its answer: that of another request, what
  /// a load balancer says to an idle client, or the end. Over TLS it may also be a session ticket;
  /// but servers send these in front of the first answer, with which they are read.
  static bool hasNoInput(curl_socket_t socket) noexcept {
    char byte = 0;
    return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 && errno == EAGAIN;
  }
  /// Whether TLS, too, has taken no more from the socket than the last answer. Where that cannot be
  /// told it counts as if it had: of another library than OpenSSL, or one that cannot be asked; and
  /// of a proxy's TLS around that of the service.
  [[nodiscard]] bool hasNoTlsInput() const noexcept {
    const curl_tlssessioninfo* tls = nullptr;
    curl_easy_getinfo(handle_, CURLINFO_TLS_SSL_PTR, &tls);
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
      transport.code_ = CURLE_FILESIZE_EXCEEDED;
      return 0;
    }
    if (std::strncmp(data, "HTTP/", 5) == 0) {  // stops in time: a line ends with LF
      // A proxy's answer or a 100 came before: the headers of the last answer count.
      response.clear();
      transport.headersEnded_ = false;
    } else if (*data == '\n' || (*data == '\r' && size == 2)) {
      transport.headersEnded_ = true;
    } else {
      response.headers.addLine({data, size});
    }
    return size;
  }
  static std::size_t onBody(char* data, std::size_t, std::size_t size, void* user) {
    auto& transport = *static_cast<CurlTransport*>(user);
    Secret& body = transport.response_->body;
    if (size > transport.maxResponseBytes_ - body.size()) {
      transport.code_ = CURLE_FILESIZE_EXCEEDED;
      return 0;
    }
    if (!body.tryReserve(body.size() + size)) {
      transport.code_ = CURLE_OUT_OF_MEMORY;
      return 0;
    }
    body.append({data, size});
    return size;
  }

  /// A lock without constructor, and without destructor at exit: works without thread-safe statics,
  /// too, and the call after one without memory tries again.
  static CURLcode initializeOnce() {
// The system's macro is 0 for a pointer in it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wzero-as-null-pointer-constant"
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
#pragma GCC diagnostic pop
    static bool isDone = false;
    pthread_mutex_lock(&mutex);
    const CURLcode code = isDone ? CURLE_OK : curl_global_init(CURL_GLOBAL_DEFAULT);
    isDone = code == CURLE_OK;
    pthread_mutex_unlock(&mutex);
    return code;
  }

  // Options are set until libcurl refuses one: `code_` says why.

  SECURE_TUNNELING_NOINLINE void set(CURLoption option, long value) noexcept {
    if (code_ == CURLE_OK) code_ = curl_easy_setopt(handle_, option, value);
  }
  SECURE_TUNNELING_NOINLINE void set(CURLoption option, const void* value) noexcept {
    if (code_ == CURLE_OK) code_ = curl_easy_setopt(handle_, option, value);
  }
  SECURE_TUNNELING_NOINLINE void setUnlessEmpty(CURLoption option,
                                                const std::string& value) noexcept {
    if (!value.empty()) set(option, value.c_str());
  }
  /// Sets what has changed since the last request, of which libcurl made a copy. By methods of
  /// std::string that are in its library already.
  SECURE_TUNNELING_NOINLINE void setChanged(CURLoption option, std::string& last,
                                            const std::string_view& value) {
    if (last.compare(0, last.npos, value.data(), value.size()) == 0) return;
    last.assign(value.data(), value.size());
    set(option, last.c_str());
  }

  /// Whether libcurl may write with SIGPIPE: not to a socket itself, and from 7.88 on it writes for
  /// OpenSSL too. The three system calls of a guard are a tenth of a warm call.
  static bool raisesSigpipe(const curl_version_info_data& libcurl) noexcept {
    return libcurl.version_num < 0x075800 || libcurl.ssl_version == nullptr ||
           std::strncmp(libcurl.ssl_version, "OpenSSL/", 8) != 0;
  }

  /// Whether a TLS connection that ends without saying so is an error: not with an older OpenSSL,
  /// which libcurl from 7.87 to 8.14 keeps from seeing it, and not with other libraries for
  /// certain.
  static bool tellsTlsEnd(const curl_version_info_data& libcurl) noexcept {
    return libcurl.ssl_version != nullptr &&
           std::strncmp(libcurl.ssl_version, "OpenSSL/", 8) == 0 &&
           std::strcmp(libcurl.ssl_version + 8, "3.2") >= 0;
  }

  /// Sessions save a later connection little CPU time, and where memory runs out libcurl 7.88 frees
  /// parts of one twice. But 7.87.0 crashes without them (its issue 10380).
  static bool keepsTlsSessions(const curl_version_info_data& libcurl) noexcept {
    return libcurl.version_num == 0x075700;
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
      {CURLOPT_TIMEOUT_MS, detail::CurlDefaults::totalTimeoutMs},
      {CURLOPT_LOW_SPEED_LIMIT, detail::CurlDefaults::lowSpeedBytesPerSecond},
      {CURLOPT_LOW_SPEED_TIME, detail::CurlDefaults::lowSpeedSeconds},
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
    if (!programInitializesCurl_) code_ = initializeOnce();
    if (code_ != CURLE_OK) return;
    handle_ = curl_easy_init();
    process_ = getpid();
    thread_ = clockOfThisThread();
    if (handle_ == nullptr) {
      code_ = CURLE_FAILED_INIT;
      return;
    }
    const curl_version_info_data& libcurl = *curl_version_info(CURLVERSION_NOW);
    raisesSigpipe_ = raisesSigpipe(libcurl);
    tellsTlsEnd_ = tellsTlsEnd(libcurl);
#if !defined(__GLIBC__) || __GLIBC__ > 2 || __GLIBC_MINOR__ >= 34
    // By name, for a program links libssl by way of libcurl only.
    hasPending_ = reinterpret_cast<HasPending*>(dlsym(RTLD_DEFAULT, "SSL_has_pending"));
#endif
    // No libcurl refuses these.
    curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, &onHeader);
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &onBody);
    curl_easy_setopt(handle_, CURLOPT_OPENSOCKETFUNCTION, &onSocket);
#if LIBCURL_VERSION_NUM >= 0x075000
    curl_easy_setopt(handle_, CURLOPT_PREREQFUNCTION, &onConnection);
    set(CURLOPT_PREREQDATA, this);
#endif
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_USERAGENT, detail::CurlDefaults::userAgent);
#if LIBCURL_VERSION_NUM >= 0x075500
    set(CURLOPT_PROTOCOLS_STR, "http,https");
#endif
    for (const auto [option, value] : numericOptions)
      set(static_cast<CURLoption>(option), long{value});
    set(CURLOPT_SSL_SESSIONID_CACHE, long{keepsTlsSessions(libcurl)});
    // libcurl's own CA bundle can go where the system has the same CAs as a directory too, which is
    // looked up CA by CA. Parsing the whole bundle is most of the CPU time of a cold call.
    const bool hasOwnCas = !setup_.empty() && setup_->apply(*this);
    if (!hasOwnCas && hasHashedCas(libcurl)) curl_easy_setopt(handle_, CURLOPT_CAINFO, nullptr);
    // Last: of an option libcurl gives no better reason than the code is.
    set(CURLOPT_ERRORBUFFER, reason_);
    if (code_ != CURLE_OK) close();
  }

  /// Calls what may write to a connection that the server has closed.
  CURLcode call(CURLcode (*function)(CURL*)) noexcept {
    if (!raisesSigpipe_) return function(handle_);
    const detail::SigpipeGuard guard;
    return function(handle_);
  }
  void close() noexcept {
    // Closing a TLS connection writes to it. In a child those of its parent are left alone, and the
    // handle with them.
    if (isOfThisProcess()) {
      call([](CURL* handle) {
        curl_easy_cleanup(handle);
        return CURLE_OK;
      });
    }
    handle_ = nullptr;
    url_.clear();
    method_.clear();
  }

  [[nodiscard]] bool isOfThisProcess() noexcept {
    // A thread is of one process, and its clock's id takes no system call, which getpid does.
    const clockid_t thread = clockOfThisThread();
    if (thread != clockid_t{} && thread == thread_) return true;
    if (process_ != getpid()) return false;
    thread_ = thread;
    return true;
  }
  /// 0 where threads have no clocks.
  static clockid_t clockOfThisThread() noexcept {
    clockid_t clock{};
#if defined(_POSIX_THREAD_CPUTIME) && _POSIX_THREAD_CPUTIME >= 0
    pthread_getcpuclockid(pthread_self(), &clock);
#endif
    return clock;
  }

  /// Whether libcurl's own CA directory has entries named by hash (`01234567.0`). Inline, for size:
  /// it has one caller.
  [[gnu::always_inline]] static bool hasHashedCas(
      [[maybe_unused]] const curl_version_info_data& libcurl) {
#if LIBCURL_VERSION_NUM >= 0x074600
    if (libcurl.age < CURLVERSION_SEVENTH || libcurl.capath == nullptr) return false;
    DIR* const directory = opendir(libcurl.capath);
    if (directory == nullptr) return false;
    const dirent* entry = nullptr;
    do {
      entry = readdir(directory);
    } while (entry != nullptr && !isNamedByHash(entry->d_name));
    closedir(directory);
    return entry != nullptr;
#else
    return false;
#endif
  }
  static bool isNamedByHash(const char* name) noexcept {
    return std::strspn(name, "0123456789abcdef") == 8 && std::strcmp(name + 8, ".0") == 0;
  }

  CURLcode prepare(const HttpRequest& request, HttpResponse& response) {
    request_ = &request;
    response_ = &response;
    code_ = CURLE_OK;
    reason_[0] = '\0';
    headerBytes_ = 0;
    isNewConnection_ = false;
    headersEnded_ = false;
    findSocket_ = nullptr;
    if (!isOfThisProcess()) close();
    if (handle_ == nullptr) open();
    response.headers.reserve(maxHeaderBytes_);
    response.body.reserve(smaller(maxResponseBytes_, detail::mostReservedBytes));
    host_.clear();
    detail::append(host_, "Host: ");
    detail::append(host_, request.authority);
    setHeaders(request);
    setChanged(CURLOPT_URL, url_, request.url);
    setChanged(CURLOPT_CUSTOMREQUEST, method_, request.method);
    // Of any method: libcurl sends the length of these even where it is 0. Null would mean to read
    // a body from standard input.
    const std::string_view body = request.body;
    set(CURLOPT_POSTFIELDS, body.data() == nullptr ? "" : body.data());
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    if (body.empty() && request.method == "GET"sv) set(CURLOPT_HTTPGET, 1L);
    return code_;
  }

  /// Sets the caller's header lines, as the list that libcurl takes: it only reads them, so nothing
  /// is copied.
  void setHeaders(const HttpRequest& request) noexcept {
    if (request.headerCount > mostHeaders) {
      code_ = CURLE_BAD_FUNCTION_ARGUMENT;
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
    set(CURLOPT_HTTPHEADER, lines_);
  }
  SECURE_TUNNELING_NOINLINE static curl_slist* setLine(curl_slist* line,
                                                       const char* text) noexcept {
    *line = {const_cast<char*>(text), line + 1};
    return line + 1;
  }

  /// The error that `code_` is; without a handle one of `open`.
  Result<void> fail(Delivery delivery) {
    ErrorKind kind = delivery == Delivery::NotSent    ? kindOf(code_)
                     : delivery == Delivery::Answered ? ErrorKind::InvalidResponse
                                                      : ErrorKind::Transport;
    std::string message;
    if (handle_ == nullptr) {
      kind = ErrorKind::Configuration;
      detail::append(message, "libcurl cannot be set up: ");
    } else if (code_ == CURLE_FILESIZE_EXCEEDED) {
      detail::append(message, "the answer is longer than the transport's options allow: ");
    } else if (delivery == Delivery::Answered) {
      detail::append(message, "the answer has headers that libcurl has no room for: ");
    } else if (isOfProxy(kind)) {
      appendProxy(message);
    }
    const char* const reason = findReason();
    detail::append(message, reason);
    // What libcurl leaves unsaid.
    const auto osError = static_cast<int>(numberOf(CURLINFO_OS_ERRNO));
    if (std::strstr(reason, "not yet valid") != nullptr) {
      detail::append(message, ": the clock of this machine may be wrong");
    } else if (code_ == CURLE_COULDNT_CONNECT && osError != 0) {
      detail::append(message, ": ");
      detail::append(message, std::strerror(osError));
    }
    if (!isNameKnown()) keepLibcurlLoaded();
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
    error.transportCode = static_cast<int>(code_);
    error.delivery = delivery;
    if (!setup_.empty()) setup_->explain(error, server);
    return failed;
  }

  /// libcurl's own words, or those that it has for the code.
  [[nodiscard]] const char* findReason() noexcept {
    // Of a proxy's URL that cannot be used it quotes all, the password too.
    const bool quotesUrl = std::strncmp(reason_, "Unsupported p", 13) == 0;
    if (reason_[0] == '\0' || quotesUrl) return curl_easy_strerror(code_);
    // A certificate may have any name.
    for (char* c = reason_; *c != '\0'; ++c) {
      if (*c < ' ' || *c > '~') *c = '?';
    }
    return reason_;
  }

  /// Whether it is a proxy that failed. What it refuses for good is a matter of configuration: a
  /// wrong password, offered again, may lock an account.
  bool isOfProxy(ErrorKind& kind) noexcept {
    const long status = numberOf(CURLINFO_HTTP_CONNECTCODE);
    if (status >= 300) {
      std::snprintf(reason_, sizeof reason_, "refused with HTTP status %ld", status);
      if (status < 500 && status != 408 && status != 429) kind = ErrorKind::Configuration;
      return true;
    }
#if LIBCURL_VERSION_NUM >= 0x074900
    if (code_ == CURLE_PROXY) {
      if (numberOf(CURLINFO_PROXY_ERROR) == CURLPX_USER_REJECTED) kind = ErrorKind::Configuration;
      return true;
    }
#endif
    return numberOf(CURLINFO_PROXY_SSL_VERIFYRESULT) != 0;
  }

  /// Appends which proxy it is: by its name, without a user's, else by the address that was
  /// connected to.
  void appendProxy(std::string& message) const {
    const char* const host = !setup_.empty() ? setup_->proxyHost() : "";
    const std::string_view name(host, std::strcspn(host, "/"));
    const char* address = nullptr;
    curl_easy_getinfo(handle_, CURLINFO_PRIMARY_IP, &address);
    detail::append(message, "proxy ");
    if (!name.empty() || address == nullptr) {
      detail::append(message, name);
    } else {
      detail::append(message, address);
      detail::append(message, ", port ");
      detail::appendDecimal(message, static_cast<std::size_t>(numberOf(CURLINFO_PRIMARY_PORT)));
    }
    detail::append(message, ": ");
  }

  SECURE_TUNNELING_NOINLINE long numberOf(CURLINFO info) const noexcept {
    long number = 0;
    curl_easy_getinfo(handle_, info, &number);
    return number;
  }
  /// What libcurl has written so far: the request, and before it a CONNECT to a proxy.
  [[nodiscard]] long bytesWritten() const noexcept {
    return numberOf(CURLINFO_REQUEST_SIZE);
  }
  /// When a step of the transfer was done; 0 where it was not.
  [[nodiscard]] curl_off_t microsecondsOf(CURLINFO info) const noexcept {
    curl_off_t microseconds = 0;
    curl_easy_getinfo(handle_, info, &microseconds);
    return microseconds;
  }
  /// Over https nothing but a CONNECT is written before a new connection has its TLS.
  [[nodiscard]] bool mayHaveSent() const noexcept {
    const bool waitedForTls =
        request_->https && isNewConnection_ && microsecondsOf(CURLINFO_APPCONNECT_TIME_T) == 0;
    return !waitedForTls && bytesWritten() > 0;
  }
  /// libcurl has limits of its own for headers. Before 8.6 it says that memory is out.
  [[nodiscard]] bool hasNoRoomForHeader() const noexcept {
    constexpr int tooLarge = 100;  // CURLE_TOO_LARGE
    const bool isAnswered =
        static_cast<int>(code_) == tooLarge ||
        (code_ == CURLE_OUT_OF_MEMORY && microsecondsOf(CURLINFO_STARTTRANSFER_TIME_T) != 0);
    return isAnswered && !headersEnded_ && mayHaveSent();
  }
  /// Whether only the end of the connection tells that of the answer.
  [[nodiscard]] bool isEndedByConnection() const noexcept {
    const HttpHeaders& headers = response_->headers;
    const long status = numberOf(CURLINFO_RESPONSE_CODE);
    return headers.valueOf("content-length"sv).data() == nullptr &&
           !detail::equalsIgnoreCase(headers.valueOf("transfer-encoding"sv), "chunked"sv) &&
           status != 204 && status != 304;
  }

  [[nodiscard]] bool isNameKnown() const noexcept {
    return handle_ == nullptr || microsecondsOf(CURLINFO_NAMELOOKUP_TIME_T) != 0;
  }
  /// A look-up that is given up goes on in a thread of libcurl's, which must not lose its code
  /// where a program unloads the plug-in that brought libcurl.
  static void keepLibcurlLoaded() noexcept {
#if LIBCURL_VERSION_NUM >= 0x075700 && \
    (!defined(__GLIBC__) || __GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
    Dl_info library{};
    if (dladdr(reinterpret_cast<const void*>(&curl_easy_perform), &library) != 0)
      dlopen(library.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
#endif
  }

  static std::size_t smaller(std::size_t one, std::size_t other) noexcept {
    return one < other ? one : other;
  }

  static ErrorKind kindOf(CURLcode code) noexcept {
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

  /// A connection that was kept is none to send the request on.
  static constexpr CURLcode unusableConnection = CURLE_WEIRD_SERVER_REPLY;
  using HasPending = int(const void* ssl);
  struct OpenedSocket {
    curl_socket_t socket = CURL_SOCKET_BAD;
    /// The local port, 0 until it is connected.
    int port = 0;
  };

  // What is used most comes first: close by, it takes less code to reach.
  CURL* handle_ = nullptr;
  CURLcode code_ = CURLE_OK;
  pid_t process_ = 0;
  clockid_t thread_{};
  bool raisesSigpipe_ = false;
  bool tellsTlsEnd_ = false;
  bool programInitializesCurl_ = false;
  // Of the request that is under way.
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
  curl_socket_t (*findSocket_)(int port) = nullptr;
  /// None without options.
  detail::Owned<const Setup> setup_;
  std::string url_;
  std::string method_;
  std::string host_;  ///< the header's whole line
  char reason_[CURL_ERROR_SIZE];
  /// The last sockets that were opened; libcurl keeps about half as many connections.
  static constexpr unsigned mostOpened = 8;
  unsigned nextOpened_ = 0;
  /// OpenSSL's SSL_has_pending; null where it is not needed.
  HasPending* hasPending_ = nullptr;
  OpenedSocket opened_[mostOpened];
  static constexpr std::size_t mostHeaders = 13;
  curl_slist lines_[mostHeaders + 4];
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_CURL_TRANSPORT_HPP
