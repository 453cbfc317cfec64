// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_RESULT_HPP
#define SECURE_TUNNELING_RESULT_HPP

/// @file
/// A value or an error, without exceptions.

#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/owned.hpp"
#include "secure_tunneling/detail/text.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// What failed. Each enumerator names who returns it.
enum class ErrorKind : unsigned char {
  InvalidArgument = 1,  ///< a member of the request; found by `RotateCall` before anything is sent
  Configuration,        ///< a setting, the environment or a shared file; nothing was sent
  Credentials,          ///< a `CredentialsProvider` failed, or had unusable ones; nothing was sent
  NoCredentials,    ///< a `CredentialsProvider` is not set up: a chain asks the next; nothing was
                    ///< sent
  Signing,          ///< the hash policy reported a failure; nothing was sent
  Transport,        ///< an `HttpTransport` got no complete HTTP answer; retried
  Untrusted,        ///< an `HttpTransport` could not authenticate the server; never retried
  Service,          ///< the service answered with an error
  InvalidResponse,  ///< the service's answer cannot be understood; the tokens may have been rotated
  Cancelled,        ///< the program ended the call, by `CallLimits::cancelled` or `cancel()`
  DeadlineExceeded,  ///< the call's time was over, or too short for another attempt
};

/// How far the request of a call got. It is `Unknown` if that of any attempt was: then the old
/// tokens may be revoked already, and asking again is the only way to usable ones.
enum class Delivery : unsigned char {
  NotSent,   ///< the request certainly did not reach the service
  Unknown,   ///< it may have
  Answered,  ///< the service answered
};

/// The enumerator's name, for a log; "?" for a number that is none. The text is a literal.
[[nodiscard]] constexpr std::string_view toString(ErrorKind kind) noexcept {
  // No switch: programs may have -Wswitch-default on, or -Wcovered-switch-default.
  constexpr std::string_view names[] = {
      "?",         "InvalidArgument",  "Configuration", "Credentials", "NoCredentials",
      "Signing",   "Transport",        "Untrusted",     "Service",     "InvalidResponse",
      "Cancelled", "DeadlineExceeded",
  };
  const auto number = static_cast<unsigned char>(kind);
  return names[number < sizeof names / sizeof *names ? number : 0];
}
/// The enumerator's name, for a log; "?" for a number that is none. The text is a literal.
[[nodiscard]] constexpr std::string_view toString(Delivery delivery) noexcept {
  constexpr std::string_view names[] = {"NotSent", "Unknown", "Answered", "?"};
  const auto number = static_cast<unsigned char>(delivery);
  return names[number < sizeof names / sizeof *names ? number : 3];
}

/// Everything known about a failure. Holds no secret: what a service or a proxy echoes of the
/// request's, or shows of new tokens, is masked before it gets here, and what would steer a
/// terminal is written as `\xHH`, byte by byte.
struct Error {
  // Out of line, for size: an error is made, moved and destroyed in many places and never in a
  // hurry.
  /// Of kind `InvalidArgument`, with nothing sent and no message.
  SECURE_TUNNELING_NOINLINE Error() noexcept = default;
  /// Copying allocates for the texts; moving does not.
  /// @{
  SECURE_TUNNELING_NOINLINE Error(const Error&) = default;
  SECURE_TUNNELING_NOINLINE Error(Error&&) noexcept = default;
  SECURE_TUNNELING_NOINLINE Error& operator=(const Error&) = default;
  SECURE_TUNNELING_NOINLINE Error& operator=(Error&&) noexcept = default;
  /// @}
  SECURE_TUNNELING_NOINLINE ~Error() = default;

  /// What failed.
  ErrorKind kind = ErrorKind::InvalidArgument;
  /// Whether the service may have got a request, and so revoked the old tokens.
  Delivery delivery = Delivery::NotSent;
  /// HTTP status of the last answer, 0 without one.
  int httpStatus = 0;
  /// Attempts made, the first included, those without a connection too; 0 where none was begun.
  int attempts = 0;
  /// The transport's own code (a CURLcode from `CurlTransport`), 0 without one.
  int transportCode = 0;
  /// Milliseconds the service asked to wait before another attempt, where it said so.
  std::optional<std::int64_t> retryAfterMs;
  /// The service's error code, verbatim but for the awsJson rules (`ns#Code:uri` becomes `Code`).
  std::string code;
  /// For a person: one line that says which value, what was expected, where it came from; of the
  /// service's or a proxy's words up to 2048 bytes. Only where a page is quoted there are line
  /// feeds, each behind its `\x0a`.
  std::string message;
  /// The service's `x-amzn-RequestId`, for a support case.
  std::string requestId;
};

