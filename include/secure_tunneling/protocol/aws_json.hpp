// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_PROTOCOL_AWS_JSON_HPP
#define SECURE_TUNNELING_PROTOCOL_AWS_JSON_HPP

/// @file
/// The awsJson 1.1 protocol for this one action: request to JSON, response and error bodies to
/// types. No I/O.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/redaction.hpp"
#include "secure_tunneling/model.hpp"
#include "secure_tunneling/protocol/detail/json.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/seams/http_transport.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// The Content-Type of awsJson 1.1.
inline constexpr std::string_view contentType = "application/x-amz-json-1.1";
/// The X-Amz-Target of the action RotateTunnelAccessToken.
inline constexpr std::string_view amzTarget = "IoTSecuredTunneling.RotateTunnelAccessToken";

namespace detail {

/// Where a request is written as JSON, member by member, until one of them cannot be sent.
class RequestBody {
 public:
  explicit RequestBody(std::string& json) : json_(json) { json_.clear(); }

  /// Appends `prefix`, which is JSON, and one string that must not be empty. `name` says in a
  /// message which one it is.
  SECURE_TUNNELING_NOINLINE void addRequired(const char* prefix, const char* name,
                                             std::string_view text) {
    append(json_, prefix);
    appendJsonString(json_, text);
    if (text.empty()) refuse(name, ": required, at least one character");
    if (!isUtf8(text)) refuse(name, ": not valid UTF-8");
  }
  void addDestinationConfig(const DestinationConfig& config) {
    constexpr const char* services = "destinationConfig.services";
    const char* prefix = R"(,"destinationConfig":{"services":[)";
    if (config.thingName) {
      addRequired(R"(,"destinationConfig":{"thingName":)", "destinationConfig.thingName",
                  *config.thingName);
      prefix = R"(,"services":[)";
    }
    if (config.services.empty()) refuse(services, ": required, at least one service");
    for (const std::string& service : config.services) {
      addRequired(prefix, services, service);
      prefix = ",";
    }
    append(json_, "]}");
  }
  Result<void> finish() {
    json_ += '}';
    if (problem_ == nullptr) return {};
    return failure(ErrorKind::InvalidArgument, name_, problem_);
  }

 private:
  /// The first problem is the one that is told.
  void refuse(const char* name, const char* problem) noexcept {
    if (problem_ != nullptr) return;
    name_ = name;
    problem_ = problem;
  }

  std::string& json_;
  const char* name_ = nullptr;
  const char* problem_ = nullptr;
};

/// `namespace#Code:uri` to `Code`, by the awsJson rules.
SECURE_TUNNELING_NOINLINE inline std::string_view sanitizeErrorCode(
    std::string_view code) noexcept {
  code = takePart(code, ':');
  std::string_view behind = code;
  const bool isBehind = takePart(behind, '#').size() != code.size();
  return trimBlanks(isBehind ? behind : code);
}

/// Milliseconds the service asks to wait: its own header in milliseconds, or HTTP's in seconds.
/// Anything but digits (an HTTP date, a negative number) is ignored.
inline std::optional<std::int64_t> retryAfterMs(const HttpResponse& response) noexcept {
  std::int64_t factor = 1;
  std::string_view header = response.headers.valueOf("x-amz-retry-after"sv);
  if (header.empty()) {
    factor = 1000;
    header = response.headers.valueOf("retry-after"sv);
  }
  const std::int64_t value = parseDecimal(header);
  if (value < 0) return std::nullopt;
  return value * factor;
}

inline constexpr char notUnderstood[] = "the service's answer cannot be understood: ";

/// Reads the body of an answer. The first `strings` of the members have to be strings where they
/// are found. `problem`, which is empty, says why the answer cannot be understood.
SECURE_TUNNELING_NOINLINE inline BodyShape readAnswer(HttpResponse& response,
                                                      StringMembers& members, std::size_t strings,
                                                      std::string& problem) {
  const BodyShape shape = collectMembers(response.body, members, problem);
  for (std::size_t i = 0; i != strings; ++i)
    findTypeProblem(members[i], problem);
  return shape;
}

/// More of a code or an id is not told.
inline constexpr std::size_t longestName = 256;

SECURE_TUNNELING_NOINLINE inline void setRequestId(std::string& id, const HttpResponse& response) {
  assignHead(id, response.headers.valueOf("x-amzn-requestid"sv), longestName);
}

/// Sets what an error has from the answer that it is, but for its code and message.
SECURE_TUNNELING_NOINLINE inline void setAnswer(Error& error, const HttpResponse& response) {
  error.delivery = Delivery::Answered;
  error.httpStatus = response.status;
  setRequestId(error.requestId, response);
}

}  // namespace detail

