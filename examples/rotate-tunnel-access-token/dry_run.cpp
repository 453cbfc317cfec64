// SPDX-License-Identifier: BSL-1.0
#include "dry_run.hpp"

#include "secure_tunneling/detail/ascii.hpp"
#include "text.hpp"

using secure_tunneling::HttpHeader;
using secure_tunneling::HttpRequest;
using secure_tunneling::HttpResponse;
using secure_tunneling::Result;

namespace {

/// What may be shown of a header's value.
std::string shown(const HttpHeader& header) {
  using secure_tunneling::detail::equalsIgnoreCase;
  constexpr std::string_view mark = "Signature=";
  if (equalsIgnoreCase(header.name, "x-amz-security-token")) return "(redacted)";
  if (!equalsIgnoreCase(header.name, "authorization")) return visible(header.value);
  const std::size_t signature = header.value.rfind(mark);
  if (signature == header.value.npos) return "(redacted)";
  return visible(header.value.substr(0, signature + mark.size())) + "(redacted)";
}

}  // namespace

std::string describeRequest(const HttpRequest& request) {
  std::string text = visible(request.method) + " " + visible(request.url) + "\n";
  bool haveHost = false;
  std::string headers;
  for (std::size_t i = 0; i != request.headerCount; ++i) {
    const HttpHeader& header = request.headers[i];
    haveHost = haveHost || secure_tunneling::detail::equalsIgnoreCase(header.name, "host");
    headers.append(header.name).append(": ").append(shown(header)).append("\n");
  }
  if (!haveHost) text.append("Host: ").append(visible(request.authority)).append("\n");
  return text.append(headers).append("\n").append(visible(request.body)).append("\n");
}

Result<void> DryRunTransport::send(const HttpRequest& request, HttpResponse& /*response*/) {
  description_ = describeRequest(request);
  return secure_tunneling::makeError(secure_tunneling::ErrorKind::Configuration,
                                     "nothing is sent in a dry run");
}
