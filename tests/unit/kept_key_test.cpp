// SPDX-License-Identifier: BSL-1.0
// Signatures with a key that is kept, against those with the key derived anew.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "secure_tunneling/sigv4/signer.hpp"
#include "support/catch.hpp"
#include "support/freed_memory.hpp"
#include "support/portable_sha256.hpp"
#include "support/sha256.hpp"

using namespace secure_tunneling;

namespace {

/// What the policies of a test did, and which of their steps fails.
struct Steps {
  int messages = 0;
  int copies = 0;
  std::size_t bytes = 0;
  int failAt = -1;
  int count = 0;
  bool failsToCopy = false;

  bool step() { return count++ != failAt; }
};

Steps steps;

/// SHA-256 of a message that is gathered first, so that a copy is one of the text.
class CopyingHash {
 public:
  static constexpr std::size_t digestSize = 32;
  static constexpr std::size_t blockSize = 64;
  bool init() {
    ++steps.messages;
    message_.clear();
    return steps.step();
  }
  bool update(const void* data, std::size_t size) {
    steps.bytes += size;
    message_.append(static_cast<const char*>(data), size);
    return steps.step();
  }
  bool final(unsigned char* digest) {
    TestSha256 hash;
    return steps.step() && hash.init() && hash.update(message_.data(), message_.size()) &&
           hash.final(digest);
  }
  bool copyFrom(const CopyingHash& other) {
    ++steps.copies;
    message_ = steps.failsToCopy ? "not a message" : other.message_;
    return !steps.failsToCopy && steps.step();
  }

 private:
  std::string message_;
};

/// What is signed.
class Example {
 public:
  explicit Example(std::string_view payloadHash) {
    request_.headers = &host_;
    request_.headerCount = 1;
    request_.payloadHash = payloadHash;
    request_.amzDate = "20260115T123000Z";
  }
  template <class Hash>
  std::string sign(Hash& hash, sigv4::Signer<Hash>& signer, std::string_view secret,
                   std::string_view region = "us-east-1") const {
    sigv4::Signature signature{};
    const sigv4::Status status =
        signer.sign(hash, Secret(secret), scopeIn(region), sigv4::CanonicalRequest(request_),
                    request_.amzDate, signature);
    return status == sigv4::Status::Ok ? std::string(signature.text()) : "failed";
  }
  /// By a key that is derived for this one.
  [[nodiscard]] std::string expected(std::string_view secret,
                                     std::string_view region = "us-east-1") const {
    TestSha256 hash;
    sigv4::SigningKey key;
    sigv4::Signature signature{};
    const sigv4::Scope scope = scopeIn(region);
    REQUIRE(sigv4::deriveSigningKey(hash, secret, scope, key) == sigv4::Status::Ok);
    REQUIRE(sigv4::sign(hash, key, scope, sigv4::CanonicalRequest(request_), request_.amzDate,
                        signature) == sigv4::Status::Ok);
    return std::string(signature.text());
  }

 private:
  static sigv4::Scope scopeIn(std::string_view region) { return {"20260115", region, "service"}; }

  const sigv4::Header host_{"Host", "example.com"};
  sigv4::Request request_;
};

const Example first("1111111111111111111111111111111111111111111111111111111111111111");
const Example otherExample("2222222222222222222222222222222222222222222222222222222222222222");

template <class Hash>
void checkSigner() {
  Hash hash;
  sigv4::Signer<Hash> signer;
  for (const char* const secret : {"one", "one", "another", "one"}) {
    for (const char* const region : {"us-east-1", "us-east-1", "eu-west-1"}) {
      CAPTURE(secret, region);
      CHECK(first.sign(hash, signer, secret, region) == first.expected(secret, region));
      CHECK(otherExample.sign(hash, signer, secret, region) ==
            otherExample.expected(secret, region));
    }
  }
}

}  // namespace

TEST_CASE("a kept key signs as one that is derived") {
  steps = {};
  checkSigner<CopyingHash>();
  CHECK(steps.copies > 0);
  checkSigner<TestSha256>();
}

