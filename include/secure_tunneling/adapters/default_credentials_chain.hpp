// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_DEFAULT_CREDENTIALS_CHAIN_HPP
#define SECURE_TUNNELING_ADAPTERS_DEFAULT_CREDENTIALS_CHAIN_HPP

/// @file
/// Credentials from where the AWS tools look for them, over libcurl and OpenSSL.

#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/adapters/curl_transport.hpp"
#include "secure_tunneling/adapters/login_credentials.hpp"
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/adapters/system_clock.hpp"
#include "secure_tunneling/adapters/system_host_resolver.hpp"
#include "secure_tunneling/credentials/cached.hpp"
#include "secure_tunneling/credentials/default_chain.hpp"
#include "secure_tunneling/credentials/instance_region.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// What reaches agents on this host and its link, where the services of AWS are reached by
/// `options`: past every proxy, and with little patience. The CAs are the same: the agent of a
/// container may be asked over https.
inline CurlTransportOptions localTransportOptions(const CurlTransportOptions& options,
                                                  std::int32_t timeoutSeconds) {
  CurlTransportOptions local;
  local.connectTimeoutMs = 1'000 * timeoutSeconds;
  local.totalTimeoutMs = local.connectTimeoutMs;
  local.noProxy = "*"sv;
  local.caFile = options.caFile;
  local.caPath = options.caPath;
  local.caOrigin = options.caOrigin;
  local.initializeCurl = options.initializeCurl;
  local.userAgent = options.userAgent;
  return local;
}

/// The same for instance metadata: a second, or what is configured. What is not valid is for a
/// search to refuse.
inline CurlTransportOptions metadataTransportOptions(const CurlTransportOptions& options,
                                                     std::string_view profile) {
  constexpr std::int32_t longestSeconds = 600;
  std::int32_t seconds = parseDecimal(environmentVariable("AWS_METADATA_SERVICE_TIMEOUT"));
  if (seconds < 1) {
    const Result<SharedFiles> files = SharedFiles::load();
    if (files) {
      seconds = parseDecimal(
          files->value(profileSection, chosenProfile(profile).name, "metadata_service_timeout"sv));
    }
  }
  return localTransportOptions(options, seconds < 1                ? 1
                                        : seconds < longestSeconds ? seconds
                                                                   : longestSeconds);
}

/// The same for the agent of a container. Where there is one it is known to be there, and asks a
/// service itself before it answers.
inline CurlTransportOptions containerTransportOptions(const CurlTransportOptions& options) {
  CurlTransportOptions container = localTransportOptions(options, 5);
  container.connectTimeoutMs = 1'000;
  return container;
}

}  // namespace detail

/// `BasicDefaultChain` with connections, a clock, a hash and a cache of its own. Reads the shared
/// files for metadata_service_timeout, where AWS_METADATA_SERVICE_TIMEOUT is not set, and does
/// nothing else until it is asked. With no source set up, and no instance metadata within reach, it
/// gives up in about a second, or after that many seconds as often as
/// AWS_METADATA_SERVICE_NUM_ATTEMPTS says. Any number of threads may call it.
class DefaultCredentialsChain final : public CredentialsSource {
 public:
  /// As for `ProfileCredentials`.
  explicit DefaultCredentialsChain(std::string profile = {})
      : DefaultCredentialsChain(givenProfile(std::move(profile)), {}) {}
  /// `options` are for the services of AWS; for agents on this host and its link only their CAs
  /// count. `mfa`, which may be null, is asked for codes where a profile has an `mfa_serial`.
  DefaultCredentialsChain(const GivenStsSettings& given, CurlTransportOptions options,
                          ProcessOptions process = {}, MfaPrompt* mfa = nullptr)
      : local_(detail::metadataTransportOptions(options, given.profile)),
        container_(detail::containerTransportOptions(options)),
        resolver_(1'000, options.initializeCurl),
        transport_(std::move(options)),
        login_(transport_, clock_, given),
        chain_(transport_, local_, clock_, given, &resolver_, process, &login_, mfa, &container_),
        cache_(chain_) {}

  Step next(CredentialsFetch& fetch, const Moment& now) override { return cache_.next(fetch, now); }
  void abandon(CredentialsFetch& fetch) noexcept override { cache_.abandon(fetch); }
  [[nodiscard]] Clock* clock() noexcept override { return &clock_; }

  /// As for `BasicDefaultChain`, of the credentials that are kept. Not while a thread searches.
  [[nodiscard]] std::string_view answeredBy() const noexcept { return chain_.answeredBy(); }

 private:
  static GivenStsSettings givenProfile(std::string profile) {
    GivenStsSettings given;
    given.profile = std::move(profile);
    return given;
  }

  SystemClock clock_;
  CurlTransport local_;
  CurlTransport container_;
  SystemHostResolver resolver_;
  CurlTransport transport_;
  LoginCredentials login_;
  BasicDefaultChain<OpensslSha256> chain_;
  CachedCredentials cache_;
};

/// `addInstanceRegion` with a connection and a clock of its own. Where nobody answers it takes
/// about a second, or AWS_METADATA_SERVICE_TIMEOUT as often as AWS_METADATA_SERVICE_NUM_ATTEMPTS
/// says, or their properties.
inline Result<void> addInstanceRegion(SharedSettings& shared,
                                      const CurlTransportOptions& options = {},
                                      const CallLimits& limits = {}) {
  if (!shared.settings.region.empty()) return {};
  CurlTransport local(detail::metadataTransportOptions(options, shared.profile));
  SystemClock clock;
  return addInstanceRegion(shared, local, clock, limits);
}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_DEFAULT_CREDENTIALS_CHAIN_HPP
