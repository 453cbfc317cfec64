// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_SETUP_HPP
#define SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_SETUP_HPP

#include <curl/curl.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/adapters/curl_options.hpp"
#include "secure_tunneling/adapters/detail/curl_handle.hpp"
#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/file.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/detail/wipe.hpp"
#include "secure_tunneling/result.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// What options change. Virtual, so that a program that gives none does not link it.
class CurlSetup {
 public:
  virtual ~CurlSetup() = default;
  /// Returns whether that is, among others, which CAs to trust.
  virtual bool apply(CurlHandle& curl) const = 0;
  /// The proxy's URL without what stands in front of its host, as far as it is known.
  [[nodiscard]] virtual const char* proxyHost() const noexcept = 0;
  /// Whether a proxy over https may be in front of services over https.
  [[nodiscard]] virtual bool mayUseTlsProxy() const noexcept = 0;
  /// Says which file the error is about, and what is wrong with it, where it is about one.
  virtual void explain(Error& error, std::string_view server) const = 0;
};

/// What `CurlTransportOptions` change.
class CurlSetupByOptions final : public CurlSetup {
 public:
  explicit CurlSetupByOptions(CurlTransportOptions&& options) : options_(std::move(options)) {}

  bool apply(CurlHandle& curl) const override {
    // libcurl reads 0 as its own default of 300 seconds.
    curl.set(CURLOPT_CONNECTTIMEOUT_MS, orNoLimit(options_.connectTimeoutMs));
    curl.set(CURLOPT_LOW_SPEED_LIMIT, options_.lowSpeedBytesPerSecond);
    curl.set(CURLOPT_LOW_SPEED_TIME, options_.lowSpeedSeconds);
#if LIBCURL_VERSION_NUM >= 0x075000
    // It reads 0 as less than a second.
    curl.set(CURLOPT_MAXAGE_CONN, orNoLimit(options_.maxIdleSeconds));
    curl.set(CURLOPT_MAXLIFETIME_CONN, options_.maxLifetimeSeconds);
#endif
    curl.set(CURLOPT_TCP_KEEPALIVE, long{options_.keepAliveIdleSeconds != 0});
    curl.set(CURLOPT_TCP_KEEPIDLE, options_.keepAliveIdleSeconds);
    curl.set(CURLOPT_TCP_KEEPINTVL, options_.keepAliveIntervalSeconds);
    curl.set(CURLOPT_USERAGENT, options_.userAgent.empty() ? nullptr : options_.userAgent.c_str());
    if (!options_.verifyTls) {
      curl.set(CURLOPT_SSL_VERIFYPEER, 0L);
      curl.set(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    curl.setUnlessEmpty(CURLOPT_PROXY, options_.proxy);
    curl.setUnlessEmpty(CURLOPT_NOPROXY, options_.noProxy);
    curl.setUnlessEmpty(CURLOPT_SSLCERT, options_.clientCertificateFile);
    curl.setUnlessEmpty(CURLOPT_SSLKEY, options_.clientKeyFile);
    // Without one OpenSSL asks for it on the terminal, and waits.
    if (!options_.clientCertificateFile.empty()) curl.set(CURLOPT_KEYPASSWD, "");
    // Reading one of these from a pipe could wait for ever.
    if (isNoFile(options_.clientCertificateFile) || isNoFile(options_.clientKeyFile)) {
      curl.code = CURLE_SSL_CERTPROBLEM;
    }
    if (isNoFile(options_.caFile)) curl.code = CURLE_SSL_CACERT_BADFILE;
    if (isPassedBy(findProxy(""))) curl.code = CURLE_URL_MALFORMAT;
    return setCas(curl);
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
    if (code == CURLE_URL_MALFORMAT && isPassedBy(findProxy(""))) {
      error.message = "the user or password of the proxy has a control character";
    } else if (error.kind == ErrorKind::Configuration && isOfProxy(code)) {
      error.message.insert(0, proxyOrigin(startsWith(server, "https:"sv)));
    } else if (code == CURLE_PEER_FAILED_VERIFICATION && !options_.clientCertificateFile.empty() &&
               startsWith(error.message, saysExpired)) {
      error.kind = ErrorKind::Configuration;
      explain(error, server, "client certificate"sv, options_.clientCertificateFile);
    } else if (code == CURLE_SSL_CACERT_BADFILE) {
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
  /// What libcurl says of a server that it trusts, and that refuses the client's certificate.
  static constexpr std::string_view saysExpired = "SSL certificate verification failed"sv;

  /// The first URL of a proxy that begins with `scheme`, of the options or else of the variables;
  /// empty without one.
  [[nodiscard]] const char* findProxy(std::string_view scheme) const noexcept {
    const char* url = options_.proxy.c_str();
    const bool isGiven = *url != '\0';
    for (const char* const name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
      if (!isGiven) url = std::getenv(name);
      if (url == nullptr || *url == '\0') continue;
      if (equalsIgnoreCase(headOf(url, scheme.size()), scheme)) return url;
    }
    return "";
  }
  /// Whether an error of kind `Configuration` is about a proxy: one that cannot be used, or that
  /// refuses, for which the code differs between versions of libcurl.
  static bool isOfProxy(int code) noexcept {
    constexpr int refusedBySocks = 97;  // CURLE_PROXY
    return code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_CONNECT ||
           code == CURLE_RECV_ERROR || code == refusedBySocks;
  }
  /// What named the proxy that libcurl has taken, with a colon behind it.
  [[nodiscard]] const char* proxyOrigin(bool isHttps) const noexcept {
    if (!options_.proxy.empty()) return "CurlTransportOptions::proxy: ";
    if (!isHttps && isSet("http_proxy")) return "http_proxy: ";
    if (isHttps && isSet("https_proxy")) return "https_proxy: ";
    if (isHttps && isSet("HTTPS_PROXY")) return "HTTPS_PROXY: ";
    return isSet("all_proxy") ? "all_proxy: " : "ALL_PROXY: ";
  }
  SECURE_TUNNELING_NOINLINE static bool isSet(const char* variable) noexcept {
    const char* const value = std::getenv(variable);
    return value != nullptr && *value != '\0';
  }
  /// Whether libcurl goes past the proxy: it refuses a control character in its user or password,
  /// `%00` to `%1F`, and then makes do without a proxy.
  static bool isPassedBy(const char* proxy) noexcept {
    const char* const end = std::strrchr(proxy, '@');
    for (const char* c = proxy; end != nullptr && c != end; ++c) {
      if (*c == '%' && (c[1] == '0' || c[1] == '1') && hexValue(c[2]) < 16) return true;
    }
    return false;
  }
  static void explain(Error& error, std::string_view server, std::string_view name,
                      const std::string& path) {
    const char* const problem = error.transportCode == CURLE_PEER_FAILED_VERIFICATION
                                    ? "expired, says the server"
                                    : problemOf(path);
    const bool hasProblem = *problem != '\0';
    if (!hasProblem && error.message.find(path) != std::string::npos) return;
    const std::string said = hasProblem ? filled("{} ({})", {problem, server}) : error.message;
    assignForm(error.message, "{} {}: {}", {name, path, said});
  }

  /// Whether something is there that is neither a file nor a directory.
  static bool isNoFile(const std::string& path) noexcept {
    return fileKind(path) == FileKind::Other;
  }
  /// Why a file of certificates or keys cannot be used, where that can be seen; empty without a
  /// path.
  static const char* problemOf(const std::string& path) noexcept {
    if (path.empty()) return "";
    if (isNoFile(path)) return "not a regular file";
    const int file = openToRead(path);
    if (file < 0) return std::strerror(errno);
    const char* const problem = problemOf(file);
    closeFile(file);
    return problem;
  }
  static const char* problemOf(int file) noexcept {
    // PEM says so of a key that needs a passphrase.
    constexpr std::string_view word = "ENCRYPTED"sv;
    std::size_t matched = 0;
    char text[1024];
    std::ptrdiff_t size = 0;
    while (matched != word.size() && (size = readFile(file, text)) > 0) {
      for (std::ptrdiff_t i = 0; i != size && matched != word.size(); ++i)
        matched = text[i] == word[matched] ? matched + 1 : std::size_t{text[i] == word[0]};
    }
    wipe(text, sizeof text);
    if (size < 0) return std::strerror(errno);
    return matched == word.size() ? "the key is encrypted, and nobody is asked for its passphrase"
                                  : "";
  }
  /// In place of libcurl's own, of which it has a bundle, a directory or both.
  bool setCas(CurlHandle& curl) const noexcept {
    if (options_.caFile.empty() && options_.caPath.empty()) return false;
    curl_easy_setopt(curl.handle, CURLOPT_CAINFO, nullptr);
    curl_easy_setopt(curl.handle, CURLOPT_CAPATH, nullptr);
    curl.setUnlessEmpty(CURLOPT_CAINFO, options_.caFile);
    curl.setUnlessEmpty(CURLOPT_CAPATH, options_.caPath);
    // A libcurl that has no proxies over https refuses these two.
    curl_easy_setopt(curl.handle, CURLOPT_PROXY_CAINFO, textOrNull(options_.caFile));
    curl_easy_setopt(curl.handle, CURLOPT_PROXY_CAPATH, textOrNull(options_.caPath));
    return true;
  }
  static long orNoLimit(long limit) noexcept {
    return limit != 0 ? limit : 0x7fffffffL;
  }
  static const char* textOrNull(const std::string& text) noexcept {
    return text.empty() ? nullptr : text.c_str();
  }

  CurlTransportOptions options_;
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_DETAIL_CURL_SETUP_HPP
