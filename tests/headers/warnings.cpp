// SPDX-License-Identifier: BSL-1.0
// A program that has the headers by a plain -I, so that its warnings are on in them too, and that
// derives from the seams as a mock does. Compiled with every warning that programs are known to
// turn into errors.
#include "all_headers.hpp"

namespace st = secure_tunneling;

namespace {

class MockTransport : public st::HttpTransport {
 public:
  st::Result<void> send(const st::HttpRequest&, st::HttpResponse&) override { return {}; }
};

class MockCredentials : public st::CredentialsProvider {
 public:
  st::Result<void> retrieve(const st::CredentialsQuery&, st::Credentials&) override { return {}; }
};

class MockClock : public st::Clock {
 public:
  st::Moment now() override { return {}; }
  void wait(std::int64_t) override {}
};

class MockResolver : public st::HostResolver {
 public:
  void resolve(const std::string&, std::vector<std::string>&) override {}
};

class MockAssumer : public st::RoleAssumer {
 public:
  st::Step assume(const st::RoleAssumption&, st::CredentialsFetch& fetch,
                  const st::Moment&) override {
    return fetch.done({});
  }
};

class MockSource : public st::ProfileSource {
 public:
  [[nodiscard]] bool isNamedBy(const st::ProfileView&) const override { return false; }

 private:
  st::Step begin(st::CredentialsFetch& fetch, const st::Moment&) override { return fetch.done({}); }
  st::Step beginFor(const st::ProfileView&, st::CredentialsFetch& fetch,
                    const st::Moment&) override {
    return fetch.done({});
  }
  st::Step proceed(st::CredentialsFetch& fetch, const st::Moment&) override {
    return fetch.done({});
  }
  void end() noexcept override {}
};

class MockSteps : public st::CredentialsSource {
 public:
  st::Step next(st::CredentialsFetch& fetch, const st::Moment&) override { return fetch.done({}); }
};

// What may be left out is left out without a warning.
bool leavesOut() {
  const st::RotateTunnelAccessTokenRequest request{"my-tunnel", st::ClientMode::SOURCE};
  const st::Credentials credentials{"AKIDEXAMPLE", st::Secret("secret")};
  const st::Settings settings{"us-east-1"};
  const st::CurlTransportOptions transport{10'000};
  const st::FleetOptions fleet{8};
  const st::GivenSettings given{"my-profile"};
  const st::GivenStsSettings givenToSts{"my-profile"};
  const st::StsSettings sts{"us-east-1"};
  const st::EndpointParameters endpoint{"us-east-1"};
  const st::Role role{"arn:aws:iam::123456789012:role/my-role"};
  const st::WebIdentity identity{"/my/token", role.arn};
  const st::IotRoleAliasOptions alias{"prefix.credentials.iot.eu-west-1.amazonaws.com", "my-alias"};
#if __cplusplus >= 202002L
  const st::DestinationConfig destination{.services = {"SSH"}};
  const st::CurlTransportOptions bundle{.caFile = "/my/ca.pem"};
  const st::InstanceMetadataOptions metadata{.allowV1 = true};
  const st::CacheOptions cache{.useExpired = false};
  const bool isAsSet = !destination.services.empty() && !bundle.caFile.empty() &&
                       metadata.allowV1 && !cache.useExpired;
#else
  const bool isAsSet = true;
#endif
  return isAsSet && !request.tunnelId.empty() && !credentials.accessKeyId.empty() &&
         !settings.region.empty() && transport.connectTimeoutMs != 0 && fleet.parallel != 0 &&
         !given.profile.empty() && !givenToSts.profile.empty() && !sts.region.empty() &&
         !endpoint.region.empty() && !identity.roleArn.empty() && !alias.roleAlias.empty();
}

}  // namespace

int main() {
  if (!leavesOut()) return 1;
  MockTransport transport;
  MockCredentials credentials;
  MockClock clock;
  MockResolver resolver;
  MockAssumer assumer;
  MockSource source;
  MockSteps steps;
  st::Settings settings;
  settings.region = "us-east-1";
  st::Client client(settings, transport, credentials, clock);
  return st::rotateTunnelAccessToken({}, client) ? 1 : 0;
}
