// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/result.hpp"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"

using namespace secure_tunneling;

namespace {

static_assert(!std::is_copy_constructible<Result<int>>::value, "");
static_assert(!std::is_default_constructible<Result<int>>::value, "");
static_assert(std::is_nothrow_move_constructible<Result<std::string>>::value, "");
static_assert(!std::is_convertible<Result<int>, bool>::value, "only in a condition");
// What may be a success is no value of another type; a failure is one of any type.
static_assert(!std::is_convertible<Result<void>, Result<int>>::value, "there would be no value");
static_assert(std::is_convertible<secure_tunneling::Failure, Result<int>>::value, "a failure");
static_assert(std::is_convertible<secure_tunneling::Failure, Result<void>>::value, "a failure");
static_assert(std::is_convertible<Result<void>, Result<Result<void>>>::value, "a value");

/// Counts how many of it are alive.
class Counted {
 public:
  explicit Counted(int& alive) : alive_(&alive) { ++*alive_; }
  Counted(Counted&& other) noexcept : alive_(other.alive_) { ++*alive_; }
  Counted& operator=(Counted&&) = delete;
  ~Counted() { --*alive_; }

 private:
  int* alive_;
};

Result<std::unique_ptr<int>> half(int number) {
  if (number % 2 != 0) return makeError(ErrorKind::InvalidArgument, "odd");
  return std::make_unique<int>(number / 2);
}

}  // namespace

TEST_CASE("a result holds a value or an error") {
  Result<std::unique_ptr<int>> good = half(8);
  REQUIRE(good);
  CHECK(good.hasValue());
  CHECK(**good == 4);
  const std::unique_ptr<int> taken = *std::move(good);
  CHECK(*taken == 4);

  const Result<std::unique_ptr<int>> bad = half(7);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().kind == ErrorKind::InvalidArgument);
  CHECK(bad.error().message == "odd");
}

TEST_CASE("a result can be moved and assigned whatever it holds") {
  Result<std::string> value = std::string("value");
  Result<std::string> error = makeError(ErrorKind::Transport, "error");
  Result<std::string> moved = std::move(value);
  REQUIRE(moved);
  CHECK(*moved == "value");
  CHECK(moved->size() == 5);

  moved = std::move(error);
  REQUIRE_FALSE(moved);
  CHECK(moved.error().message == "error");
  moved = Result<std::string>(std::string("again"));
  REQUIRE(moved);
  CHECK(*moved == "again");
  Result<std::string>& same = moved;
  moved = std::move(same);
  CHECK(*moved == "again");
}

TEST_CASE("a result destroys what it holds, once") {
  int alive = 0;
  {
    Result<Counted> first{Counted(alive)};
    CHECK(alive == 1);
    Result<Counted> second(std::move(first));
    CHECK(alive == 2);
    second = Result<Counted>(makeError(ErrorKind::Service, ""));
    CHECK(alive == 1);
    second = Result<Counted>(Counted(alive));
    CHECK(alive == 2);
  }
  CHECK(alive == 0);
}

TEST_CASE("a result of nothing is success or an error") {
  Result<void> result;
  CHECK(result);
  result = makeError(ErrorKind::Credentials, "none");
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::Credentials);
  const Error error = std::move(result).error();
  CHECK(error.message == "none");
}

TEST_CASE("a form is filled in by its values, in their order, each of them as it is") {
  CHECK(detail::filled("nothing to fill in", {}) == "nothing to fill in");
  CHECK(detail::filled("{}{}, line {}: {x}", {"~", "/.aws/config", "7"}) ==
        "~/.aws/config, line 7: {x}");
  CHECK(detail::filled("{} and {}", {"{}", "{"}) == "{} and {");
  CHECK(detail::filled("{}", {""}).empty());

  const std::string_view binary("a\0b", 3);
  std::string text = "what was there";
  detail::assignForm(text, R"({"name":{},"list":[{}]})", {binary, "1"});
  CHECK(text == std::string(R"({"name":a)") + '\0' + R"(b,"list":[1]})");
}

TEST_CASE("what failed with an error of nothing fails as a result of any type") {
  const auto failed = []() -> Result<std::string> {
    return detail::filledFailure(ErrorKind::Configuration, "region {} is none", {std::string("x")});
  };
  const Result<std::string> result = failed();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::Configuration);
  CHECK(result.error().message == "region x is none");
  CHECK(result.error().delivery == Delivery::NotSent);

  int alive = 0;
  Result<Counted> counted{Counted(alive)};
  counted = detail::failure(ErrorKind::Transport, "no ", "route");
  CHECK(alive == 0);
  CHECK(counted.error().message == "no route");
}

TEST_CASE("an error begins as one from before anything was sent") {
  const Error error = makeError(ErrorKind::Configuration, "why");
  CHECK(error.kind == ErrorKind::Configuration);
  CHECK(error.message == "why");
  CHECK(error.delivery == Delivery::NotSent);
  CHECK(error.httpStatus == 0);
  CHECK(error.attempts == 0);
  CHECK(error.transportCode == 0);
  CHECK_FALSE(error.retryAfterMs);
  CHECK(error.code.empty());
  CHECK(error.requestId.empty());
}

