// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_CURL_OPTIONS_HPP
#define SECURE_TUNNELING_ADAPTERS_CURL_OPTIONS_HPP

/// @file
/// The options of `CurlTransport`.

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/file.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/version.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// The numbers among the options where a program sets none.
struct CurlDefaults {
  static constexpr int connectTimeoutMs = 10'000;
  static constexpr int totalTimeoutMs = 60'000;
  static constexpr int lowSpeedBytesPerSecond = 1;
  static constexpr int lowSpeedSeconds = 30;
  static constexpr int maxIdleSeconds = 118;
  static constexpr int keepAliveSeconds = 60;
  static constexpr std::size_t maxResponseBytes = std::size_t{64} * 1024;
  static constexpr std::size_t maxHeaderBytes = std::size_t{16} * 1024;
  static constexpr char userAgent[] = "secure_tunneling/" SECURE_TUNNELING_VERSION_STRING;
};

/// The most that is accepted of headers, whatever the options say: libcurl from 8.3 on gives up at
/// 300 kB itself, with a code that says nothing of it.
constexpr std::size_t mostHeaderBytes = std::size_t{256} * 1024;

}  // namespace detail

/// Time limits, sizes, trust and proxy of a `CurlTransport`. Plain values; paths and URLs are
/// looked at when a request is sent, and what is wrong with them is an error of kind
/// `Configuration` there.
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
  /// Seconds for which a transfer may be that slow.
  long lowSpeedSeconds = detail::CurlDefaults::lowSpeedSeconds;
  /// Seconds after which a connection that nothing was sent on is not used again; 0 for no limit.
  /// By then a NAT box or a load balancer may have forgotten it, and the request would be lost
  /// there. It is closed when the next request begins, not before; with a libcurl before 7.80 a
  /// connection is never used again.
  long maxIdleSeconds = detail::CurlDefaults::maxIdleSeconds;
  /// Seconds from its beginning after which a connection is not used again, however busy it was; 0
  /// for no limit. For services that move to other addresses.
  long maxLifetimeSeconds = 0;
  /// TCP keep-alive: seconds without traffic after which the other end is asked whether it is still
  /// there; 0 for none. It keeps a NAT box from forgetting the connection, and finds out one that
  /// is dead before a request is lost on it.
  long keepAliveIdleSeconds = detail::CurlDefaults::keepAliveSeconds;
  /// TCP keep-alive: seconds between one question and the next.
  long keepAliveIntervalSeconds = detail::CurlDefaults::keepAliveSeconds;
  /// The longest body that is accepted, in bytes; SIZE_MAX for no limit. Of an error answer that is
  /// longer the beginning is read. Memory is taken as an answer needs it, and kept.
  std::size_t maxResponseBytes = detail::CurlDefaults::maxResponseBytes;
  /// The longest header block that is accepted, in bytes. Whatever is set, 256 KiB are accepted at
  /// most, no line over 100 kB, and by a newer libcurl not more than some thousand lines.
  std::size_t maxHeaderBytes = detail::CurlDefaults::maxHeaderBytes;
  /// URL of a proxy; empty to go by http_proxy, https_proxy and no_proxy, as libcurl does.
  std::string proxy = {};
  /// Hosts to reach without the proxy, comma-separated; "*" for all; empty to go by no_proxy.
  std::string noProxy = {};
  /// A PEM bundle to trust instead of the system's, for servers and for a proxy over https.
  std::string caFile = {};
  /// A directory of CAs to trust, hashed as OpenSSL wants it, instead of the system's.
  std::string caPath = {};
  /// Where `caFile` or `caPath` comes from, for messages of errors: the name of a variable, or a
  /// file with the line.
  std::string caOrigin = {};
  /// A PEM file with the program's own certificate, for mutual TLS; empty for none.
  std::string clientCertificateFile = {};
  /// A PEM file with that certificate's key, which must not be encrypted: nobody is asked for a
  /// passphrase. Empty where the key is in the file of the certificate.
  std::string clientKeyFile = {};
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
    const bool isDirectory = detail::fileKind(caBundle) == detail::FileKind::Directory;
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
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_CURL_OPTIONS_HPP
