// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <utility>

#include "secure_tunneling/adapters/curl_transport.hpp"
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/adapters/system_clock.hpp"
#include "secure_tunneling/credentials/chain.hpp"
#include "secure_tunneling/credentials/environment.hpp"
#include "secure_tunneling/credentials/process.hpp"
#include "secure_tunneling/credentials/profile_chain.hpp"
#include "secure_tunneling/credentials/web_identity.hpp"

namespace secure_tunneling {
inline namespace v1 {

/// Every source, in the order of the AWS tools:
/// 1. environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY;
/// 2. the profile of the shared files, in every way that it names;
/// 3. web identity: AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN.
///
/// The AWS SDKs for C++ and Rust ask in this order; the AWS CLI, boto3, Java, Go, Kotlin and .NET
/// ask for a web identity in the environment before they look at the profile's keys. As in the AWS
/// CLI, a profile that the program names itself (not AWS_PROFILE) counts more than the environment,
/// whose keys and web identity are then passed over. Keeps references; one thread at a time.
template <class Hash>
class BasicDefaultChain final : public CredentialsProvider {
 public:
  BasicDefaultChain(HttpTransport& transport, Clock& clock, GivenStsSettings given = {})
      : roles_(transport, clock),
        webIdentity_(transport, clock, given),
        profile_(profileSources(), given),
        chain_({given.profile.empty() ? &environment_ : nullptr, &profile_,
                given.profile.empty() ? &webIdentity_ : nullptr}) {}

  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    return chain_.retrieve(query, credentials);
  }

 private:
  ProfileSources profileSources() noexcept {
    ProfileSources sources;
    sources.roles = &roles_;
    sources.webIdentity = &webIdentity_;
    sources.process = &process_;
    sources.environment = &environment_;
    return sources;
  }

  EnvironmentCredentials environment_;
  ProcessCredentials process_;
  StsRoleAssumer<Hash> roles_;
  WebIdentityCredentials webIdentity_;
  ProfileChainCredentials profile_;
  CredentialsChain chain_;
};

/// `BasicDefaultChain` with connections, a clock and a hash of its own. Does nothing until it is
/// asked.
class DefaultCredentialsChain final : public CredentialsProvider {
 public:
  /// As for `ProfileCredentials`.
  explicit DefaultCredentialsChain(std::string profile = {})
      : DefaultCredentialsChain(GivenStsSettings{std::move(profile), {}, false}, {}) {}
  /// `options` are for the services of AWS on the internet.
  DefaultCredentialsChain(GivenStsSettings given, CurlTransportOptions options)
      : transport_(std::move(options)), chain_(transport_, clock_, std::move(given)) {}

  Result<void> retrieve(const CredentialsQuery& query, Credentials& credentials) override {
    return chain_.retrieve(query, credentials);
  }

 private:
  SystemClock clock_;
  CurlTransport transport_;
  BasicDefaultChain<OpensslSha256> chain_;
};

}  // namespace v1
}  // namespace secure_tunneling
