// SPDX-License-Identifier: BSL-1.0
// The hash policies over Mbed TLS in front of an engine that fails, as software never does. Built
// once with the names of 2.28 and once with those of 3.x, in support/engine/mbedtls, and once with
// those of the PSA Crypto API, in support/psa_engine/psa.
//
// That proves that the policies call each by its own names and signatures, and pass every failure
// on. It proves nothing about the libraries themselves: unit/mbedtls_sha256_test.cpp and
// unit/psa_sha256_test.cpp do, with the version that is installed.
#include <openssl/evp.h>

#ifdef SECURE_TUNNELING_TEST_PSA_ENGINE
#include "secure_tunneling/adapters/psa_sha256.hpp"
#else
#include "secure_tunneling/adapters/mbedtls_sha256.hpp"
#endif
#include "secure_tunneling/call/rotate_call.hpp"
#include "support/calls.hpp"
#include "support/catch.hpp"

using namespace secure_tunneling;
#ifdef SECURE_TUNNELING_TEST_PSA_ENGINE
using EngineSha256 = PsaSha256;
#else
using EngineSha256 = MbedtlsSha256;
#endif

namespace {

struct Engine {
  /// Which start, update or finish fails, once: 0 is the first, -1 is none.
  int failAt = -1;
  int calls = 0;
  /// Contexts with a message that was begun and not finished.
  int messages = 0;
  int mostMessages = 0;
  int contexts = 0;
  bool failsToCopy = false;

  int step() { return calls++ == failAt ? -0x0074 : 0; }
};

Engine engine;

void countMessage(int more) {
  engine.messages += more;
  if (engine.messages > engine.mostMessages) engine.mostMessages = engine.messages;
}

/// Derives a key and signs with it; the signature, or nothing where the hash fails.
std::string signatureBy(EngineSha256& hash) {
  const sigv4::Header host{"Host", "example.com"};
  sigv4::Request request;
  request.headers = &host;
  request.headerCount = 1;
  request.payloadHash = "UNSIGNED-PAYLOAD";
  request.amzDate = "20260115T123000Z";
  const sigv4::Scope scope{"20260115", "us-east-1", "service"};
  sigv4::SigningKey key;
  sigv4::Signature signature{};
  sigv4::Status status = sigv4::deriveSigningKey(hash, "secret", scope, key);
  if (status == sigv4::Status::Ok)
    status =
        sigv4::sign(hash, key, scope, sigv4::CanonicalRequest(request), request.amzDate, signature);
  return status == sigv4::Status::Ok ? std::string(signature.text()) : std::string();
}

}  // namespace

#ifdef SECURE_TUNNELING_TEST_PSA_ENGINE

namespace {

EVP_MD_CTX* stateOf(const psa_hash_operation_t* operation) {
  return static_cast<EVP_MD_CTX*>(operation->state);
}

}  // namespace

extern "C" {
psa_status_t psa_hash_setup(psa_hash_operation_t* operation, psa_algorithm_t algorithm) {
  REQUIRE(algorithm == PSA_ALG_SHA_256);
  if (operation->state != nullptr) return PSA_ERROR_BAD_STATE;
  if (engine.step() != 0) return PSA_ERROR_HARDWARE_FAILURE;
  operation->state = EVP_MD_CTX_new();
  ++engine.contexts;
  countMessage(1);
  return EVP_DigestInit_ex(stateOf(operation), EVP_sha256(), nullptr) - 1;
}
psa_status_t psa_hash_update(psa_hash_operation_t* operation, const uint8_t* data, size_t size) {
  if (operation->state == nullptr) return PSA_ERROR_BAD_STATE;
  if (engine.step() != 0) return PSA_ERROR_HARDWARE_FAILURE;
  return EVP_DigestUpdate(stateOf(operation), data, size) - 1;
}
psa_status_t psa_hash_finish(psa_hash_operation_t* operation, uint8_t* digest, size_t room,
                             size_t* size) {
  REQUIRE(room >= 32);
  if (operation->state == nullptr) return PSA_ERROR_BAD_STATE;
  if (engine.step() != 0) return PSA_ERROR_HARDWARE_FAILURE;
  *size = 32;
  const int finished = EVP_DigestFinal_ex(stateOf(operation), digest, nullptr);
  psa_hash_abort(operation);
  return finished - 1;
}
psa_status_t psa_hash_abort(psa_hash_operation_t* operation) {
  if (operation->state == nullptr) return PSA_SUCCESS;
  EVP_MD_CTX_free(stateOf(operation));
  operation->state = nullptr;
  --engine.contexts;
  countMessage(-1);
  return PSA_SUCCESS;
}
psa_status_t psa_hash_clone(const psa_hash_operation_t* from, psa_hash_operation_t* to) {
  if (from->state == nullptr || to->state != nullptr) return PSA_ERROR_BAD_STATE;
  if (engine.failsToCopy) return PSA_ERROR_HARDWARE_FAILURE;
  to->state = EVP_MD_CTX_new();
  ++engine.contexts;
  countMessage(1);
  return EVP_MD_CTX_copy_ex(stateOf(to), stateOf(from)) - 1;
}
}

