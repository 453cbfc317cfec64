// SPDX-License-Identifier: BSL-1.0
// The hash policy over the Mbed TLS that is installed, against known answers and OpenSSL's.
#include "secure_tunneling/adapters/mbedtls_sha256.hpp"

#include "support/hash_policy.hpp"

using namespace secure_tunneling;

TEST_CASE("Mbed TLS: the examples of FIPS 180") {
  checkExamples<MbedtlsSha256>();
}

TEST_CASE("Mbed TLS: messages of every length and cut, as OpenSSL hashes them") {
  checkLengths<MbedtlsSha256>();
}

TEST_CASE("Mbed TLS: signing keys as OpenSSL derives them") {
  checkSigningKeys<MbedtlsSha256>();
}

TEST_CASE("Mbed TLS: a message that was begun can be copied, and dropped for another") {
  checkCopies<MbedtlsSha256>();
}
