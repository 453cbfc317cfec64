// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/secret.hpp"

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"
#include "support/freed_memory.hpp"

using secure_tunneling::Secret;

namespace {

constexpr const char* canary = "canary-0123456789-canary";

static_assert(!std::is_copy_constructible<Secret>::value, "copies must be visible");
static_assert(!std::is_copy_assignable<Secret>::value, "copies must be visible");
static_assert(std::is_nothrow_move_constructible<Secret>::value, "");
static_assert(std::is_nothrow_move_assignable<Secret>::value, "");

}  // namespace

TEST_CASE("the watch on freed memory finds what is not wiped") {
  const FreedMemoryWatch watch(canary);
  { const std::string text = std::string("a long text before the ") + canary; }
  CHECK(watch.leaks() > 0);
}

TEST_CASE("a secret is wiped wherever its memory is given back") {
  const FreedMemoryWatch watch(canary);
  SECTION("destruction") {
    const Secret secret(canary);
  }
  SECTION("growth") {
    Secret secret(canary);
    for (int i = 0; i != 200; ++i)
      secret.append("more");
    CHECK(secret.size() == std::string_view(canary).size() + 800);
    CHECK(secret.expose().substr(0, 24) == canary);
  }
  SECTION("reserve") {
    Secret secret(canary);
    secret.reserve(1000);
    CHECK(secret.expose() == canary);
  }
  SECTION("a longer text in its place") {
    Secret secret(canary);
    secret.assign(std::string(500, 'x'));
  }
  SECTION("move assignment") {
    Secret secret(canary);
    secret = Secret("other");
    CHECK(secret.expose() == "other");
  }
  SECTION("copy") {
    const Secret secret(canary);
    const Secret copy = secret.copy();
  }
  CHECK(watch.leaks() == 0);
}

TEST_CASE("a secret wipes characters that it no longer has") {
  Secret secret(canary);
  const char* const data = secret.expose().data();
  const std::size_t capacity = secret.capacity();
  secret.clear();
  CHECK(secret.empty());
  CHECK(secret.capacity() == capacity);
  CHECK(std::string(data, 24) == std::string(24, '\0'));

  secret.assign(canary);
  secret.assign("ab");
  CHECK(secret.expose().data() == data);
  CHECK(secret.expose() == "ab");
  CHECK(std::string(data + 2, 22) == std::string(22, '\0'));
}

TEST_CASE("a NUL follows the last character of a secret") {
  Secret secret;
  secret.append("a");
  CHECK(secret.expose().data()[1] == '\0');
  secret.append("bc");
  CHECK(secret.expose().data()[3] == '\0');
  secret.reserve(100);
  CHECK(secret.expose().data()[3] == '\0');
  secret.assign("x");
  CHECK(secret.expose().data()[1] == '\0');
  Secret reserved;
  reserved.reserve(8);
  REQUIRE(reserved.data() != nullptr);
  CHECK(reserved.data()[0] == '\0');
  CHECK(reserved.empty());
}

TEST_CASE("a secret without characters") {
  Secret secret;
  CHECK(secret.empty());
  CHECK(secret.size() == 0);
  CHECK(secret.capacity() == 0);
  CHECK(secret.data() == nullptr);
  CHECK(secret.expose().empty());
  secret.append({});
  secret.assign({});
  secret.clear();
  CHECK(secret.data() == nullptr);
  CHECK(secret == Secret(""));
  CHECK(secret.copy().empty());
}

TEST_CASE("a secret may hold any bytes") {
  const std::string bytes("\0\x01\xff\n", 4);
  const Secret secret(bytes);
  CHECK(secret.expose() == bytes);
  CHECK(secret.size() == 4);
}

TEST_CASE("appending up to the reserved capacity does not move a secret") {
  Secret secret;
  secret.reserve(64);
  const char* const data = secret.data();
  for (int i = 0; i != 64; ++i)
    secret.append("x");
  CHECK(secret.data() == data);
  CHECK(secret.capacity() == 64);
  secret.reserve(10);
  CHECK(secret.data() == data);
  // What does not fit any more makes room for as much again.
  secret.append("x");
  CHECK(secret.capacity() == 128);
  REQUIRE(secret.tryReserve(100));
  CHECK(secret.capacity() == 128);
  REQUIRE(secret.tryReserve(129));
  CHECK(secret.capacity() == 256);
}

TEST_CASE("a moved secret leaves an empty one behind") {
  Secret from(canary);
  Secret to(std::move(from));
  CHECK(to.expose() == canary);
  CHECK(from.empty());  // NOLINT(bugprone-use-after-move)
  CHECK(from.capacity() == 0);
  from = std::move(to);
  CHECK(from.expose() == canary);
  CHECK(to.empty());  // NOLINT(bugprone-use-after-move)
  Secret& same = from;
  from = std::move(same);
  CHECK(from.expose() == canary);
  // The empty one has no room either, but for new characters.
  to.append("new");
  CHECK(to.expose() == "new");
}

TEST_CASE("a copy of a secret is its own") {
  Secret secret(canary);
  const Secret copy = secret.copy();
  secret.assign("other");
  CHECK(copy.expose() == canary);
}

TEST_CASE("secrets compare by their characters") {
  const Secret secret("abc");
  CHECK(secret == Secret("abc"));
  CHECK_FALSE(secret != Secret("abc"));
  for (const char* const other : {"", "ab", "abd", "bbc", "abcd", "ABC"}) {
    CAPTURE(other);
    CHECK(secret != Secret(other));
    CHECK_FALSE(secret.equals(other));
  }
  CHECK(secret.equals("abc"));
  CHECK(Secret().equals(""));
}

TEST_CASE("room that cannot be had is refused, and the text kept") {
  for (const std::size_t most : {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 1}) {
    Secret empty;
    Secret secret(canary);
    CHECK_FALSE(empty.tryReserve(most));
    CHECK_FALSE(secret.tryReserve(most));
    CHECK(empty.capacity() == 0);
    CHECK(secret.expose() == canary);
    REQUIRE(secret.tryReserve(100));
    CHECK(secret.capacity() >= 100);
    CHECK(secret.expose() == canary);
  }
}
