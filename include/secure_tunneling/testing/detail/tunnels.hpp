// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_TESTING_DETAIL_TUNNELS_HPP
#define SECURE_TUNNELING_TESTING_DETAIL_TUNNELS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/model.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {
namespace fake {

struct Tunnel {
  std::size_t number = 0;  ///< of all that were ever opened
  std::string id;
  std::int64_t endsAtMs = 0;
  bool closed = false;
  DestinationConfig destination;

  [[nodiscard]] bool isOpen(std::int64_t nowMs) const { return !closed && nowMs < endsAtMs; }
};

/// A client access token and what became of it.
struct AccessToken {
  std::string text;
  std::size_t tunnel = 0;
  ClientMode side;
  bool revoked = false;
  bool spent = false;
  std::string clientToken;  ///< what it was spent with
};

/// Tunnels, the tokens of their two sides, and who may connect with which of them.
class Tunnels {
 public:
  /// Opens a tunnel; it takes the place of an open one with the same id.
  Tunnel& open(std::string id, std::int64_t endsAtMs, DestinationConfig destination) {
    close(id);
    Tunnel tunnel;
    tunnel.number = tunnels_.size();
    tunnel.id = std::move(id);
    tunnel.endsAtMs = endsAtMs;
    tunnel.destination = std::move(destination);
    tunnels_.push_back(std::move(tunnel));
    return tunnels_.back();
  }
  void close(std::string_view id) {
    for (Tunnel& tunnel : tunnels_) {
      if (tunnel.id == id) tunnel.closed = true;
    }
  }
  /// The open tunnel with this id; null without one.
  [[nodiscard]] Tunnel* find(std::string_view id, std::int64_t nowMs) {
    for (Tunnel& tunnel : tunnels_) {
      if (tunnel.id == id && tunnel.isOpen(nowMs)) return &tunnel;
    }
    return nullptr;
  }

  /// Gives a side of `tunnel` a new token; the one before is revoked.
  void rotate(const Tunnel& tunnel, ClientMode side, std::string text) {
    for (AccessToken& token : tokens_) {
      if (token.tunnel == tunnel.number && token.side == side) token.revoked = true;
    }
    forgetOldest();
    AccessToken token;
    token.text = std::move(text);
    token.tunnel = tunnel.number;
    token.side = side;
    tokens_.push_back(std::move(token));
  }
  /// The token that a side of `tunnel` has now.
  [[nodiscard]] const std::string& tokenOf(const Tunnel& tunnel, ClientMode side) const {
    return std::find_if(tokens_.begin(), tokens_.end(),
                        [&](const AccessToken& one) {
                          return one.tunnel == tunnel.number && one.side == side && !one.revoked;
                        })
        ->text;
  }
  [[nodiscard]] bool isCurrent(std::string_view text, std::int64_t nowMs) const {
    const AccessToken* const token = findToken(text);
    return token != nullptr && !token->revoked && tunnels_[token->tunnel].isOpen(nowMs);
  }
  [[nodiscard]] bool isUnused(std::string_view text) const {
    const AccessToken* const token = findToken(text);
    return token != nullptr && !token->spent;
  }

  /// Why a local proxy cannot connect; nothing where it can.
  [[nodiscard]] std::optional<std::string> refusal(std::string_view text, ClientMode side,
                                                   std::string_view clientToken,
                                                   std::int64_t nowMs) const {
    // Recorded and documented are the texts for a spent token and for another client token; the
    // service's others are known by their beginning only.
    if (!clientToken.empty() && !isClientToken(clientToken)) {
      return "Invalid client token: The client token must match [a-zA-Z0-9-]{32,128}.";
    }
    const AccessToken* const token = findToken(text);
    if (token == nullptr) return "Invalid access token";
    if (!tunnels_[token->tunnel].isOpen(nowMs)) {
      return "Invalid access token: The tunnel is closed.";
    }
    if (token->spent && (token->revoked || token->clientToken.empty())) {
      return "Invalid access token: The access token was previously used and can not be used "
             "again.";
    }
    if (token->revoked) return "Invalid access token: The access token was revoked.";
    if (token->side != side) {
      return "Invalid access token: The access token is not for this local proxy mode.";
    }
    if (token->spent && token->clientToken != clientToken) {
      return "Invalid client token: The provided client token does not match the client token "
             "that was previously set.";
    }
    return std::nullopt;
  }
  /// Spends a token that is not refused, and gives its tunnel.
  const Tunnel& connect(std::string_view text, std::string_view clientToken) {
    AccessToken& token = *std::find_if(tokens_.begin(), tokens_.end(),
                                       [text](const AccessToken& one) { return one.text == text; });
    token.spent = true;
    token.clientToken = clientToken;
    return tunnels_[token.tunnel];
  }

 private:
  static constexpr std::size_t remembered = 1000;

  static bool isClientToken(std::string_view text) {
    return text.size() >= 32 && text.size() <= 128 &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return isAlpha(c) || isDigit(c) || c == '-'; });
  }
  [[nodiscard]] const AccessToken* findToken(std::string_view text) const {
    for (const AccessToken& token : tokens_) {
      if (token.text == text) return &token;
    }
    return nullptr;
  }
  /// So that a service does not grow with every call.
  void forgetOldest() {
    if (tokens_.size() < remembered) return;
    const auto oldest = std::find_if(tokens_.begin(), tokens_.end(),
                                     [](const AccessToken& one) { return one.revoked; });
    if (oldest != tokens_.end()) tokens_.erase(oldest);
  }

  std::vector<Tunnel> tunnels_;
  std::vector<AccessToken> tokens_;
};

}  // namespace fake
}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_TESTING_DETAIL_TUNNELS_HPP
