// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

#include "secure_tunneling/seams/http_transport.hpp"

/// What would be sent: the request as HTTP has it, with the signature and the session token
/// redacted. All that came from outside is visible in it.
std::string describeRequest(const secure_tunneling::HttpRequest& request);

/// A transport that sends nothing, and keeps what it was to send.
class DryRunTransport final : public secure_tunneling::HttpTransport {
 public:
  /// Fails with an error that no attempt follows.
  secure_tunneling::Result<void> send(const secure_tunneling::HttpRequest& request,
                                      secure_tunneling::HttpResponse& response) override;

  /// The request; empty where none was made.
  [[nodiscard]] const std::string& description() const noexcept { return description_; }

 private:
  std::string description_;
};
