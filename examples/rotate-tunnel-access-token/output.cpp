// SPDX-License-Identifier: BSL-1.0
#include "output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "environment_output.hpp"
#include "json_output.hpp"
#include "table_output.hpp"
#include "text.hpp"
#include "text_output.hpp"
#include "yaml_output.hpp"

using secure_tunneling::Result;
using secure_tunneling::RotateTunnelAccessTokenResponse;
using secure_tunneling::Secret;

namespace {

jmespath::Document toDocument(const RotateTunnelAccessTokenResponse& response) {
  jmespath::Document document(rapidjson::kObjectType);
  auto& memory = document.GetAllocator();
  const auto add = [&](const char* name, std::string_view text) {
    jmespath::Value value(text.data(), static_cast<rapidjson::SizeType>(text.size()), memory);
    document.AddMember(rapidjson::StringRef(name), value, memory);
  };
  if (response.tunnelArn) add("tunnelArn", *response.tunnelArn);
  if (response.sourceAccessToken) add("sourceAccessToken", response.sourceAccessToken->expose());
  if (response.destinationAccessToken) {
    add("destinationAccessToken", response.destinationAccessToken->expose());
  }
  return document;
}

Secret print(const jmespath::Value& value, const OutputStyle& style) {
  switch (style.format) {
    case OutputFormat::Text:
      return printText(value);
    case OutputFormat::Table:
      return printTable(value, style.colors);
    case OutputFormat::Yaml:
      return printYaml(value);
    case OutputFormat::YamlStream:
      return printYamlStream(value);
    case OutputFormat::Off:
      return {};
    case OutputFormat::Json:
    case OutputFormat::Env:
      break;
  }
  Secret out = printJson(value);
  out.append("\n");
  return out;
}

/// For a file that somebody has set to not block.
bool waitUntilWritable(int descriptor) {
  pollfd output{descriptor, POLLOUT, 0};
  return poll(&output, 1, -1) == 1 || errno == EINTR;
}

}  // namespace

Result<Secret> format(const RotateTunnelAccessTokenResponse& response, const OutputStyle& style) {
  if (style.format == OutputFormat::Env) {
    const std::optional<Secret>& token =
        style.clientMode == "SOURCE" ? response.sourceAccessToken : response.destinationAccessToken;
    if (token) return printEnvironment(token->expose());
    return secure_tunneling::makeError(secure_tunneling::ErrorKind::InvalidResponse,
                                       "the answer has no token of the side asked for");
  }
  jmespath::Document document = toDocument(response);
  if (style.query != nullptr) {
    jmespath::Document selected;
    Result<void> searched = style.query->search(document, selected);
    if (!searched) return std::move(searched).error();
    document.Swap(selected);
  }
  if (document.IsObject() && document.ObjectEmpty()) return Secret();
  return print(document, style);
}

RotateTunnelAccessTokenResponse sampleResponse(std::string_view clientMode) {
  RotateTunnelAccessTokenResponse sample;
  sample.tunnelArn = "arn:aws:iot:us-east-1:123456789012:tunnel/01234567-89ab-cdef";
  const char* const token = "AQGAAXlNcyTzBY8JNtHWI1aw4KmTABcAAQAHU2VydmljZQAQV2F0Y2hlck1hbmFnZXI=";
  if (clientMode != "DESTINATION") sample.sourceAccessToken = Secret(token);
  if (clientMode != "SOURCE") sample.destinationAccessToken = Secret(token);
  return sample;
}

bool writeTo(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN && waitUntilWritable(descriptor)) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool writeToStandardOutput(std::string_view text) {
  return writeTo(STDOUT_FILENO, text);
}

void tellOnStandardError(std::string_view text) {
  // There is nobody to tell when that fails.
  static_cast<void>(std::fprintf(stderr, "%s\n", visibleLines(text).c_str()));
}
