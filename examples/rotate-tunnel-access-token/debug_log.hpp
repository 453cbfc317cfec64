// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

#include "secure_tunneling/http.hpp"

/// What --debug tells, on standard error: never a header, a body, a secret, or of a URL more than
/// whose it is.
class DebugLog {
 public:
  explicit DebugLog(bool enabled) : enabled_(enabled) {}
  void line(const std::string& text) const;

 private:
  bool enabled_;
};

/// Another transport, with a log of what goes through.
class LoggedTransport final : public secure_tunneling::HttpTransport {
 public:
  LoggedTransport(secure_tunneling::HttpTransport& transport, const DebugLog& log)
      : transport_(transport), log_(log) {}

  secure_tunneling::Result<void> send(const secure_tunneling::HttpRequest& request,
                                      secure_tunneling::HttpResponse& response) override;

 private:
  secure_tunneling::HttpTransport& transport_;
  const DebugLog& log_;
  int attempts_ = 0;
};
