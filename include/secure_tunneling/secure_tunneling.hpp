// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_SECURE_TUNNELING_HPP
#define SECURE_TUNNELING_SECURE_TUNNELING_HPP

/// @file
/// The call in one line, and the client over libcurl, OpenSSL and POSIX, with all of `core.hpp`.
/// Not in it: `owning_client.hpp`, `rotate_many.hpp`, `throwing.hpp`, hashes by Mbed TLS, the test
/// kit.

#include <cstdint>
#include <utility>

#include "secure_tunneling/adapters/curl_transport.hpp"
#include "secure_tunneling/adapters/default_credentials_chain.hpp"
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/adapters/system_clock.hpp"
#include "secure_tunneling/configuration/shared_settings.hpp"
#include "secure_tunneling/core.hpp"

/// AWS IoT Secure Tunneling's RotateTunnelAccessToken. What a program uses is here, and its
/// Signature Version 4 in `sigv4`; namespaces `detail` are the library's own, and may change at any
/// time.
namespace secure_tunneling {
inline namespace v0_2 {

/// A client that signs with OpenSSL.
using Client = BasicClient<OpensslSha256>;

/// AWS IoT Secure Tunneling RotateTunnelAccessToken in one line, for one call now and then:
/// settings from `loadSharedSettings()`, without a configured region that of the EC2 instance
/// (`addInstanceRegion`), credentials from `DefaultCredentialsChain`, a connection of its own. It
/// blocks, not past `limits`, which are for all of that together, and does and returns what the
/// form over a `BasicClient` does. Safe to call from several threads as long as none changes the
/// environment.
[[nodiscard]] inline Result<RotateTunnelAccessTokenResponse> rotateTunnelAccessToken(
    const RotateTunnelAccessTokenRequest& request, const CallLimits& limits = {}) {
  SystemClock clock;
  CallEnd end;
  end.begin(limits);
  end.leftMs(clock.now());
  SharedSettings shared;
  Result<void> ready = detail::readSharedSettings({}, shared);
  if (!ready) return std::move(ready).error();
  CurlTransportOptions options;
  options.trust(std::move(shared.caBundle), std::move(shared.caBundleOrigin));
  options.addApplication(shared.applicationId);
  ready = addInstanceRegion(shared, options, limits);
  if (ready && shared.settings.region.empty()) {
    ready = detail::failure(ErrorKind::Configuration, "Invalid Configuration: Missing Region",
                            shared.passedOver.c_str());
  }
  if (!ready) return std::move(ready).error();
  GivenStsSettings given;
  given.region = shared.settings.region;
  DefaultCredentialsChain credentials(given, options);
  CurlTransport transport(std::move(options));
  Client client(std::move(shared.settings), transport, credentials, clock);
  CallLimits rest = limits;
  const std::int64_t leftMs = end.leftMs(clock.now());
  // 0 would be no limit.
  rest.timeoutMs = leftMs != 0 ? leftMs : 1;
  return rotateTunnelAccessToken(request, client, rest);
}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_SECURE_TUNNELING_HPP
