// SPDX-License-Identifier: BSL-1.0
// The hash policy over the Mbed TLS that is installed, against known answers and OpenSSL's.
#include "secure_tunneling/adapters/mbedtls_sha256.hpp"

#include <string>
#include <utility>

#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/sigv4.hpp"
#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

template <class Hash>
std::string hexOf(Hash& hash, std::string_view data) {
  sigv4::Signature hex;
  return sigv4::hashToHex(hash, data, hex) == sigv4::Status::Ok ? std::string(hex.text())
                                                                : "failed";
}

}  // namespace

TEST_CASE("Mbed TLS: the examples of FIPS 180") {
  MbedtlsSha256 hash;
  const struct {
    std::string message;
    const char* digest;
  } cases[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.message.size());
    CHECK(hexOf(hash, row.message) == row.digest);
  }
}

TEST_CASE("Mbed TLS: messages of every length and cut, as OpenSSL hashes them") {
  MbedtlsSha256 mbedtls;
  OpensslSha256 openssl;
  std::string message;
  for (int size = 0; size != 200; ++size) {
    CAPTURE(size);
    const std::string whole = hexOf(openssl, message);
    CHECK(hexOf(mbedtls, message) == whole);
    const std::size_t cut = message.size() / 3;
    unsigned char digest[32];
    REQUIRE(mbedtls.init());
    REQUIRE(mbedtls.update(message.data(), cut));
    REQUIRE(mbedtls.update(nullptr, 0));
    REQUIRE(mbedtls.update(message.data() + cut, message.size() - cut));
    REQUIRE(mbedtls.final(digest));
    char hex[64];
    sigv4::detail::toHex(digest, sizeof digest, hex);
    CHECK(std::string(hex, sizeof hex) == whole);
    message.push_back(static_cast<char>(size * 7));
  }
}

TEST_CASE("Mbed TLS: signing keys as OpenSSL derives them") {
  MbedtlsSha256 mbedtls;
  OpensslSha256 openssl;
  const sigv4::Scope scope{"20260115", "us-east-1", "IoTSecuredTunneling"};
  for (const std::size_t size : {1U, 59U, 60U, 61U, 64U, 200U}) {
    CAPTURE(size);
    const std::string secret(size, 's');
    sigv4::SigningKey byMbedtls;
    sigv4::SigningKey byOpenssl;
    REQUIRE(sigv4::deriveSigningKey(mbedtls, secret, scope, byMbedtls) == sigv4::Status::Ok);
    REQUIRE(sigv4::deriveSigningKey(openssl, secret, scope, byOpenssl) == sigv4::Status::Ok);
    CHECK(byMbedtls.view() == byOpenssl.view());
  }
}

TEST_CASE("Mbed TLS: a message that was begun can be copied, and dropped for another") {
  MbedtlsSha256 hash;
  REQUIRE(hash.init());
  REQUIRE(hash.update("ab", 2));
  MbedtlsSha256 copy(hash);
  CHECK(hexOf(hash, "") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  MbedtlsSha256 moved = std::move(copy);
  unsigned char digest[32];
  REQUIRE(moved.update("c", 1));
  REQUIRE(moved.final(digest));
  CHECK(digest[0] == 0xba);
  CHECK(digest[31] == 0xad);
}