/// An `Error` of `kind` with everything else as it is before a request is sent.
[[nodiscard]] SECURE_TUNNELING_NOINLINE inline Error makeError(ErrorKind kind,
                                                               std::string_view message) {
  Error error;
  error.kind = kind;
  error.message = message;
  return error;
}

/// An `Error` of `kind` with a message that is put together from `pieces`: in place, for an echo in
/// one of them has to stay within reach of those who mask it.
[[nodiscard]] SECURE_TUNNELING_NOINLINE inline Error makeError(
    ErrorKind kind, std::initializer_list<std::string_view> pieces) {
  Error error;
  error.kind = kind;
  detail::assignPieces(error.message, pieces);
  return error;
}

template <class T>
class Result;
class Failure;

namespace detail {

/// Errors are rare and large: what may hold one is small, and quick to move.
using ErrorBox = Owned<Error>;

[[nodiscard]] SECURE_TUNNELING_NOINLINE inline ErrorBox boxed(Error&& error) {
  return ErrorBox(new Error(std::move(error)));
}

/// Whether it is the limits of a call that ended it, which says nothing about whom it asked.
constexpr bool isOfLimits(ErrorKind kind) noexcept {
  return kind == ErrorKind::Cancelled || kind == ErrorKind::DeadlineExceeded;
}

struct InPlace {};

/// The error of a result, as it lies on the heap; empty on success.
inline ErrorBox&& takeError(Result<void>&& result) noexcept;
/// Makes a result an error, in place of its value.
template <class T>
void fail(Result<T>& result, ErrorBox&& error) noexcept;

}  // namespace detail

/// A value or an `Error`: the part of `std::expected` that works without exceptions. Move-only.
/// `operator*`, `operator->` and `error()` need the matching state (asserted in debug builds);
/// `throwing.hpp` has a function that throws instead.
template <class T>
class [[nodiscard]] Result {
 public:
  // Implicit on purpose, as in std::expected: a function returns its value or its error by name.
  /// A result from its value or its error. What is const is copied, all else is moved; an error is
  /// kept on the heap, by `operator new`.
  /// @{
  Result(T&& value) : value_(std::move(value)), hasValue_(true) {}  // NOLINT(*-explicit-*)
  Result(const T& value) : value_(value), hasValue_(true) {}        // NOLINT(*-explicit-*)
  Result(Error&& error)                                             // NOLINT(*-explicit-*)
      : error_(detail::boxed(std::move(error))), hasValue_(false) {}
  Result(const Error& error) : Result(Error(error)) {}  // NOLINT(*-explicit-*)
  Result(Failure&& failure) noexcept;                   // NOLINT(*-explicit-*)
  /// @}
  // For the library itself, as their types are: a boxed error, and a value to be filled in place.
  /// @cond
  explicit Result(detail::ErrorBox&& error) noexcept : error_(std::move(error)), hasValue_(false) {}
  explicit Result(detail::InPlace) : value_(), hasValue_(true) {}
  /// @endcond
  /// Takes the value or the error; `other` keeps one that is moved from, and is destroyed or
  /// assigned to next.
  /// @{
  Result(Result&& other) noexcept : hasValue_(other.hasValue_) { take(other); }
  Result& operator=(Result&& other) noexcept {
    if (this != &other) {
      destroy();
      hasValue_ = other.hasValue_;
      take(other);
    }
    return *this;
  }
  /// @}
  ~Result() { destroy(); }

  /// Whether there is a value, and no error.
  /// @{
  [[nodiscard]] bool hasValue() const noexcept { return hasValue_; }
  explicit operator bool() const noexcept { return hasValue_; }
  /// @}

  /// The value, which has to be there: asserted, and undefined where assertions are off. What is
  /// returned lives as long as the result.
  /// @{
  T& operator*() & noexcept SECURE_TUNNELING_LIFETIMEBOUND { return assert(hasValue_), value_; }
  const T& operator*() const& noexcept SECURE_TUNNELING_LIFETIMEBOUND {
    return assert(hasValue_), value_;
  }
  T&& operator*() && noexcept SECURE_TUNNELING_LIFETIMEBOUND {
    return assert(hasValue_), std::move(value_);
  }
  T* operator->() noexcept SECURE_TUNNELING_LIFETIMEBOUND { return assert(hasValue_), &value_; }
  const T* operator->() const noexcept SECURE_TUNNELING_LIFETIMEBOUND {
    return assert(hasValue_), &value_;
  }
  /// @}