TEST_CASE("an error is made of one text, or of pieces of any type") {
  const std::string text = "why";
  for (const Error& error :
       {makeError(ErrorKind::Configuration, "source: why"),
        makeError(ErrorKind::Configuration, {"source", ": ", text}),
        makeError(ErrorKind::Configuration, {std::string_view("source: "), text}),
        makeError(ErrorKind::Configuration, {std::string("source: why")})}) {
    CHECK(error.kind == ErrorKind::Configuration);
    CHECK(error.delivery == Delivery::NotSent);
    CHECK(error.message == "source: why");
  }
}

TEST_CASE("text for messages is visible, on one line and of a bounded size") {
  CHECK(detail::concat({}).empty());
  CHECK(detail::concat({"a", "", "bc"}) == "abc");
  CHECK(detail::Decimal(0).text() == "0");
  CHECK(detail::Decimal(1234567890).text() == "1234567890");
  CHECK(detail::Decimal(UINT64_MAX).text() == "18446744073709551615");
  using namespace std::string_literals;
  const struct {
    std::string text;
    std::string shown;
  } cases[] = {
      {"plain, \"marked\" and \\ ~", "plain, \"marked\" and \\ ~"},
      {"\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80 \xc2\xa0",
       "\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80 \xc2\xa0"},
      {"\0\t\r\n\x1b\x7f"s, R"(\x00\x09\x0d\x0a\x1b\x7f)"},
      {"\xc2\x80\xc2\x85\xc2\x9b\xc2\x9f", R"(\xc2\x80\xc2\x85\xc2\x9b\xc2\x9f)"},
      {"\x80\x85\x9b\xff", R"(\x80\x85\x9b\xff)"},
      {"\xe2\x80\xaa.\xe2\x80\xae", R"(\xe2\x80\xaa.\xe2\x80\xae)"},
      {"\xe2\x81\xa6.\xe2\x81\xa9", R"(\xe2\x81\xa6.\xe2\x81\xa9)"},
      {"\xe2\x80\x8e.\xe2\x80\x8f.\xd8\x9c", R"(\xe2\x80\x8e.\xe2\x80\x8f.\xd8\x9c)"},
      {"\xe2\x80\xa8.\xe2\x80\xa9", R"(\xe2\x80\xa8.\xe2\x80\xa9)"},
      {"\xe2\x80\x99 \xe2\x80\xaf", "\xe2\x80\x99 \xe2\x80\xaf"},
      {"cut \xe2\x80", R"(cut \xe2\x80)"},
      {"too long \xc0\x8a", R"(too long \xc0\x8a)"},
  };
  for (const auto& row : cases) {
    std::string visible = row.text;
    detail::makeVisible(visible);
    CHECK(visible == row.shown);
  }
  std::string lines = "a\r\nb\x85";
  detail::makeVisible(lines, true);
  CHECK(lines == "a\\x0d\\x0a\nb\\x85");

  CHECK(detail::quoted("") == "\"\"");
  CHECK(detail::quoted("plain text") == "\"plain text\"");
  CHECK(detail::quoted("a\nb\x1b[31m\xc3\xbc\x7f") == "\"a\\x0ab\\x1b[31m\xc3\xbc\\x7f\"");
  CHECK(detail::quoted(std::string(80, 'x')) == '"' + std::string(80, 'x') + '"');
  CHECK(detail::quoted(std::string(81, 'x')) == '"' + std::string(80, 'x') + "...\"");
}

TEST_CASE("a result copies a value or an error that is not to change") {
  const std::string value = "value";
  const Error error = makeError(ErrorKind::Service, "a message");
  CHECK(*Result<std::string>(value) == "value");
  CHECK(Result<std::string>(error).error().message == "a message");
  CHECK(Result<void>(error).error().kind == ErrorKind::Service);
  CHECK(value == "value");
  CHECK(error.message == "a message");
}

TEST_CASE("kinds and deliveries have their names, and no kind is 0") {
#define CHECK_NAME(type, name) CHECK(toString(type::name) == #name)
  CHECK_NAME(ErrorKind, InvalidArgument);
  CHECK_NAME(ErrorKind, Configuration);
  CHECK_NAME(ErrorKind, Credentials);
  CHECK_NAME(ErrorKind, NoCredentials);
  CHECK_NAME(ErrorKind, Signing);
  CHECK_NAME(ErrorKind, Transport);
  CHECK_NAME(ErrorKind, Untrusted);
  CHECK_NAME(ErrorKind, Service);
  CHECK_NAME(ErrorKind, InvalidResponse);
  CHECK_NAME(ErrorKind, Cancelled);
  CHECK_NAME(ErrorKind, DeadlineExceeded);
  CHECK_NAME(Delivery, NotSent);
  CHECK_NAME(Delivery, Unknown);
  CHECK_NAME(Delivery, Answered);
#undef CHECK_NAME
  CHECK(toString(ErrorKind{}) == "?");
  CHECK(toString(static_cast<ErrorKind>(12)) == "?");
  CHECK(toString(static_cast<ErrorKind>(255)) == "?");
  CHECK(toString(Delivery{}) == "NotSent");
  CHECK(toString(static_cast<Delivery>(3)) == "?");
  CHECK(toString(static_cast<Delivery>(255)) == "?");
}