TEST_CASE("a copy that the engine does not make fails when it is used") {
  engine = {};
  {
    PsaSha256 hash;
    REQUIRE(hash.init());
    engine.failsToCopy = true;
    PsaSha256 copy(hash);
    CHECK_FALSE(copy.update("a", 1));
    unsigned char digest[32];
    CHECK_FALSE(copy.final(digest));
    CHECK(copy.init());
    CHECK(hash.final(digest));
  }
  CHECK(engine.contexts == 0);
}

#else

namespace {

EVP_MD_CTX* stateOf(const mbedtls_sha256_context* context) {
  return static_cast<EVP_MD_CTX*>(context->state);
}

void setStarted(mbedtls_sha256_context* context, bool started) {
  countMessage(static_cast<int>(started) - static_cast<int>(context->started));
  context->started = started;
}

}  // namespace

extern "C" {
void mbedtls_sha256_init(mbedtls_sha256_context* context) {
  *context = {EVP_MD_CTX_new(), false};
  ++engine.contexts;
}
void mbedtls_sha256_free(mbedtls_sha256_context* context) {
  setStarted(context, false);
  EVP_MD_CTX_free(stateOf(context));
  --engine.contexts;
}
void mbedtls_sha256_clone(mbedtls_sha256_context* to, const mbedtls_sha256_context* from) {
  if (from->started) EVP_MD_CTX_copy_ex(stateOf(to), stateOf(from));
  setStarted(to, from->started);
}
int ENGINE_NAME(mbedtls_sha256_starts)(mbedtls_sha256_context* context, int is224) {
  REQUIRE(is224 == 0);
  if (const int failed = engine.step()) return failed;
  setStarted(context, true);
  return EVP_DigestInit_ex(stateOf(context), EVP_sha256(), nullptr) - 1;
}
int ENGINE_NAME(mbedtls_sha256_update)(mbedtls_sha256_context* context, const unsigned char* data,
                                       size_t size) {
  REQUIRE(context->started);
  if (const int failed = engine.step()) return failed;
  return EVP_DigestUpdate(stateOf(context), data, size) - 1;
}
int ENGINE_NAME(mbedtls_sha256_finish)(mbedtls_sha256_context* context, unsigned char* digest) {
  REQUIRE(context->started);
  if (const int failed = engine.step()) return failed;
  setStarted(context, false);
  return EVP_DigestFinal_ex(stateOf(context), digest, nullptr) - 1;
}
}

#endif

TEST_CASE("an engine that works gives the signature that OpenSSL gives") {
  engine = {};
  {
    EngineSha256 hash;
    // By botocore.
    CHECK(signatureBy(hash) == "77f377bae715625d4b79d4c69202a24fce4a9934185f74020d41cf6dd4a86111");
  }
  CHECK(engine.contexts == 0);
  CHECK(engine.mostMessages == 1);
}

TEST_CASE("an engine with one context is enough, and each failure of it is passed on") {
  engine = {};
  EngineSha256 hash;
  REQUIRE_FALSE(signatureBy(hash).empty());
  const int calls = engine.calls;
  // Start, update and finish of every message: two for each of five HMACs, the canonical request.
  REQUIRE(calls >= 3 * (2 * 5 + 1));
  for (int failAt = 0; failAt != calls; ++failAt) {
    CAPTURE(failAt);
    engine.calls = 0;
    engine.failAt = failAt;
    CHECK(signatureBy(hash).empty());
    // It works again: nothing of the failure stays.
    CHECK_FALSE(signatureBy(hash).empty());
  }
  CHECK(engine.mostMessages == 1);
}

TEST_CASE("a call whose engine fails once ends, and is not sent") {
  using EngineStep = RotateCall<EngineSha256>::Step;
  int failAt = 0;
  for (; failAt != 1000; ++failAt) {
    CAPTURE(failAt);
    engine = {};
    engine.failAt = failAt;
    ClientState<EngineSha256> state(settingsForTests());
    const RotateTunnelAccessTokenRequest input = rotateAll();
    RotateCall<EngineSha256> call(state, input);
    REQUIRE(call.next({}) == EngineStep::NeedCredentials);
    giveCredentials(call);
    if (call.next({}) == EngineStep::Send) break;
    const auto result = call.takeResult();
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::Signing);
    CHECK(result.error().delivery == Delivery::NotSent);
    CHECK(result.error().attempts == 0);
  }
  CHECK(failAt == engine.calls);
}

TEST_CASE("a copy of the policy carries the message that was begun") {
  engine = {};
  {
    EngineSha256 hash;
    REQUIRE(hash.init());
    REQUIRE(hash.update("ab", 2));
    EngineSha256 copy(hash);
    EngineSha256 assigned;
    assigned = copy;
    unsigned char digests[3][32];
    EngineSha256* const all[] = {&hash, &copy, &assigned};
    for (int i = 0; i != 3; ++i) {
      REQUIRE(all[i]->update("c", 1));
      REQUIRE(all[i]->final(digests[i]));
      CHECK(digests[i][0] == 0xba);
      CHECK(digests[i][31] == 0xad);
    }
  }
  CHECK(engine.contexts == 0);
}
