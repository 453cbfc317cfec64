// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/sigv4/signer.hpp"
#include "support/catch.hpp"

// What every hash policy has to do, against known answers and OpenSSL's.

template <class Hash>
std::string hexOf(Hash& hash, std::string_view data) {
  namespace sigv4 = secure_tunneling::sigv4;
  sigv4::Signature hex;
  return sigv4::hashToHex(hash, data, hex) == sigv4::Status::Ok ? std::string(hex.text())
                                                                : "failed";
}

/// The examples of FIPS 180.
template <class Hash>
void checkExamples() {
  Hash hash;
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

/// Messages of every length and cut.
template <class Hash>
void checkLengths() {
  Hash hash;
  secure_tunneling::OpensslSha256 openssl;
  std::string message;
  for (int size = 0; size != 200; ++size) {
    CAPTURE(size);
    const std::string whole = hexOf(openssl, message);
    CHECK(hexOf(hash, message) == whole);
    const std::size_t cut = message.size() / 3;
    unsigned char digest[32];
    REQUIRE(hash.init());
    REQUIRE(hash.update(message.data(), cut));
    REQUIRE(hash.update(nullptr, 0));
    REQUIRE(hash.update(message.data() + cut, message.size() - cut));
    REQUIRE(hash.final(digest));
    char hex[64];
    secure_tunneling::sigv4::detail::toHex(digest, sizeof digest, hex);
    CHECK(std::string(hex, sizeof hex) == whole);
    message.push_back(static_cast<char>(size * 7));
  }
}

template <class Hash>
void checkSigningKeys() {
  namespace sigv4 = secure_tunneling::sigv4;
  Hash hash;
  secure_tunneling::OpensslSha256 openssl;
  const sigv4::Scope scope{"20260115", "us-east-1", "IoTSecuredTunneling"};
  for (const std::size_t size : {1U, 59U, 60U, 61U, 64U, 200U}) {
    CAPTURE(size);
    const std::string secret(size, 's');
    sigv4::SigningKey byHash;
    sigv4::SigningKey byOpenssl;
    REQUIRE(sigv4::deriveSigningKey(hash, secret, scope, byHash) == sigv4::Status::Ok);
    REQUIRE(sigv4::deriveSigningKey(openssl, secret, scope, byOpenssl) == sigv4::Status::Ok);
    CHECK(byHash.view() == byOpenssl.view());
  }
}

/// A message that was begun can be copied, and dropped for another.
template <class Hash>
void checkCopies() {
  Hash hash;
  REQUIRE(hash.init());
  REQUIRE(hash.update("ab", 2));
  Hash copy(hash);
  Hash assigned;
  REQUIRE(assigned.init());
  assigned = copy;
  const Hash& itself = assigned;
  assigned = itself;
  CHECK(hexOf(hash, "") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Hash moved = std::move(copy);
  for (Hash* const each : {&moved, &assigned}) {
    unsigned char digest[32];
    REQUIRE(each->update("c", 1));
    REQUIRE(each->final(digest));
    CHECK(digest[0] == 0xba);
    CHECK(digest[31] == 0xad);
  }
  // Of one without a message too.
  Hash copied(moved);
  CHECK(hexOf(copied, "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
