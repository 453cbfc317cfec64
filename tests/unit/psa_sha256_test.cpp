// SPDX-License-Identifier: BSL-1.0
// The hash policy over the PSA Crypto API that is installed, against known answers and OpenSSL's.
#include "secure_tunneling/adapters/psa_sha256.hpp"

#include "support/hash_policy.hpp"

using namespace secure_tunneling;

TEST_CASE("PSA: the examples of FIPS 180") {
  REQUIRE(psa_crypto_init() == PSA_SUCCESS);
  checkExamples<PsaSha256>();
}

TEST_CASE("PSA: messages of every length and cut, as OpenSSL hashes them") {
  REQUIRE(psa_crypto_init() == PSA_SUCCESS);
  checkLengths<PsaSha256>();
}

TEST_CASE("PSA: signing keys as OpenSSL derives them") {
  REQUIRE(psa_crypto_init() == PSA_SUCCESS);
  checkSigningKeys<PsaSha256>();
}

TEST_CASE("PSA: a message that was begun can be copied, and dropped for another") {
  REQUIRE(psa_crypto_init() == PSA_SUCCESS);
  checkCopies<PsaSha256>();
}

TEST_CASE("PSA: a step without a message, or behind its end, fails and is no end") {
  REQUIRE(psa_crypto_init() == PSA_SUCCESS);
  PsaSha256 hash;
  unsigned char digest[32];
  CHECK_FALSE(hash.update("a", 1));
  CHECK_FALSE(hash.final(digest));
  REQUIRE(hash.init());
  REQUIRE(hash.final(digest));
  CHECK_FALSE(hash.update("a", 1));
  CHECK(hexOf(hash, "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
