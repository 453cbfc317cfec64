// SPDX-License-Identifier: BSL-1.0
// A whole call with credentials from one source, the one whose SOURCE_name is defined.
#include <string_view>
#include <utility>

#include "secure_tunneling/adapters/curl_transport.hpp"
#include "secure_tunneling/adapters/default_credentials_chain.hpp"
#include "secure_tunneling/adapters/login_credentials.hpp"
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/adapters/system_clock.hpp"
#include "secure_tunneling/adapters/system_host_resolver.hpp"
#include "secure_tunneling/core.hpp"
#include "secure_tunneling/credentials/assume_role.hpp"
#include "secure_tunneling/credentials/cached.hpp"
#include "secure_tunneling/credentials/container.hpp"
#include "secure_tunneling/credentials/environment.hpp"
#include "secure_tunneling/credentials/instance_metadata.hpp"
#include "secure_tunneling/credentials/iot_role_alias.hpp"
#include "secure_tunneling/credentials/process.hpp"
#include "secure_tunneling/credentials/profile.hpp"
#include "secure_tunneling/credentials/profile_chain.hpp"
#include "secure_tunneling/credentials/sso.hpp"
#include "secure_tunneling/credentials/web_identity.hpp"

using namespace secure_tunneling;

bool rotate(std::string_view tunnelId, std::string_view region, Secret& sourceAccessToken,
            Error& error);

bool rotate(std::string_view tunnelId, std::string_view region, Secret& sourceAccessToken,
            Error& error) {
  Settings settings;
  settings.region = region;
  CurlTransport transport;
  SystemClock clock;
#if defined(SOURCE_static)
  StaticCredentials source(tunnelId, region);
#elif defined(SOURCE_environment)
  EnvironmentCredentials source;
#elif defined(SOURCE_profile)
  ProfileCredentials source;
#elif defined(SOURCE_profile_chain)
  StsRoleAssumer<OpensslSha256> roles(transport, clock);
  ProfileSources parts;
  parts.roles = &roles;
  ProfileChainCredentials source(parts);
#elif defined(SOURCE_assume_role)
  StaticCredentials own(tunnelId, region);
  StsRoleAssumer<OpensslSha256> roles(transport, clock);
  AssumeRoleCredentials source({}, {}, own, roles);
#elif defined(SOURCE_web_identity)
  WebIdentityCredentials source(transport, clock);
#elif defined(SOURCE_process)
  ProcessCredentials source;
#elif defined(SOURCE_sso)
  SsoCredentials source(transport, clock);
#elif defined(SOURCE_login)
  LoginCredentials source(transport, clock);
#elif defined(SOURCE_container)
  SystemHostResolver resolver;
  ContainerCredentials source(transport, clock, &resolver);
#elif defined(SOURCE_instance_metadata)
  InstanceMetadataCredentials source(transport, clock);
#elif defined(SOURCE_iot_role_alias)
  IotRoleAliasCredentials source({}, transport, clock);
#elif defined(SOURCE_cached)
  StaticCredentials own(tunnelId, region);
  CachedCredentials source(own);
#elif defined(SOURCE_default_chain)
  DefaultCredentialsChain source;
#endif
  BasicClient<OpensslSha256> client(std::move(settings), transport, source, clock);
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = tunnelId;
  request.clientMode = ClientMode::ALL;
  auto response = rotateTunnelAccessToken(request, client);
  if (!response) {
    error = std::move(response).error();
    return false;
  }
  if (response->sourceAccessToken) sourceAccessToken = std::move(*response->sourceAccessToken);
  return true;
}
