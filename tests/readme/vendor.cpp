// SPDX-License-Identifier: BSL-1.0
// The vendor's side of the README's port: an engine, an HTTPS client and a clock, with the fake
// service behind them. Compiled with that block, it runs it.
#include <openssl/evp.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "secure_tunneling/testing/recorded_request.hpp"

namespace st = secure_tunneling;

st::Result<st::RotateTunnelAccessTokenResponse> newSourceToken(
    const std::string& tunnelId, st::CredentialsProvider& credentials);

extern "C" {
struct vendor_answer {
  int (*on_header)(void* user, const char* line, std::size_t size);
  int (*on_body)(void* user, const char* data, std::size_t size);
  void* user;
  int status;
  int request_was_begun;
  long long timeout_ms;
};
int vendor_sha256_start();
int vendor_sha256_add(const void* data, std::size_t size);
int vendor_sha256_end(unsigned char* digest);
int vendor_https_post(const char* url, const char* header_lines, const char* body, std::size_t size,
                      vendor_answer* answer);
long long vendor_unix_ms();
unsigned vendor_random();
void vendor_sleep_ms(long long milliseconds);
}

namespace {

EVP_MD_CTX* engine = nullptr;
st::ManualClock* deviceClock = nullptr;
st::FakeSecureTunnelingService* service = nullptr;
int clientFailures = 0;
bool answersAtLength = false;
int status = 0;

void check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "failed: %s\n", what);
  status = 1;
}

}  // namespace

int vendor_sha256_start() {
  return EVP_DigestInit_ex(engine, EVP_sha256(), nullptr) - 1;
}
int vendor_sha256_add(const void* data, std::size_t size) {
  return EVP_DigestUpdate(engine, data, size) - 1;
}
int vendor_sha256_end(unsigned char* digest) {
  return EVP_DigestFinal_ex(engine, digest, nullptr) - 1;
}
long long vendor_unix_ms() {
  return deviceClock->now().unixMs;
}
unsigned vendor_random() {
  return deviceClock->now().random;
}
void vendor_sleep_ms(long long milliseconds) {
  deviceClock->wait(milliseconds);
}

int vendor_https_post(const char* url, const char* header_lines, const char* body, std::size_t size,
                      vendor_answer* answer) {
  if (clientFailures != 0) {
    --clientFailures;
    return -7;
  }
  check(std::strcmp(url, "https://api.tunneling.iot.eu-west-1.amazonaws.com/") == 0, "the URL");
  st::RecordedRequest request;
  request.method = "POST";
  request.authority = "api.tunneling.iot.eu-west-1.amazonaws.com";
  request.target = "/";
  request.body.assign(body, size);
  for (std::string rest = header_lines; !rest.empty();) {
    const std::string line = rest.substr(0, rest.find("\r\n"));
    rest.erase(0, line.size() + 2);
    request.headers.push_back({line.substr(0, line.find(": ")), line.substr(line.find(": ") + 2)});
  }
  st::HttpResponse response;
  check(answer->timeout_ms == 0, "a call without a limit");
  answer->request_was_begun = 1;
  if (!service->send(request.view(), response)) return -8;
  answer->status = response.status;
  const std::string id =
      "X-Amzn-Requestid: " + std::string(response.headers.find("x-amzn-requestid").value_or("")) +
      "\r\n";
  if (answersAtLength) response.body.assign(std::string(20'000, ' '));
  const std::string_view text = response.body.expose();
  const int refused = answer->on_header(answer->user, id.data(), id.size());
  return refused != 0 ? refused : answer->on_body(answer->user, text.data(), text.size());
}

int main() {
  engine = EVP_MD_CTX_new();
  st::ManualClock clock;
  st::FakeSecureTunnelingService fake(clock, "eu-west-1");
  deviceClock = &clock;
  service = &fake;
  fake.addCredentials("AKIDEXAMPLE", "secret", "session");
  fake.addTunnel("tunnel");
  st::StaticCredentials credentials("AKIDEXAMPLE", "secret", "session");

  const auto first = newSourceToken("tunnel", credentials);
  check(first && first->attempts == 1 && !first->requestId.empty(), "a rotation");
  check(first && fake.accepts(first->sourceAccessToken->expose()), "its token");

  fake.injectFault(st::Fault::DroppedAfterRotation);
  clientFailures = 1;
  const auto later = newSourceToken("tunnel", credentials);
  check(later && later->attempts == 3, "a rotation at the third attempt");
  check(clock.waits().size() == 2, "two waits");

  const auto unknown = newSourceToken("no-such-tunnel", credentials);
  check(!unknown && unknown.error().code == "ResourceNotFoundException", "the service's error");
  clientFailures = 3;
  const auto unsent = newSourceToken("tunnel", credentials);
  check(!unsent && unsent.error().delivery == st::Delivery::NotSent &&
            unsent.error().transportCode == -7,
        "the client's error");
  answersAtLength = true;
  const auto tooLong = newSourceToken("tunnel", credentials);
  check(!tooLong && tooLong.error().kind == st::ErrorKind::InvalidResponse &&
            tooLong.error().attempts == 1,
        "an answer over the limit");
  EVP_MD_CTX_free(engine);
  return status;
}
