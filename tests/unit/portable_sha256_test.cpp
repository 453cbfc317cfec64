// SPDX-License-Identifier: BSL-1.0
// The tests' own hash. Expected values are those of FIPS 180-4's examples and, where the adapters
// are built, OpenSSL's.
#include "support/portable_sha256.hpp"

#include <string>

#include "secure_tunneling/sigv4/signer.hpp"
#include "support/catch.hpp"
#include "support/sha256.hpp"

using namespace secure_tunneling;

namespace {

template <class Hash>
std::string digestOf(Hash& hash, std::string_view data) {
  sigv4::Signature hex;
  return sigv4::hashToHex(hash, data, hex) == sigv4::Status::Ok ? std::string(hex.text()) : "";
}

/// The same, in pieces of `size` bytes.
std::string digestInPieces(std::string_view data, std::size_t size) {
  PortableSha256 hash;
  unsigned char digest[PortableSha256::digestSize];
  REQUIRE(hash.init());
  for (; !data.empty(); data.remove_prefix(size < data.size() ? size : data.size()))
    REQUIRE(hash.update(data.data(), size < data.size() ? size : data.size()));
  REQUIRE(hash.final(digest));
  std::string hex(2 * sizeof digest, ' ');
  sigv4::detail::toHex(digest, sizeof digest, &hex[0]);
  return hex;
}

}  // namespace

TEST_CASE("SHA-256 gives the digests of FIPS 180-4's examples") {
  PortableSha256 hash;
  CHECK(digestOf(hash, "") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digestOf(hash, "abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digestOf(hash, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(digestOf(hash,
                 "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
                 "klmnopqrlmnopqrsmnopqrstnopqrstu") ==
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  CHECK(digestOf(hash, std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 around the end of a block, whole and in pieces") {
  TestSha256 other;
  PortableSha256 hash;
  std::string data;
  for (int length = 0; length != 260; ++length) {
    CAPTURE(length);
    const std::string expected = digestOf(other, data);
    CHECK(digestOf(hash, data) == expected);
    for (const std::size_t piece : {1U, 7U, 63U, 64U, 65U})
      CHECK(digestInPieces(data, piece) == expected);
    data.push_back(static_cast<char>(length * 7));
  }
}
