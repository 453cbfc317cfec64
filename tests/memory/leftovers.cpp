// SPDX-License-Identifier: BSL-1.0
// What whole calls leave in memory: no secret may stay in freed heap, nor on the stack below.
// Built by g++ and clang++, with and without optimisation; without a test framework, whose own
// frames would be in the way.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "memory/painted_stack.hpp"
#include "memory/watched_heap.hpp"
#include "secure_tunneling/secure_tunneling.hpp"
#include "secure_tunneling/testing/manual_clock.hpp"
#include "support/portable_sha256.hpp"
#include "support/server_process.hpp"
#include "support/socket_server.hpp"
#include "support/temporary_folder.hpp"

using namespace secure_tunneling;

namespace {

// Random letters: no part of one is anywhere by chance.
constexpr const char* secretKey = "Zq7nVbX2kLw9RtYc4HjMfD8sPgUa3EoJxN5iTzQe";
constexpr const char* sessionToken =
    "IQoKd8Fh2LxWv5Tb9RyNcPz4GsMj7AeUq3HoXi6DtJfYk1BnVwSrCgZpEmLu0QaOdKhTxIvFbWyRjNcPsGzMeAqUoHiXtD"
    "fJkYn";
constexpr const char* sourceToken =
    "AQGAxkTvPbNwYdRhJcLsMzUeQoKfWgTiXnBpVyDrHjCtEaSu2m9Gq4Zl7Fb5Rk8Nw3";
constexpr const char* destinationToken =
    "AQHBoWnYcRtKmLxPzJvGdUeSqTfHiNbXyVkDrCgAwMjEpZsQuOl5h8F2t6B9k3R7w4";

constexpr std::int64_t nowMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

std::string hmac(std::string_view key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return {reinterpret_cast<const char*>(digest), size};
}

/// `key` as HMAC hashes it first: a block, changed by `change`.
std::string padOf(std::string key, int change) {
  key.resize(64);
  for (char& c : key)
    c = static_cast<char>(c ^ change);
  return key;
}

/// As SHA-256 loads a block on a little-endian machine.
std::string swappedWords(std::string block) {
  for (std::size_t at = 0; at + 4 <= block.size(); at += 4) {
    std::swap(block[at], block[at + 3]);
    std::swap(block[at + 1], block[at + 2]);
  }
  return block;
}

struct Secrets {
  /// Everything that this library handles.
  SecretWindows all;
  /// The same as a hash engine's own frames may hold it.
  SecretWindows hashed;
};

Secrets makeSecrets() {
  Secrets secrets;
  for (const auto& [name, secret] :
       {std::pair("secret access key", secretKey), std::pair("session token", sessionToken),
        std::pair("source token", sourceToken), std::pair("destination token", destinationToken)}) {
    secrets.all.add(name, secret);
  }
  for (std::size_t shift = 0; shift != 4; ++shift)
    secrets.hashed.add("session token, words swapped", swappedWords(sessionToken + shift));
  std::string key = std::string("AWS4") + secretKey;
  const char* const names[] = {"secret access key", "key of the day", "key of the region",
                               "key of the service", "signing key"};
  const char* const steps[] = {"20260101", "us-east-1", "IoTSecuredTunneling", "aws4_request"};
  for (std::size_t i = 0; i != 5; ++i) {
    const std::string name = names[i];
    if (i != 0) secrets.all.add(name, key);
    secrets.hashed.add(name + ", words swapped", swappedWords(key));
    for (const int change : {0x36, 0x5c}) {
      secrets.all.add(name + ", as a pad", padOf(key, change).substr(0, key.size()));
      secrets.hashed.add(name + ", as a pad, words swapped",
                         swappedWords(padOf(key, change)).substr(0, key.size()));
    }
    if (i != 4) key = hmac(key, steps[i]);
  }
  return secrets;
}

int failures = 0;

void check(bool condition, const char* what) {
  if (condition) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

Settings settings(std::string endpointUrl = {}) {
  Settings settings;
  settings.region = "us-east-1";
  settings.endpointUrl = std::move(endpointUrl);
  settings.maxAttempts = 2;
  return settings;
}

RotateTunnelAccessTokenRequest rotateAll() {
  RotateTunnelAccessTokenRequest request;
  request.tunnelId = "tunnel-1";
  request.clientMode = ClientMode::ALL;
  return request;
}

enum class Answer { Tokens, TokensCut, TokensInError, Echo, EchoPage, ServerErrorThenTokens };

/// The body of an answer; static, so that it is never on a stack or freed.
std::string_view bodyOf(Answer answer) {
#define TOKENS                                                              \
  "\"tunnelArn\":\"arn\",\"sourceAccessToken\":"                            \
  "\"AQGAxkTvPbNwYdRhJcLsMzUeQoKfWgTiXnBpVyDrHjCtEaSu2m9Gq4Zl7Fb5Rk8Nw3\"," \
  "\"destinationAccessToken\":"                                             \
  "\"AQHBoWnYcRtKmLxPzJvGdUeSqTfHiNbXyVkDrCgAwMjEpZsQuOl5h8F2t6B9k3R7w4\""
#define SESSION                                                                                    \
  "IQoKd8Fh2LxWv5Tb9RyNcPz4GsMj7AeUq3HoXi6DtJfYk1BnVwSrCgZpEmLu0QaOdKhTxIvFbWyRjNcPsGzMeAqUoHiXtD" \
  "fJ"                                                                                             \
  "kYn"
  switch (answer) {
    case Answer::Tokens:
    case Answer::ServerErrorThenTokens:
      return "{" TOKENS "}";
    case Answer::TokensCut:
      return "{" TOKENS;
    case Answer::TokensInError:
      return "{\"__type\":\"Code\",\"message\":\"text\"," TOKENS "}";
    case Answer::Echo:
      return "{\"__type\":\"InvalidSignatureException\",\"message\":\"canonical " SESSION
             " is not\\n what " SESSION " says\"}";
    case Answer::EchoPage:
      return "<html>x-amz-security-token: " SESSION "</html>";
  }
  return {};
#undef SESSION
#undef TOKENS
}

int statusOf(Answer answer, int attempt) {
  switch (answer) {
    case Answer::Tokens:
    case Answer::TokensCut:
      return 200;
    case Answer::ServerErrorThenTokens:
      return attempt == 0 ? 500 : 200;
    case Answer::EchoPage:
      return 502;
    default:
      return 400;
  }
}

/// Answers in process, and echoes the session token in a header, as a debugging proxy would.
class InProcess final : public HttpTransport {
 public:
  explicit InProcess(Answer answer) noexcept : answer_(answer) {}
  Result<void> send(const HttpRequest&, HttpResponse& response) override {
    response.headers.add("x-echo", sessionToken);
    response.status = statusOf(answer_, attempts_++);
    response.body.assign(bodyOf(answer_));
    return {};
  }

 private:
  Answer answer_;
  int attempts_ = 0;
};

/// The same over a socket.
std::unique_ptr<SocketServer> makeServer(Answer answer, const TlsOptions* tls) {
  const auto script = [answer](Connection& connection) {
    for (int attempt = 0; !connection.readRequest().empty(); ++attempt) {
      if (!connection.answer(statusOf(answer, attempt), bodyOf(answer),
                             std::string("x-echo: ") + sessionToken + "\r\n"))
        return;
    }
  };
  return tls == nullptr ? std::make_unique<SocketServer>(script)
                        : std::make_unique<SocketServer>(*tls, script);
}

/// Runs `scenario` on a painted stack, over a watched heap, and looks at both.
template <class Scenario>
void examine(const char* name, const Secrets& secrets, bool hashIsOurs, Scenario scenario) {
  std::printf("%s\n", name);
  const auto stack = std::make_unique<PaintedStack>();
  {
    const WatchedHeap heap(secrets.all);
    stack->run(scenario);
    check(heap.leaks() == 0, "no secret in freed memory");
    if (heap.leaksOfLibraries() != 0) {
      std::printf("  heap: %d blocks freed by other libraries\n", heap.leaksOfLibraries());
    }
  }
  const char* const top = stack->memory() + PaintedStack::size();
  const auto search = [&](const SecretWindows& windows) {
    int found = 0;
    windows.search(stack->memory(), PaintedStack::size(),
                   [&](const std::string& secret, std::size_t at) {
                     ++found;
                     std::printf("  stack: %s at %td bytes of %zu\n", secret.c_str(),
                                 top - (stack->memory() + at), stack->used());
                   });
    return found;
  };
  check(stack->used() > 3000, "the scenario ran on the painted stack");
  check(search(secrets.all) == 0, "no secret on the stack");
  check(search(secrets.hashed) == 0 || !hashIsOurs, "no hashed block on the stack");
}

template <class Hash, class Transport, class Provider>
void rotate(Transport& transport, Provider& credentials, Settings settingsOfCall, bool isSuccess) {
  ManualClock clock(nowMs);
  BasicClient<Hash> client(std::move(settingsOfCall), transport, credentials, clock);
  for (int i = 0; i != 2; ++i) {
    const auto result = rotateTunnelAccessToken(rotateAll(), client);
    check(result.hasValue() == isSuccess, "the scenario ends as planned");
  }
}

template <class Hash>
void inProcess(const char* name, const Secrets& secrets, Answer answer, bool hashIsOurs) {
  const bool isSuccess = answer == Answer::Tokens || answer == Answer::ServerErrorThenTokens;
  examine(name, secrets, hashIsOurs, [&] {
    InProcess transport(answer);
    StaticCredentials credentials("AKIDEXAMPLE", secretKey, sessionToken);
    rotate<Hash>(transport, credentials, settings(), isSuccess);
  });
}

void overASocket(const char* name, const Secrets& secrets, Answer answer, const TlsOptions* tls,
                 const std::string& caFile = {}) {
  const ServerProcess server([&] { return makeServer(answer, tls); });
  examine(name, secrets, false, [&] {
    CurlTransportOptions options;
    options.noProxy = "*";
    options.caFile = caFile;
    CurlTransport transport(options);
    StaticCredentials credentials("AKIDEXAMPLE", secretKey, sessionToken);
    rotate<OpensslSha256>(transport, credentials, settings(server.url()), answer == Answer::Tokens);
  });
}

void fromFilesAndEnvironment(const Secrets& secrets) {
  const TemporaryFolder folder;
  const std::string file = folder.file(
      "credentials",
      std::string("[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = ") +
          secretKey + "\naws_session_token = " + sessionToken + "\n");
  setenv("AWS_SHARED_CREDENTIALS_FILE", file.c_str(), 1);
  setenv("AWS_CONFIG_FILE", folder.path("config").c_str(), 1);
  examine("credentials of a profile", secrets, false, [] {
    InProcess transport(Answer::Tokens);
    DefaultCredentialsChain credentials;
    rotate<PortableSha256>(transport, credentials, settings(), true);
  });
  setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
  setenv("AWS_SECRET_ACCESS_KEY", secretKey, 1);
  setenv("AWS_SESSION_TOKEN", sessionToken, 1);
  examine("credentials of the environment", secrets, false, [] {
    InProcess transport(Answer::Tokens);
    DefaultCredentialsChain credentials;
    rotate<PortableSha256>(transport, credentials, settings(), true);
  });
}

/// The instruments find what there is to find.
void seesWhatIsThere(const Secrets& secrets) {
  std::printf("the instruments (these two are meant)\n");
  const auto stack = std::make_unique<PaintedStack>();
  const WatchedHeap heap(secrets.all);
  auto careless = [] {
    { const std::string freed(secretKey); }
    char copy[16];
    std::memcpy(copy, sessionToken, sizeof copy);
    keep(copy);
  };
  stack->run(careless);
  int found = 0;
  secrets.all.search(stack->memory(), PaintedStack::size(),
                     [&](const std::string& secret, std::size_t) {
                       std::printf("  stack: %s\n", secret.c_str());
                       ++found;
                     });
  check(heap.leaks() == 1 && found == 1, "the instruments see a careless function");
}

}  // namespace

int main() {
  const Secrets secrets = makeSecrets();
  seesWhatIsThere(secrets);
  inProcess<PortableSha256>("tokens", secrets, Answer::Tokens, true);
  inProcess<PortableSha256>("an error, then tokens", secrets, Answer::ServerErrorThenTokens, true);
  inProcess<PortableSha256>("tokens, cut", secrets, Answer::TokensCut, true);
  inProcess<PortableSha256>("tokens in an error", secrets, Answer::TokensInError, true);
  inProcess<PortableSha256>("an echo", secrets, Answer::Echo, true);
  inProcess<PortableSha256>("an echo in a page", secrets, Answer::EchoPage, true);
  inProcess<OpensslSha256>("tokens, with OpenSSL's hash", secrets, Answer::Tokens, false);
  fromFilesAndEnvironment(secrets);

  overASocket("tokens over http", secrets, Answer::Tokens, nullptr);
  overASocket("an echo over http", secrets, Answer::Echo, nullptr);
  const TemporaryFolder folder;
  const CertificateAuthority authority(folder, "authority");
  const TlsOptions tls{authority.issue("server"), {}, 0};
  overASocket("tokens over https", secrets, Answer::Tokens, &tls, authority.file());
  overASocket("an echo over https", secrets, Answer::EchoPage, &tls, authority.file());
  return failures == 0 ? 0 : 1;
}
