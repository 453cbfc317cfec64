// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_MODEL_HPP
#define SECURE_TUNNELING_MODEL_HPP

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "secure_tunneling/secret.hpp"

namespace secure_tunneling {
inline namespace v0_1 {

/// Which side's client access token is rotated; `ALL` rotates both. A default-constructed mode is
/// *not set*, which is refused before anything is sent, so that a forgotten mode cannot revoke a
/// token.
///
/// The service's enumerations are open, so this is a name and no `enum`: `other()` sends a mode
/// that a later version of the service may know. Trivially copyable, never allocates.
class ClientMode {
 public:
  static const ClientMode SOURCE;
  static const ClientMode DESTINATION;
  static const ClientMode ALL;

  constexpr ClientMode() noexcept = default;
  /// `name` is not copied and must outlive the mode.
  [[nodiscard]] static constexpr ClientMode other(std::string_view name) noexcept {
    return ClientMode(name);
  }

  /// The name on the wire; empty when not set.
  [[nodiscard]] constexpr std::string_view name() const noexcept { return name_; }

  friend constexpr bool operator==(ClientMode left, ClientMode right) noexcept {
    return left.name_ == right.name_;
  }
  friend constexpr bool operator!=(ClientMode left, ClientMode right) noexcept {
    return !(left == right);
  }

 private:
  explicit constexpr ClientMode(std::string_view name) noexcept : name_(name) {}

  std::string_view name_;
};

inline constexpr ClientMode ClientMode::SOURCE{"SOURCE"};
inline constexpr ClientMode ClientMode::DESTINATION{"DESTINATION"};
inline constexpr ClientMode ClientMode::ALL{"ALL"};

/// The destination of a tunnel, as in the AWS IoT Secure Tunneling API reference. The service does
/// not take one with `ClientMode::SOURCE`.
struct DestinationConfig {
  /// Name of the thing to connect to; at least one character where it is given.
  std::optional<std::string> thingName;
  /// Service names, each at least one character; required, at least one.
  std::vector<std::string> services;
};

/// Input of RotateTunnelAccessToken. Plain text in UTF-8; holds no secret.
struct RotateTunnelAccessTokenRequest {
  /// The tunnel whose tokens are rotated; required, at least one character.
  std::string tunnelId;
  /// Required.
  ClientMode clientMode;
  std::optional<DestinationConfig> destinationConfig;
};

/// Output of RotateTunnelAccessToken. Every member of the wire is optional there and here: the
/// service returns new tokens only for the side or sides that were rotated.
struct RotateTunnelAccessTokenResponse {
  std::optional<std::string> tunnelArn;
  std::optional<Secret> sourceAccessToken;
  std::optional<Secret> destinationAccessToken;

  /// The service's `x-amzn-RequestId`; empty when it sent none.
  std::string requestId;
  /// Attempts made, the first included.
  int attempts = 0;
};

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_MODEL_HPP
