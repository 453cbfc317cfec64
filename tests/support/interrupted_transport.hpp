// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>

#include "secure_tunneling/testing/scripted_transport.hpp"

/// Does something else before each request is answered, as another program may.
class InterruptedTransport final : public secure_tunneling::HttpTransport {
 public:
  secure_tunneling::ScriptedTransport script;
  std::function<void()> meanwhile = [] {};

  secure_tunneling::Result<void> send(const secure_tunneling::HttpRequest& request,
                                      secure_tunneling::HttpResponse& response) override {
    meanwhile();
    return script.send(request, response);
  }
};
