// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mbedtls_exchange.hpp"
#include "secure_tunneling/adapters/psa_sha256.hpp"
#include "secure_tunneling/core.hpp"

/// What a device of this kind does about its tunnel: gets a new token when the old one is spent. A
/// task of a super-loop: `tick()` never waits, for the network as little as for a retry.
class TokenTask {
 public:
  /// What the task did in a tick, for the device's log.
  enum class Event : unsigned char {
    None,      ///< nothing, or a step of the connection
    Sending,   ///< an attempt begins
    Answered,  ///< the service's answer is there
    Failed,    ///< an attempt failed: `problem()`
    Waiting,   ///< for `waitMs()`, before the next attempt
    Finished,  ///< take the result
  };

  /// `tls` must have been loaded at the first tick: signing and random numbers need it too.
  TokenTask(secure_tunneling::Settings settings, secure_tunneling::CredentialsSource& credentials,
            const MbedtlsSettings& tls, const ExchangeLimits& limits = {});
  TokenTask(const TokenTask&) = delete;
  TokenTask& operator=(const TokenTask&) = delete;

  /// Begins to get a new source token for a tunnel; drops what was under way.
  void begin(const std::string& tunnelId);
  /// Ends what is under way: within two ticks it is `Finished`.
  void cancel();
  [[nodiscard]] bool isBusy() const noexcept { return call_.has_value(); }

  /// One step. `unixMs` is the calendar's time, `uptimeMs` a time that never goes back.
  Event tick(std::int64_t unixMs, std::int64_t uptimeMs);

  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  [[nodiscard]] std::int64_t waitMs() const noexcept { return call_->waitMs(); }
  /// After `Finished`; once.
  secure_tunneling::Result<secure_tunneling::RotateTunnelAccessTokenResponse> takeResult();

 private:
  using Call = secure_tunneling::RotateCall<secure_tunneling::PsaSha256>;

  Event tickExchange(const secure_tunneling::Moment& now, std::int64_t uptimeMs);
  Event startNext(const secure_tunneling::Moment& now, std::int64_t uptimeMs);

  secure_tunneling::CredentialsSource& credentials_;
  MbedtlsExchange exchange_;
  secure_tunneling::ClientState<secure_tunneling::PsaSha256> state_;
  secure_tunneling::RotateTunnelAccessTokenRequest request_;
  std::optional<Call> call_;
  bool exchanging_ = false;
  std::optional<std::int64_t> wakeAtMs_;
  std::string problem_;
};