  /// The error, which has to be there: asserted, and undefined where assertions are off. What is
  /// returned lives as long as the result.
  /// @{
  Error& error() & noexcept SECURE_TUNNELING_LIFETIMEBOUND { return assert(!hasValue_), *error_; }
  const Error& error() const& noexcept SECURE_TUNNELING_LIFETIMEBOUND {
    return assert(!hasValue_), *error_;
  }
  Error&& error() && noexcept SECURE_TUNNELING_LIFETIMEBOUND {
    return assert(!hasValue_), std::move(*error_);
  }
  /// @}

 private:
  template <class U>
  friend void detail::fail(Result<U>& result, detail::ErrorBox&& error) noexcept;

  SECURE_TUNNELING_NOINLINE void take(Result& other) noexcept {
    if (hasValue_) {
      ::new (static_cast<void*>(&value_)) T(std::move(other.value_));
    } else {
      ::new (static_cast<void*>(&error_)) detail::ErrorBox(std::move(other.error_));
    }
  }
  SECURE_TUNNELING_NOINLINE void destroy() noexcept {
    if (hasValue_) {
      value_.~T();
    } else {
      error_.~Owned();
    }
  }

  union {
    T value_;
    detail::ErrorBox error_;
  };
  bool hasValue_;
};

/// Success, or an `Error`.
template <>
class [[nodiscard]] Result<void> {
 public:
  /// Success; allocates nothing.
  Result() noexcept = default;
  /// Failure; the error is kept on the heap, by `operator new`.
  /// @{
  Result(Error&& error) : error_(detail::boxed(std::move(error))) {}  // NOLINT(*-explicit-*)
  Result(const Error& error) : Result(Error(error)) {}                // NOLINT(*-explicit-*)
  /// @}
  /// @cond
  // For the library itself, as its type is.
  explicit Result(detail::ErrorBox&& error) noexcept : error_(std::move(error)) {}
  /// @endcond

  /// Whether it is a success.
  /// @{
  [[nodiscard]] bool hasValue() const noexcept { return error_.empty(); }
  explicit operator bool() const noexcept { return hasValue(); }
  /// @}

  /// The error, which has to be there: undefined for a success. What is returned lives as long as
  /// the result.
  /// @{
  Error& error() & noexcept SECURE_TUNNELING_LIFETIMEBOUND { return *error_; }
  const Error& error() const& noexcept SECURE_TUNNELING_LIFETIMEBOUND { return *error_; }
  Error&& error() && noexcept SECURE_TUNNELING_LIFETIMEBOUND { return std::move(*error_); }
  /// @}

 private:
  friend detail::ErrorBox&& detail::takeError(Result<void>&& result) noexcept;

  detail::ErrorBox error_;
};

/// A failed result that becomes one of any type: from functions that do not know what their caller
/// gives on success.
class [[nodiscard]] Failure : public Result<void> {
 public:
  /// Takes the error, which is kept on the heap, by `operator new`.
  Failure(Error&& error) : Result<void>(std::move(error)) {}  // NOLINT(*-explicit-*)
  /// @cond
  explicit Failure(detail::ErrorBox&& error) noexcept : Result<void>(std::move(error)) {}
  /// @endcond
};

template <class T>
Result<T>::Result(Failure&& failure) noexcept : Result(detail::takeError(std::move(failure))) {}

namespace detail {

inline ErrorBox&& takeError(Result<void>&& result) noexcept {
  return std::move(result.error_);
}

template <class T>
void fail(Result<T>& result, ErrorBox&& error) noexcept {
  result.destroy();
  ::new (static_cast<void*>(&result.error_)) ErrorBox(std::move(error));
  result.hasValue_ = false;
}

/// `makeError` as a result: made where it stays, and of texts that end in a NUL, for size.
SECURE_TUNNELING_NOINLINE inline Failure failure(ErrorKind kind, const char* text,
                                                 const char* more = "", const char* rest = "") {
  Failure failed{ErrorBox(new Error)};
  Error& error = failed.error();
  error.kind = kind;
  append(error.message, text);
  append(error.message, more);
  append(error.message, rest);
  return failed;
}

/// The same of a text with values, as of `assignForm`.
SECURE_TUNNELING_NOINLINE inline Failure filledFailure(
    ErrorKind kind, const char* form, std::initializer_list<std::string_view> values) {
  Failure failed{ErrorBox(new Error)};
  failed.error().kind = kind;
  assignForm(failed.error().message, form, values);
  return failed;
}

}  // namespace detail

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_RESULT_HPP
