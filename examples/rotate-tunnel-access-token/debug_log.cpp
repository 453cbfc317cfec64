// SPDX-License-Identifier: BSL-1.0
#include "debug_log.hpp"

#include <chrono>

#include "output.hpp"

using secure_tunneling::HttpRequest;
using secure_tunneling::HttpResponse;
using secure_tunneling::Result;

void DebugLog::line(const std::string& text) const {
  if (enabled_) tellOnStandardError("debug: " + text);
}

Result<void> LoggedTransport::send(const HttpRequest& request, HttpResponse& response) {
  using std::chrono::steady_clock;
  const std::string attempt = "attempt " + std::to_string(++attempts_) + ": ";
  log_.line(attempt + std::string(request.method) + " " + std::string(request.url) + ", " +
            std::to_string(request.headerCount) + " headers, " +
            std::to_string(request.body.size()) + " bytes of body");
  const auto started = steady_clock::now();
  Result<void> sent = transport_.send(request, response);
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - started);
  const std::string after = " after " + std::to_string(took.count()) + " ms";
  if (sent) {
    const auto requestId = response.headers.find("x-amzn-requestid");
    log_.line(attempt + "status " + std::to_string(response.status) + after + ", request id " +
              std::string(requestId.value_or("(none)")) + ", " +
              std::to_string(response.body.size()) + " bytes of body");
  } else {
    log_.line(attempt + sent.error().message + after);
  }
  return sent;
}