TEST_CASE("a signature by a kept key is two blocks shorter where a hash can be copied") {
  steps = {};
  CopyingHash hash;
  sigv4::Signer<CopyingHash> signer;
  REQUIRE(first.sign(hash, signer, "secret") == first.expected("secret"));
  const auto bytesOf = [&](const char* secret) {
    steps = {};
    REQUIRE(otherExample.sign(hash, signer, secret) == otherExample.expected(secret));
    return steps.bytes;
  };
  // A key that is used once would be copied for nothing.
  CHECK(steps.copies == 0);
  const std::size_t again = bytesOf("secret");
  CHECK(steps.copies == 2);
  // The canonical request's, the string to sign and its digest; no block of the key.
  const std::size_t kept = bytesOf("secret");
  CHECK(again == kept + 2 * CopyingHash::blockSize);
  CHECK(steps.messages == 1);
  CHECK(steps.copies == 2);
  CHECK(bytesOf("secret") == kept);
  // Another key begins anew: four HMACs derive it.
  const std::size_t another = bytesOf("secreT");
  CHECK(steps.messages == 4 * 2 + 3);
  const std::size_t derivation = 4 * 2 * CopyingHash::blockSize +
                                 std::string_view("20260115us-east-1serviceaws4_request").size() +
                                 4 * CopyingHash::digestSize;
  CHECK(another - derivation == kept + 2 * CopyingHash::blockSize);
}

TEST_CASE("a hash that cannot be copied for once is given the key again") {
  CopyingHash hash;
  sigv4::Signer<CopyingHash> signer;
  for (const bool failsToCopy : {true, true, false, false, true, false}) {
    steps = {};
    steps.failsToCopy = failsToCopy;
    CHECK(first.sign(hash, signer, "secret") == first.expected("secret"));
  }
  CHECK(steps.messages == 3);  // the last copies were dropped
}

TEST_CASE("a key whose derivation failed half way is not taken for the one before") {
  CopyingHash hash;
  sigv4::Signer<CopyingHash> signer;
  int failAt = 0;
  for (bool hasFailed = true; hasFailed; ++failAt) {
    CAPTURE(failAt);
    REQUIRE(failAt != 1000);
    steps = {};
    REQUIRE(first.sign(hash, signer, "secret") == first.expected("secret"));
    steps = {};
    steps.failAt = failAt;
    const std::string another = first.sign(hash, signer, "another");
    hasFailed = steps.count > failAt;
    steps = {};
    CHECK(first.sign(hash, signer, "secret") == first.expected("secret"));
    if (!hasFailed) CHECK(another == first.expected("another"));
  }
  CHECK(failAt > 20);
}

TEST_CASE("a failure of a hash ends a signature by a kept key and leaves nothing behind") {
  CopyingHash hash;
  int failAt = 0;
  for (bool hasFailed = true; hasFailed; ++failAt) {
    CAPTURE(failAt);
    REQUIRE(failAt != 1000);
    sigv4::Signer<CopyingHash> signer;
    steps = {};
    steps.failAt = failAt;
    // A copy that fails is no failure.
    const std::string signature = first.sign(hash, signer, "secret");
    if (signature != "failed") CHECK(signature == first.expected("secret"));
    const std::string next = otherExample.sign(hash, signer, "secret");
    if (next != "failed") CHECK(next == otherExample.expected("secret"));
    hasFailed = steps.count > failAt;
    steps.failAt = -1;
    CHECK(first.sign(hash, signer, "secret") == first.expected("secret"));
    CHECK(otherExample.sign(hash, signer, "secret") == otherExample.expected("secret"));
  }
  CHECK(failAt > 50);
}

TEST_CASE("what a signer keeps of its key is wiped with it") {
  // The key's first block as SHA-256 keeps it, in the machine's order of bytes.
  struct OpenHash : PortableSha256 {
    [[nodiscard]] std::string state() const {
      return {reinterpret_cast<const char*>(state_), sizeof state_};
    }
  };
  TestSha256 plain;
  sigv4::SigningKey key;
  REQUIRE(sigv4::deriveSigningKey(plain, "secret", {"20260115", "us-east-1", "service"}, key) ==
          sigv4::Status::Ok);
  for (const char pad : {'\x36', '\x5c'}) {
    std::string block(PortableSha256::blockSize, pad);
    for (std::size_t i = 0; i != sizeof key.bytes; ++i)
      block[i] = static_cast<char>(block[i] ^ key.bytes[i]);
    OpenHash hash;
    REQUIRE(hash.init());
    REQUIRE(hash.update(block.data(), block.size()));
    const std::string state = hash.state();
    const FreedMemoryWatch watch(state);
    {
      // On the heap, which is searched.
      struct Kept {
        PortableSha256 hash;
        sigv4::Signer<PortableSha256> signer;
      };
      const auto kept = std::make_unique<Kept>();
      for (int i = 0; i != 3; ++i)
        CHECK(first.sign(kept->hash, kept->signer, "secret") == first.expected("secret"));
      const std::string_view all(reinterpret_cast<const char*>(kept.get()), sizeof(Kept));
      CHECK(all.find(state) != std::string_view::npos);
    }
    CHECK(watch.leaks() == 0);
  }
}
