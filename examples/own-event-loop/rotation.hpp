// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "event_loop.hpp"
#include "secure_tunneling/secure_tunneling.hpp"
#include "transfers.hpp"

/// The rotation of one tunnel's source token, driven by an event loop: does what `RotateCall` says,
/// and gives the thread back wherever there is something to wait for.
class Rotation {
 public:
  using Outcome = secure_tunneling::Result<secure_tunneling::RotateTunnelAccessTokenResponse>;
  using OnDone = std::function<void(const Rotation& rotation, const Outcome& outcome)>;

  /// `credentials` are searched by the same loop. Whatever they need of the network has to go over
  /// a `CurlTransport`, which is what the loop knows how to drive.
  Rotation(std::string tunnelId, secure_tunneling::Settings settings,
           secure_tunneling::CredentialsSource& credentials, EventLoop& loop, Transfers& transfers);
  Rotation(const Rotation&) = delete;
  Rotation& operator=(const Rotation&) = delete;

  void start(OnDone onDone);
  /// Ends it now, in whatever it waits for; `onDone` is told before this returns. Nothing where it
  /// is over.
  void cancel();
  [[nodiscard]] const std::string& tunnelId() const noexcept { return request_.tunnelId; }

 private:
  using Call = secure_tunneling::RotateCall<secure_tunneling::OpensslSha256>;

  void step();
  bool send();
  void onTransfer(CURLcode code);
  void onAnswer(secure_tunneling::Result<void> sent);

  secure_tunneling::CredentialsSource& credentials_;
  EventLoop& loop_;
  Transfers& transfers_;
  secure_tunneling::SystemClock clock_;
  secure_tunneling::CurlTransport transport_;
  /// What the transfer that is under way goes over.
  secure_tunneling::CurlTransport* via_ = nullptr;
  secure_tunneling::RotateTunnelAccessTokenRequest request_;
  secure_tunneling::ClientState<secure_tunneling::OpensslSha256> state_;
  std::optional<Call> call_;
  EventLoop::Timer timer_ = 0;
  OnDone onDone_;
};
