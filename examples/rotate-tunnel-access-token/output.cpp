// SPDX-License-Identifier: BSL-1.0
#include "output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>

#include "text.hpp"

using secure_tunneling::RotateTunnelAccessTokenResponse;
using secure_tunneling::Secret;

namespace {

struct Member {
  std::string_view name;
  std::optional<std::string_view> value;
};

std::optional<std::string_view> view(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return *text;
}
std::optional<std::string_view> view(const std::optional<Secret>& secret) {
  if (!secret) return std::nullopt;
  return secret->expose();
}

/// By hand and not by RapidJSON, whose escapes have their hexadecimal digits in upper case.
void appendJsonString(Secret& out, std::string_view text) {
  out.append("\"");
  for (const char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    char escaped[] = {'\\', c};
    switch (c) {
      case '"':
      case '\\':
        break;
      case '\b':
        escaped[1] = 'b';
        break;
      case '\f':
        escaped[1] = 'f';
        break;
      case '\n':
        escaped[1] = 'n';
        break;
      case '\r':
        escaped[1] = 'r';
        break;
      case '\t':
        escaped[1] = 't';
        break;
      default:
        if (byte >= 0x20) {
          out.append(std::string_view(&c, 1));
          continue;
        }
        out.append("\\u00");
        out.append(hexByte(byte));
        continue;
    }
    out.append(std::string_view(escaped, sizeof escaped));
  }
  out.append("\"");
}

Secret formatJson(const RotateTunnelAccessTokenResponse& response) {
  const Member members[] = {{"tunnelArn", view(response.tunnelArn)},
                            {"sourceAccessToken", view(response.sourceAccessToken)},
                            {"destinationAccessToken", view(response.destinationAccessToken)}};
  Secret out;
  for (const Member& member : members) {
    if (!member.value) continue;
    out.append(out.empty() ? "{\n    " : ",\n    ");
    appendJsonString(out, member.name);
    out.append(": ");
    appendJsonString(out, *member.value);
  }
  if (!out.empty()) out.append("\n}\n");
  return out;
}

Secret formatText(const RotateTunnelAccessTokenResponse& response) {
  Secret out;
  bool isFirst = true;
  for (const auto& value : {view(response.destinationAccessToken), view(response.sourceAccessToken),
                            view(response.tunnelArn)}) {
    if (!value) continue;
    if (!isFirst) out.append("\t");
    isFirst = false;
    out.append(*value);
  }
  if (!isFirst) out.append("\n");
  return out;
}

/// For a standard output that somebody has set to not block.
bool waitUntilWritable() {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return poll(&output, 1, -1) == 1 || errno == EINTR;
}

}  // namespace

Secret format(const RotateTunnelAccessTokenResponse& response, OutputFormat format) {
  return format == OutputFormat::Json ? formatJson(response) : formatText(response);
}

bool writeToStandardOutput(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN && waitUntilWritable()) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void tellOnStandardError(std::string_view text) {
  // There is nobody to tell when that fails.
  static_cast<void>(std::fprintf(stderr, "%s\n", visibleLines(text).c_str()));
}
