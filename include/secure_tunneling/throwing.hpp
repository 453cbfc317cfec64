// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_THROWING_HPP
#define SECURE_TUNNELING_THROWING_HPP

/// @file
/// Exceptions in place of results, for those who want them.

#include <stdexcept>
#include <utility>

#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/result.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// An `Error` on its way up the stack; `what()` is its code and message.
class ErrorException final : public std::runtime_error {
 public:
  /// Keeps `error`; `what()` has its code and message.
  explicit ErrorException(Error error)
      : std::runtime_error(
            detail::concat({error.code, error.code.empty() ? "" : ": ", error.message})),
        error_(std::move(error)) {}

  /// All that is known of the failure; lives as long as the exception.
  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

/// The value of `result`, or an `ErrorException`. For programs built with exceptions; no other
/// header throws. A result that the program keeps stays as it is: the value is referred to there,
/// and an error is copied.
/// @{
template <class T>
T valueOrThrow(Result<T>&& result) {
  if (!result) throw ErrorException(std::move(result).error());
  return *std::move(result);
}
template <class T>
const T& valueOrThrow(const Result<T>& result SECURE_TUNNELING_LIFETIMEBOUND) {
  if (!result) throw ErrorException(result.error());
  return *result;
}
template <class T>
void valueOrThrow(const Result<T>&& result) = delete;
/// @}
/// Nothing, or an `ErrorException`, for a call that has no value to give.
/// @{
inline void valueOrThrow(Result<void>&& result) {
  if (!result) throw ErrorException(std::move(result).error());
}
inline void valueOrThrow(const Result<void>& result) {
  if (!result) throw ErrorException(result.error());
}
/// @}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_THROWING_HPP
