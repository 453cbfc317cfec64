// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <memory>

#include "asio_driver.hpp"
#include "secure_tunneling/secure_tunneling.hpp"

using RotateResult = secure_tunneling::Result<secure_tunneling::RotateTunnelAccessTokenResponse>;

/// Rotations for coroutines: any number at once, over shared connections and credentials.
///
/// Not thread-safe, as `AsioDriver`: the coroutines that await a rotation run on its executor.
class Rotations {
 public:
  /// The executor's context must outlive this, and `credentials` both: a context that is destroyed
  /// ends the rotations that coroutines still await.
  Rotations(const asio::any_io_executor& executor, secure_tunneling::Settings settings,
            secure_tunneling::CredentialsSource& credentials,
            secure_tunneling::CurlTransportOptions options = {});

  /// Cancellation ends the call: its result then is an error of the kind `Cancelled` that says
  /// whether the tokens may have been rotated, or the answer where that was there. Of the kinds of
  /// cancellation `asio::co_spawn` lets `terminal` through, and the others where its coroutine has
  /// asked for them: `reset_cancellation_state(asio::enable_total_cancellation())`.
  ///
  /// `limits.timeoutMs` is the deadline. `rotate(...) || timer.async_wait(...)` ends it too, but
  /// keeps nothing of what the call says, which may be the new tokens.
  ///
  /// For `asio::co_spawn` put a coroutine of your own around it: a `Result` is never without a
  /// value, as Asio would have it there. Give the request a name: g++ before 13 destroys twice what
  /// is put in braces in a `co_await`.
  asio::awaitable<RotateResult> rotate(secure_tunneling::RotateTunnelAccessTokenRequest request,
                                       secure_tunneling::CallLimits limits = {});

 private:
  std::shared_ptr<AsioDriver> driver_;
  secure_tunneling::Settings settings_;
  secure_tunneling::CredentialsSource& credentials_;
  secure_tunneling::CurlTransportOptions options_;
};
