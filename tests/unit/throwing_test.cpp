// SPDX-License-Identifier: BSL-1.0
#if defined(__cpp_exceptions)
#include "secure_tunneling/throwing.hpp"

#include <memory>
#include <string>
#include <utility>

#include "support/catch.hpp"

using namespace secure_tunneling;

TEST_CASE("valueOrThrow gives the value of a result, or throws its error") {
  CHECK(*valueOrThrow(Result<std::unique_ptr<int>>(std::make_unique<int>(7))) == 7);
  CHECK_NOTHROW(valueOrThrow(Result<void>()));
  CHECK_THROWS_AS(valueOrThrow(Result<void>(makeError(ErrorKind::Service, "gone"))),
                  ErrorException);

  Error error = makeError(ErrorKind::Service, "gone");
  error.code = "ResourceNotFoundException";
  error.attempts = 2;
  std::string what;
  try {
    static_cast<void>(valueOrThrow(Result<std::string>(std::move(error))));
  } catch (const ErrorException& exception) {
    what = exception.what();
    CHECK(exception.error().kind == ErrorKind::Service);
    CHECK(exception.error().attempts == 2);
  }
  CHECK(what == "ResourceNotFoundException: gone");
  CHECK(std::string(ErrorException(makeError(ErrorKind::Transport, "lost")).what()) == "lost");
}

TEST_CASE("valueOrThrow leaves a result that is kept as it is") {
  Result<std::unique_ptr<int>> kept(std::make_unique<int>(7));
  CHECK(&valueOrThrow(kept) == &*kept);
  CHECK(*valueOrThrow(kept) == 7);
  CHECK(*valueOrThrow(std::move(kept)) == 7);

  const Result<std::string> failed = makeError(ErrorKind::Service, "gone");
  CHECK_THROWS_AS(valueOrThrow(failed), ErrorException);
  CHECK(failed.error().message == "gone");

  const Result<void> nothing = makeError(ErrorKind::Service, "gone");
  CHECK_THROWS_AS(valueOrThrow(nothing), ErrorException);
  CHECK(nothing.error().message == "gone");
}
#endif
