// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "secure_tunneling/adapters/curl_transport.hpp"
#include "secure_tunneling/adapters/default_credentials_chain.hpp"

/// What --debug tells, on standard error: never a body, a secret, or of a URL more than
/// whose it is.
class DebugLog {
 public:
  explicit DebugLog(bool enabled) : enabled_(enabled) {}
  void line(const std::string& text) const;
  [[nodiscard]] bool isEnabled() const noexcept { return enabled_; }

 private:
  bool enabled_;
};

/// The default chain, which says which of its sources gave the credentials, and logs it.
class LoggedSource final : public secure_tunneling::CredentialsSource {
 public:
  /// `profile` is what the program says; empty leaves it to the environment. Keeps references.
  LoggedSource(secure_tunneling::DefaultCredentialsChain& chain, std::string profile,
               const DebugLog& log)
      : chain_(chain), profile_(std::move(profile)), log_(log) {}

  secure_tunneling::Step next(secure_tunneling::CredentialsFetch& fetch,
                              const secure_tunneling::Moment& now) override;
  void abandon(secure_tunneling::CredentialsFetch& fetch) noexcept override {
    chain_.abandon(fetch);
  }
  [[nodiscard]] secure_tunneling::Clock* clock() noexcept override { return chain_.clock(); }
  /// Which source ended the last search, with credentials or by failing; empty where none did.
  [[nodiscard]] std::string origin() const;
  /// When the last credentials ended, `YYYYMMDDTHHMMSSZ`, by what their source says; empty where it
  /// does not say so, or they had not.
  [[nodiscard]] std::string end() const;

 private:
  secure_tunneling::DefaultCredentialsChain& chain_;
  std::string profile_;
  const DebugLog& log_;
  std::optional<std::int64_t> endedAtMs_;
};

/// A transport with a log of what goes through.
class LoggedTransport final : public secure_tunneling::HttpTransport {
 public:
  LoggedTransport(secure_tunneling::CurlTransport& transport, const DebugLog& log)
      : transport_(transport), log_(log) {}

  secure_tunneling::Result<void> send(const secure_tunneling::HttpRequest& request,
                                      secure_tunneling::HttpResponse& response) override;

  /// Whom the last request went to, `SCHEME://HOST[:PORT]`; empty before the first.
  [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }

 private:
  void logRequest(const std::string& attempt, const secure_tunneling::HttpRequest& request) const;
  void logPhases(const std::string& attempt) const;

  secure_tunneling::CurlTransport& transport_;
  const DebugLog& log_;
  std::string endpoint_;
  int attempts_ = 0;
};
