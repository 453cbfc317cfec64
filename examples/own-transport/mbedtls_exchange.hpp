// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "resolver.hpp"
#include "response_parser.hpp"
#include "secure_tunneling/seams/http_transport.hpp"

/// What all connections share: the trusted authorities and the TLS rules. Random numbers are those
/// of the PSA Crypto API, which Mbed TLS 2.28, 3.x and 4 have.
class MbedtlsSettings {
 public:
  MbedtlsSettings();
  ~MbedtlsSettings();
  MbedtlsSettings(const MbedtlsSettings&) = delete;
  MbedtlsSettings& operator=(const MbedtlsSettings&) = delete;

  /// Initialises the PSA Crypto API and reads the trusted authorities from a PEM file: once, before
  /// the first connection.
  secure_tunneling::Result<void> load(const std::string& caFile);

  [[nodiscard]] const mbedtls_ssl_config& tls() const noexcept { return config_; }
  /// For the time between two attempts.
  [[nodiscard]] static std::uint32_t random();

 private:
  mbedtls_x509_crt authorities_;
  mbedtls_ssl_config config_;
};

struct ExchangeLimits {
  /// Milliseconds for name look-up, connection and TLS handshake, and for the whole exchange.
  std::int64_t connectTimeoutMs = 10'000;
  std::int64_t totalTimeoutMs = 60'000;
  /// The longest body and the longest header block that are accepted, in bytes.
  std::size_t maxResponseBytes = std::size_t{64} * 1024;
  std::size_t maxHeaderBytes = std::size_t{16} * 1024;
};

/// One HTTP/1.1 exchange on a connection of its own, by TLS 1.2 or later or in the clear: a state
/// machine over non-blocking sockets, whose `advance()` does what can be done at once.
///
/// Mbed TLS 2.28 compares host names only: an https endpoint given by its address is not trusted,
/// whatever its certificate says.
class MbedtlsExchange {
 public:
  enum class Progress : unsigned char {
    Again,  ///< there may be more to do at once
    Wait,   ///< nothing to do before a socket is ready or time has passed
    Over,   ///< take the result
  };

  /// `settings` must have been loaded at the first `begin`.
  MbedtlsExchange(const MbedtlsSettings& settings, const ExchangeLimits& limits);
  ~MbedtlsExchange();
  MbedtlsExchange(const MbedtlsExchange&) = delete;
  MbedtlsExchange& operator=(const MbedtlsExchange&) = delete;

  /// `request` and `response` are used until the exchange is over. Times are of any clock that
  /// never goes back, in milliseconds.
  void begin(const secure_tunneling::HttpRequest& request, secure_tunneling::HttpResponse& response,
             std::int64_t nowMs);
  Progress advance(std::int64_t nowMs);
  /// For programs that may block: waits until `advance()` has something to do, or has to look at
  /// the request's flag.
  void wait(std::int64_t nowMs);
  /// Gives up what is under way.
  void cancel();
  /// What `HttpTransport::send` returns; once.
  secure_tunneling::Result<void> takeResult();

 private:
  enum class Stage : unsigned char { Resolve, Connect, Handshake, Write, Read, Over };

  static int sendBytes(void* user, const unsigned char* bytes, std::size_t size);

  void composeRequest();
  Progress resolve();
  Progress connectToNext();
  Progress finishConnecting();
  Progress beginHandshake();
  Progress handshake();
  Progress write();
  Progress read();
  Progress goOn();

  Progress waitFor(short events);
  /// What a negative code of Mbed TLS means for the exchange.
  Progress stopFor(int code);
  Progress fail(secure_tunneling::ErrorKind kind, int code, std::string_view reason);
  Progress failTooLong();
  [[nodiscard]] std::int64_t timeLeftMs(std::int64_t nowMs) const noexcept;
  void close();

  const MbedtlsSettings& settings_;
  const ExchangeLimits limits_;
  const secure_tunneling::HttpRequest* request_ = nullptr;
  secure_tunneling::HttpResponse* response_ = nullptr;
  bool https_ = false;
  Stage stage_ = Stage::Over;
  std::int64_t beganMs_ = 0;
  Resolver resolver_;
  const ares_addrinfo_node* nextAddress_ = nullptr;
  int connectError_ = 0;
  mbedtls_net_context socket_;
  mbedtls_ssl_context tls_;
  short awaited_ = 0;
  secure_tunneling::Secret outgoing_;
  std::size_t written_ = 0;
  bool mayHaveArrived_ = false;
  ResponseParser parser_;
  secure_tunneling::Result<void> result_;
};
