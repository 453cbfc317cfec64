// SPDX-License-Identifier: BSL-1.0
//
// The whole call without libcurl and OpenSSL: connection, TLS and hash by Mbed TLS. Goes by the
// same environment as the AWS tools; AWS_CA_BUNDLE names the authorities to trust.
#include <psa/crypto.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "mbedtls_transport.hpp"
#include "secure_tunneling/adapters/psa_sha256.hpp"
#include "secure_tunneling/adapters/system_clock.hpp"
#include "secure_tunneling/configuration/shared_settings.hpp"
#include "secure_tunneling/core.hpp"
#include "secure_tunneling/credentials/environment.hpp"

namespace st = secure_tunneling;

namespace {

st::Result<st::RotateTunnelAccessTokenResponse> rotate(const std::string& tunnelId) {
  auto settings = st::loadSettings();
  if (!settings) return std::move(settings).error();
  const char* const caFile = std::getenv("AWS_CA_BUNDLE");
  MbedtlsTransport transport(caFile != nullptr ? caFile : "/etc/ssl/certs/ca-certificates.crt");
  st::EnvironmentCredentials credentials;
  st::SystemClock clock;
  st::BasicClient<st::PsaSha256> client(*std::move(settings), transport, credentials, clock);

  st::RotateTunnelAccessTokenRequest request;
  request.tunnelId = tunnelId;
  request.clientMode = st::ClientMode::SOURCE;
  return st::rotateTunnelAccessToken(request, client);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: own-transport TUNNEL_ID\n", stderr);
    return 2;
  }
  // Signatures need it as TLS does, and come first.
  if (psa_crypto_init() != PSA_SUCCESS) {
    std::fputs("the PSA Crypto API cannot be initialised\n", stderr);
    return 1;
  }
  const auto response = rotate(argv[1]);
  if (!response) {
    std::fprintf(stderr, "%s %s\n", response.error().code.c_str(),
                 response.error().message.c_str());
    return 1;
  }
  if (response->sourceAccessToken) std::puts(response->sourceAccessToken->expose().data());
}
