// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ROTATE_TUNNEL_ACCESS_TOKEN_HPP
#define SECURE_TUNNELING_ROTATE_TUNNEL_ACCESS_TOKEN_HPP

/// @file
/// The client, and the function that makes a call with it.

#include <utility>

#include "secure_tunneling/call/rotate_call.hpp"
#include "secure_tunneling/seams/call_limits.hpp"
#include "secure_tunneling/seams/clock.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"
#include "secure_tunneling/seams/http_transport.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// What to call with, for more than one call: settings, a transport whose connection is kept, and
/// credentials. Does nothing until a call; keeps references, so the parts must outlive it. One call
/// at a time: a program with several threads gives each a client and a transport of its own. What
/// these clients may share is `CachedCredentials`, `StaticCredentials`, a `SystemClock`,
/// `Settings::retryQuota`, `Settings::rateLimiter` and `CallLimits::cancelled`.
template <class Hash>
class BasicClient {
 public:
  /// Copies `settings`, and refers to the other parts. Does no I/O. `from` is what the hash policy
  /// is made from: nothing, or another one.
  template <class... From>
  BasicClient(const Settings& settings, HttpTransport& transport, CredentialsSource& credentials,
              Clock& clock, From&&... from)
      : state_(settings, std::forward<From>(from)...),
        transport_(transport),
        credentials_(credentials),
        clock_(clock) {}
  /// Takes `settings`, and refers to the other parts. Does no I/O. `from` is what the hash policy
  /// is made from: nothing, or another one.
  template <class... From>
  BasicClient(Settings&& settings, HttpTransport& transport, CredentialsSource& credentials,
              Clock& clock, From&&... from)
      : state_(std::move(settings), std::forward<From>(from)...),
        transport_(transport),
        credentials_(credentials),
        clock_(clock) {}

  /// The client's own copy of the settings it was made with; they do not change.
  [[nodiscard]] const Settings& settings() const noexcept { return state_.settings(); }

 private:
  template <class H>
  friend Result<RotateTunnelAccessTokenResponse> rotateTunnelAccessToken(
      const RotateTunnelAccessTokenRequest& request, BasicClient<H>& client,
      const CallLimits& limits);

  ClientState<Hash> state_;
  HttpTransport& transport_;
  CredentialsSource& credentials_;
  Clock& clock_;
};

/// AWS IoT Secure Tunneling RotateTunnelAccessToken: revokes the current client access tokens of
/// one or both sides of a tunnel and returns new ones. Blocks: for the search for credentials, and
/// for at most `Settings::maxAttempts` times the transport's own limit and the waits between, but
/// not past `limits`. Returns every `ErrorKind`; `Error::delivery` says whether the old tokens may
/// be gone.
///
/// A `CredentialsProvider`, a transport or a clock of the program's own is not interrupted: a limit
/// is seen when it returns.
template <class Hash>
[[nodiscard]] Result<RotateTunnelAccessTokenResponse> rotateTunnelAccessToken(
    const RotateTunnelAccessTokenRequest& request, BasicClient<Hash>& client,
    const CallLimits& limits = {}) {
  RotateCall<Hash> call(client.state_, request, &client.credentials_, true, limits);
  driveToEnd(call, &client.transport_, client.clock_);
  return call.takeResult();
}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ROTATE_TUNNEL_ACCESS_TOKEN_HPP
