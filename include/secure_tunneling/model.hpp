// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_MODEL_HPP
#define SECURE_TUNNELING_MODEL_HPP

/// @file
/// The request and the response of RotateTunnelAccessToken.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "secure_tunneling/secret.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// Which side's client access token is rotated; `ALL` rotates both. A default-constructed mode is
/// *not set*, which is refused before anything is sent, so that a forgotten mode cannot revoke a
/// token.
///
/// The service's enumerations are open, so this is a name and no `enum`: `other()` sends a mode
/// that a later version of the service may know. Trivially copyable, never allocates; ordered and
/// hashed by its name.
class ClientMode {
 public:
  /// The side that sessions begin from, such as an operator's laptop.
  static const ClientMode SOURCE;
  /// The side that they reach: the device.
  static const ClientMode DESTINATION;
  /// Both sides.
  static const ClientMode ALL;

  /// Not set: a call with it is refused, with `ErrorKind::InvalidArgument`.
  constexpr ClientMode() noexcept = default;
  /// `name` is not copied and must outlive the mode.
  [[nodiscard]] static constexpr ClientMode other(std::string_view name) noexcept {
    return ClientMode(name);
  }
  /// Not from a string that is gone behind the statement: `copyOf` takes that.
  template <class Text,
            std::enable_if_t<std::is_same_v<std::remove_const_t<Text>, std::string>, int> = 0>
  static ClientMode other(Text&& name) = delete;
  /// The longest name that `copyOf` takes, in bytes.
  static constexpr std::size_t longestCopy = 31;
  /// A mode with a copy of `name`, which need not live on; none where `name` is longer than
  /// `longestCopy`.
  [[nodiscard]] static constexpr std::optional<ClientMode> copyOf(std::string_view name) noexcept {
    if (name.size() > longestCopy) return std::nullopt;
    ClientMode mode;
    for (const char c : name)
      mode.copy_[mode.copySize_++] = c;
    return mode;
  }

  /// The name on the wire; empty when not set. The view may lead into this object.
  [[nodiscard]] constexpr std::string_view name() const noexcept {
    return copySize_ == 0 ? name_ : std::string_view(copy_, copySize_);
  }

  /// Compares the names, byte by byte. The order is for containers, and means nothing else.
  /// @{
  friend constexpr bool operator==(const ClientMode& left, const ClientMode& right) noexcept {
    return left.name() == right.name();
  }
  friend constexpr bool operator!=(const ClientMode& left, const ClientMode& right) noexcept {
    return !(left == right);
  }
  friend constexpr bool operator<(const ClientMode& left, const ClientMode& right) noexcept {
    return left.name() < right.name();
  }
  /// @}

 private:
  explicit constexpr ClientMode(std::string_view name) noexcept : name_(name) {}

  std::string_view name_;
  char copy_[longestCopy] = {};
  unsigned char copySize_ = 0;
};

inline constexpr ClientMode ClientMode::SOURCE{"SOURCE"};
inline constexpr ClientMode ClientMode::DESTINATION{"DESTINATION"};
inline constexpr ClientMode ClientMode::ALL{"ALL"};

/// The destination of a tunnel, as in the AWS IoT Secure Tunneling API reference. The service does
/// not take one with `ClientMode::SOURCE`.
struct DestinationConfig {
  /// Name of the thing to connect to; at least one character where it is given.
  std::optional<std::string> thingName = {};
  /// Service names, each at least one character; required, at least one.
  std::vector<std::string> services;
};

/// Input of RotateTunnelAccessToken. Plain text in UTF-8; holds no secret.
struct RotateTunnelAccessTokenRequest {
  /// The tunnel whose tokens are rotated; required, at least one character.
  std::string tunnelId;
  /// The side or sides whose tokens are rotated; required.
  ClientMode clientMode;
  /// Thing and services of the destination; may be left out.
  std::optional<DestinationConfig> destinationConfig = {};
};

/// Output of RotateTunnelAccessToken. Every member of the wire is optional there and here: the
/// service returns new tokens only for the side or sides that were rotated.
struct RotateTunnelAccessTokenResponse {
  /// The tunnel, as `arn:aws:iot:REGION:ACCOUNT:tunnel/ID`.
  std::optional<std::string> tunnelArn;
  /// The new token of the source; unset where that side was not rotated.
  std::optional<Secret> sourceAccessToken;
  /// The new token of the destination; unset where that side was not rotated. The service also
  /// publishes it to the thing of the tunnel, if it has one.
  std::optional<Secret> destinationAccessToken;

  /// The service's `x-amzn-RequestId`; empty when it sent none.
  std::string requestId;
  /// Attempts made, the first included.
  int attempts = 0;
};

}  // namespace v0_2
}  // namespace secure_tunneling

/// @cond
template <>
struct std::hash<secure_tunneling::ClientMode> {
  std::size_t operator()(const secure_tunneling::ClientMode& mode) const noexcept {
    return std::hash<std::string_view>()(mode.name());
  }
};
/// @endcond

#endif  // SECURE_TUNNELING_MODEL_HPP
