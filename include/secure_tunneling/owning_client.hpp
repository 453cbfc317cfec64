// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_OWNING_CLIENT_HPP
#define SECURE_TUNNELING_OWNING_CLIENT_HPP

/// @file
/// A client that owns its transport, credentials and clock.

#include <memory>
#include <utility>

#include "secure_tunneling/rotate_tunnel_access_token.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

namespace detail {

/// A base, because what a client refers to has to be there before it and go after it.
struct OwnedParts {
  std::unique_ptr<HttpTransport> ownedTransport;
  std::unique_ptr<CredentialsSource> ownedCredentials;
  std::unique_ptr<Clock> ownedClock;
};

}  // namespace detail

/// A client that owns what it calls with, in place of references: for a program that keeps it as a
/// member, or makes it in a function of its own. No pointer may be null. What a source of
/// credentials refers to itself, a transport or another source, still has to outlive this.
template <class Hash>
class BasicOwningClient : private detail::OwnedParts, public BasicClient<Hash> {
 public:
  /// `from` is what the hash policy is made from: nothing, or another one.
  template <class... From>
  BasicOwningClient(Settings settings, std::unique_ptr<HttpTransport> transport,
                    std::unique_ptr<CredentialsSource> credentials, std::unique_ptr<Clock> clock,
                    From&&... from)
      : OwnedParts{std::move(transport), std::move(credentials), std::move(clock)},
        BasicClient<Hash>(std::move(settings), *ownedTransport, *ownedCredentials, *ownedClock,
                          std::forward<From>(from)...) {}
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_OWNING_CLIENT_HPP
