// SPDX-License-Identifier: BSL-1.0
#include "debug_log.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string_view>

#include "output.hpp"
#include "text.hpp"

using secure_tunneling::HttpRequest;
using secure_tunneling::HttpResponse;
using secure_tunneling::Result;

namespace {

/// Request ids are UUIDs. A header that holds anything else may echo a secret.
bool looksLikeRequestId(std::string_view text) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::equal(text.begin(), text.end(), form.begin(), form.end(), [](char c, char formed) {
    return formed == '-' ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
  });
}

std::string requestIdOf(const HttpResponse& response) {
  const auto requestId = response.headers.find("x-amzn-requestid");
  if (!requestId) return "none";
  return looksLikeRequestId(*requestId) ? std::string(*requestId) : "not shown, as it is no UUID";
}

}  // namespace

void DebugLog::line(const std::string& text) const {
  if (enabled_) tellOnStandardError("debug: " + visible(text));
}

Result<void> LoggedTransport::send(const HttpRequest& request, HttpResponse& response) {
  using std::chrono::steady_clock;
  const std::string attempt = "attempt " + std::to_string(++attempts_) + ": ";
  log_.line(attempt + std::string(request.method) + (request.https ? " https://" : " http://") +
            std::string(request.authority) + ", " + std::to_string(request.headerCount) +
            " headers, " + std::to_string(request.body.size()) + " bytes of body");
  const auto started = steady_clock::now();
  Result<void> sent = transport_.send(request, response);
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - started);
  const std::string after = " after " + std::to_string(took.count()) + " ms";
  if (sent) {
    log_.line(attempt + "status " + std::to_string(response.status) + after + ", request id " +
              requestIdOf(response) + ", " + std::to_string(response.body.size()) +
              " bytes of body");
  } else {
    log_.line(attempt + sent.error().message + after);
  }
  return sent;
}
