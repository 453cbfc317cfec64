// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "secure_tunneling/call/rotate_call.hpp"
#include "support/sha256.hpp"

// What tests that drive RotateCall by hand have in common.

using Call = secure_tunneling::RotateCall<TestSha256>;
using CallState = secure_tunneling::ClientState<TestSha256>;
using Step = Call::Step;

inline secure_tunneling::Settings settingsForTests() {
  secure_tunneling::Settings settings;
  settings.region = "us-east-1";
  return settings;
}

inline secure_tunneling::RotateTunnelAccessTokenRequest rotateAll() {
  secure_tunneling::RotateTunnelAccessTokenRequest request;
  request.tunnelId = "tunnel";
  request.clientMode = secure_tunneling::ClientMode::ALL;
  return request;
}

/// Gives credentials to a call that asks for them.
template <class AnyCall>
void giveCredentials(AnyCall& call, std::string_view accessKeyId = "AKIDEXAMPLE",
                     std::string_view secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                     std::string_view sessionToken = {}) {
  call.credentials().accessKeyId = accessKeyId;
  call.credentials().secretAccessKey.assign(secretAccessKey);
  call.credentials().sessionToken.assign(sessionToken);
  call.onCredentials({});
}

/// Value of a header of the request that is to be sent; empty without it.
inline std::string_view headerOf(const secure_tunneling::HttpRequest& request,
                                 std::string_view name) {
  for (std::size_t i = 0; i != request.headerCount; ++i) {
    if (secure_tunneling::detail::equalsIgnoreCase(request.headers[i].name, name))
      return request.headers[i].value;
  }
  return {};
}
