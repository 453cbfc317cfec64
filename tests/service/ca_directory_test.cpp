// SPDX-License-Identifier: BSL-1.0
// How often libcurl's own directory of CAs is read.
#include <curl/curl.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "secure_tunneling/rotate_many.hpp"
#include "support/caller.hpp"

using namespace secure_tunneling;

namespace {

int reads = 0;

const char* caDirectory() {
#if LIBCURL_VERSION_NUM >= 0x074600
  return curl_version_info(CURLVERSION_NOW)->capath;
#else
  return nullptr;
#endif
}

}  // namespace

/// In place of the C library's, for all of this program.
extern "C" DIR* opendir(const char* path) {
  if (caDirectory() != nullptr && std::strcmp(path, caDirectory()) == 0) ++reads;
  const int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return descriptor < 0 ? nullptr : fdopendir(descriptor);
}

TEST_CASE("what goes over http does not look at CAs") {
  const int before = reads;
  ServedFake service;
  std::vector<RotateTunnelAccessTokenRequest> requests;
  for (int i = 0; i != 8; ++i) {
    requests.push_back({"tunnel-" + std::to_string(i), ClientMode::ALL, {}});
    service.with([&](auto& fake) { fake.addTunnel(requests.back().tunnelId); });
  }
  StaticCredentials credentials(ServedFake::accessKeyId, ServedFake::secretAccessKey);
  FleetOptions options;
  options.transport = direct();
  for (const auto& result : rotateMany(requests, settingsFor(service.url()), credentials, options))
    CHECK(result);
  CHECK(Caller(service.url()).rotate());
  CHECK(reads == before);
}

TEST_CASE("the directory of CAs is read once in a process, by what goes over https first") {
  const TemporaryFolder folder;
  const CertificateAuthority authority(folder, "ca");
  TlsOptions tls;
  tls.certificate = authority.issue("server");
  ServedFake service(tls);
  ServedFake plain;
  for (int i = 0; i != 3; ++i) {
    CurlTransport transport(direct());
    ManualClock clock;
    StaticCredentials credentials(ServedFake::accessKeyId, ServedFake::secretAccessKey);
    Client byHttp(settingsFor(plain.url()), transport, credentials, clock);
    Client byHttps(settingsFor(service.url()), transport, credentials, clock);
    const RotateTunnelAccessTokenRequest request{ServedFake::tunnel, ClientMode::ALL, {}};
    CHECK(rotateTunnelAccessToken(request, byHttp));
    const auto refused = rotateTunnelAccessToken(request, byHttps);
    INFO(describe(refused));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Untrusted);
  }
  const bool isThere = caDirectory() != nullptr && access(caDirectory(), R_OK) == 0;
  CHECK(reads == int{isThere});
}