/// Replaces `body` by the JSON of `request`. Checks what the official SDKs check, and that text is
/// UTF-8: an `ErrorKind::InvalidArgument` names the member, and nothing has been sent.
inline Result<void> serializeRequest(const RotateTunnelAccessTokenRequest& request,
                                     std::string& body) {
  detail::RequestBody json(body);
  json.addRequired(R"({"tunnelId":)", "tunnelId", request.tunnelId);
  json.addRequired(R"(,"clientMode":)", "clientMode", request.clientMode.name());
  if (request.destinationConfig) json.addDestinationConfig(*request.destinationConfig);
  return json.finish();
}

namespace detail {

SECURE_TUNNELING_NOINLINE inline void takeToken(const StringMember& member,
                                                std::optional<Secret>& token) {
  if (member.found) token.emplace(member.text);
}

/// `parseResponse` into a new response of the caller's, which is not moved then.
inline Result<void> readResponse(HttpResponse& response, RotateTunnelAccessTokenResponse& out) {
  enum : std::size_t { arn, sourceToken, destinationToken };
  StringMembers members("tunnelArn sourceAccessToken destinationAccessToken"sv);
  std::string problem;
  readAnswer(response, members, members.count, problem);
  Result<void> read;
  if (problem.empty()) {
    if (members[arn].found) out.tunnelArn.emplace() = members[arn].text;
    takeToken(members[sourceToken], out.sourceAccessToken);
    takeToken(members[destinationToken], out.destinationAccessToken);
    setRequestId(out.requestId, response);
  } else {
    read = failure(ErrorKind::InvalidResponse, notUnderstood, problem.c_str());
    setAnswer(read.error(), response);
  }
  response.body.clear();
  return read;
}

}  // namespace detail

/// Reads the body of a 2xx answer, which is parsed in place and wiped. Unknown members are skipped,
/// null members are absent; a body that is no JSON object or is nested more than 16 levels deep, or
/// a member of the wrong type, is `ErrorKind::InvalidResponse` with a message that never quotes the
/// body.
inline Result<RotateTunnelAccessTokenResponse> parseResponse(HttpResponse& response) {
  RotateTunnelAccessTokenResponse out;
  Result<void> read = detail::readResponse(response, out);
  if (!read) return std::move(read).error();
  return out;
}

namespace detail {

/// `parseErrorResponse` into a new error of the caller's, and with everything quoted as it came,
/// for who has secrets to mask in it. Returns whether the message is a page.
SECURE_TUNNELING_NOINLINE inline bool readErrorResponse(HttpResponse& response, Error& error) {
  constexpr std::size_t longestPage = 1024;
  enum : std::size_t { type, code, message, otherMessage };
  StringMembers members("__type code message Message"sv);
  std::string problem;
  const BodyShape shape = readAnswer(response, members, 1, problem);
  setAnswer(error, response);
  const bool isJson = shape <= BodyShape::OtherJson;
  const bool isUnderstood = problem.empty();
  const bool isPage = !isUnderstood && shape == BodyShape::Text;
  error.kind = isUnderstood || !isJson ? ErrorKind::Service : ErrorKind::InvalidResponse;
  std::string_view name = sanitizeErrorCode(response.headers.valueOf("x-amzn-errortype"sv));
  if (isUnderstood && name.empty()) {
    name = sanitizeErrorCode(members[members[code].found ? code : type].text);
  }
  assignHead(error.code, name, longestName);
  // The last to be written: an echo in it must not go unmasked because something else got no
  // memory.
  if (isUnderstood) {
    assignHead(error.message, members[members[message].found ? message : otherMessage].text,
               Redactor::longestMessage);
  } else if (isPage) {
    assignHead(error.message, response.body.expose(), longestPage);
  } else {
    append(error.message, notUnderstood);
    append(error.message, problem.c_str());
  }
  if (error.message.empty() && error.code.empty()) {
    append(error.message, "no reason given: HTTP status ");
    appendDecimal(error.message, static_cast<std::size_t>(error.httpStatus));
  }
  error.retryAfterMs = retryAfterMs(response);
  response.body.clear();
  return isPage;
}

}  // namespace detail

/// Reads an answer that is not 2xx; its body is parsed in place and wiped. The code is that of the
/// header X-Amzn-Errortype, else the body's `code`, else its `__type`, sanitised; the message is
/// the body's `message` or `Message`. A body that is no JSON (a proxy's page) becomes the message,
/// cut to 1024 bytes and without what looks like tokens in it, unless it begins as JSON does or is
/// no text, as what is compressed: then it is not quoted. Where there is neither a code nor a
/// message, the message has the status. A body that is JSON of another shape is
/// `ErrorKind::InvalidResponse`. What is quoted may echo the request: `RotateCall`, which knows it,
/// masks that.
inline Error parseErrorResponse(HttpResponse& response) {
  Error error;
  if (detail::readErrorResponse(response, error)) detail::Redactor().mask(error.message);
  return error;
}

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_PROTOCOL_AWS_JSON_HPP
