// SPDX-License-Identifier: BSL-1.0
// The hash policy over the OpenSSL that is installed, against known answers.
#include "secure_tunneling/adapters/openssl_sha256.hpp"

#include "support/hash_policy.hpp"

using namespace secure_tunneling;

TEST_CASE("OpenSSL: the examples of FIPS 180") {
  checkExamples<OpensslSha256>();
}

TEST_CASE("OpenSSL: a message that was begun is taken over, and goes on by itself") {
  OpensslSha256 hash;
  OpensslSha256 other;
  // From no message there is nothing to take; both can be used all the same.
  CHECK_FALSE(other.copyFrom(hash));
  for (const char* const begun : {"ab", "xy", "ab"}) {
    REQUIRE(hash.init());
    REQUIRE(hash.update(begun, 2));
    REQUIRE(other.copyFrom(hash));
  }
  unsigned char digest[32];
  REQUIRE(hash.update("x", 1));
  REQUIRE(hash.final(digest));
  CHECK(digest[0] != 0xba);
  REQUIRE(other.update("c", 1));
  REQUIRE(other.final(digest));
  CHECK(digest[0] == 0xba);
  CHECK(digest[31] == 0xad);
  CHECK(hexOf(other, "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
