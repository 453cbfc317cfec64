// SPDX-License-Identifier: BSL-1.0
#include "proxy_log.hpp"

namespace {

using Kind = ProxyEvent::Kind;

/// What stands behind `mark` in `text`; without it nothing at all.
bool behind(std::string_view text, std::string_view mark, std::string_view& rest) {
  const std::size_t at = text.find(mark);
  if (at == text.npos) return false;
  rest = text.substr(at + mark.size());
  return true;
}

}  // namespace

ProxyEvent readProxyLine(std::string_view line) {
  // [2026-01-15T12:30:00.123456]{4711}[info]    The message
  std::string_view text = line;
  bool isError = false;
  const std::size_t severity = line.find("}[");
  const std::size_t end = line.find(']', severity == line.npos ? line.size() : severity);
  if (end != line.npos) {
    const std::string_view name = line.substr(severity + 2, end - severity - 2);
    isError = name == "error" || name == "fatal";
    text = line.substr(end + 1);
    const std::size_t first = text.find_first_not_of(' ');
    text.remove_prefix(first == text.npos ? text.size() : first);
  }
  std::string_view rest;
  if (behind(text, "Successfully established websocket", rest)) return {Kind::Connected, ""};
  if (behind(text, "Attempting to establish web socket", rest)) return {Kind::Trying, ""};
  if (behind(text, "rejected web socket upgrade request", rest)) {
    const bool hasReason = rest.substr(0, 2) == ": ";
    return {Kind::Refused, std::string(hasReason ? rest.substr(2) : rest)};
  }
  if (behind(text, "Could not bind", rest) || behind(text, "Could not listen on", rest))
    return {Kind::CouldNotBind, std::string(text)};
  if (behind(text, "Listening for new connection on port ", rest)) {
    return {Kind::Listening, std::string(rest)};
  }
  // The number of a session that failed says nothing to anybody.
  if (behind(text, "Failed web socket session ID", rest)) return {};
  if (isError || behind(text, "Web socket close received", rest)) {
    return {Kind::Failed, std::string(text)};
  }
  return {};
}
