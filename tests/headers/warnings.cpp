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
  st::Result<void> assume(const st::StsSettings&, const st::Role&, const st::Credentials&,
                          st::Credentials&) override {
    return {};
  }
};

class MockSource : public st::ProfileSource {
 public:
  [[nodiscard]] bool isNamedBy(const st::ProfileView&) const override { return false; }
  st::Result<void> retrieveFor(const st::ProfileView&, const st::CredentialsQuery&,
                               st::Credentials&) override {
    return {};
  }
};

}  // namespace

int main() {
  MockTransport transport;
  MockCredentials credentials;
  MockClock clock;
  MockResolver resolver;
  MockAssumer assumer;
  MockSource source;
  st::Settings settings;
  settings.region = "us-east-1";
  st::Client client(settings, transport, credentials, clock);
  return st::rotateTunnelAccessToken({}, client) ? 1 : 0;
}
