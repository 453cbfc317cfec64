// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_PROTOCOL_HPP
#define SECURE_TUNNELING_PROTOCOL_HPP

#include <rapidjson/reader.h>
#include <rapidjson/writer.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/http.hpp"
#include "secure_tunneling/model.hpp"
#include "secure_tunneling/result.hpp"

/// The awsJson1.1 protocol for this one operation: request to JSON, response and error bodies to
/// types. No I/O.
namespace secure_tunneling {
inline namespace v1 {

inline constexpr std::string_view contentType = "application/x-amz-json-1.1"sv;
inline constexpr std::string_view amzTarget = "IoTSecuredTunneling.RotateTunnelAccessToken"sv;

namespace detail {

namespace json = RAPIDJSON_NAMESPACE;

// Both need a few bytes a nesting level: enough here that nothing of usual size touches the heap.
using JsonStackMemory = json::MemoryPoolAllocator<>;
inline constexpr std::size_t jsonStackBytes = 1024;
inline constexpr int maxJsonDepth = 64;

/// RapidJSON's output stream concept over a std::string.
class StringOutput {
 public:
  using Ch = char;
  explicit StringOutput(std::string& text) : text_(text) {}
  void Put(char c) { text_.push_back(c); }
  void Flush() {}

 private:
  std::string& text_;
};

using JsonWriter = json::Writer<StringOutput, json::UTF8<>, json::UTF8<>, JsonStackMemory,
                                json::kWriteValidateEncodingFlag>;

/// Whether one of the last bytes of `text` begins a UTF-8 character that is longer than what is
/// left. RapidJSON 1.1 takes all bytes that a first byte promises, and would run over the end here.
inline bool endsInsideCharacter(std::string_view text) noexcept {
  for (std::size_t left = 1; left <= 3 && left <= text.size(); ++left) {
    const auto byte = static_cast<unsigned char>(text[text.size() - left]);
    if (byte >= 0xC0 && left < (byte >= 0xF0 ? 4U : byte >= 0xE0 ? 3U : 2U)) return true;
  }
  return false;
}

inline void writeKey(JsonWriter& writer, std::string_view name) {
  writer.Key(name.data(), static_cast<json::SizeType>(name.size()));
}

/// Writes one string that must not be empty. `name` says in a message which one it is.
inline Result<void> writeRequired(JsonWriter& writer, std::string_view name,
                                  std::string_view text) {
  if (text.empty()) {
    return errorOf(ErrorKind::InvalidArgument, {name, ": required, at least one character"sv});
  }
  if (endsInsideCharacter(text) ||
      !writer.String(text.data(), static_cast<json::SizeType>(text.size()))) {
    return errorOf(ErrorKind::InvalidArgument, {name, ": not valid UTF-8"sv});
  }
  return {};
}

inline Result<void> writeDestinationConfig(JsonWriter& writer, const DestinationConfig& config) {
  writeKey(writer, "destinationConfig"sv);
  writer.StartObject();
  if (config.thingName) {
    writeKey(writer, "thingName"sv);
    Result<void> written =
        writeRequired(writer, "destinationConfig.thingName"sv, *config.thingName);
    if (!written) return written;
  }
  if (config.services.empty()) {
    return makeError(ErrorKind::InvalidArgument,
                     "destinationConfig.services: required, at least one service"sv);
  }
  writeKey(writer, "services"sv);
  writer.StartArray();
  for (const std::string& service : config.services) {
    Result<void> written = writeRequired(writer, "destinationConfig.services"sv, service);
    if (!written) return written;
  }
  writer.EndArray();
  writer.EndObject();
  return {};
}

inline constexpr std::string_view jsonNumber = "a number"sv;

/// One member of a JSON object that is wanted as a string.
struct StringMember {
  explicit StringMember(std::string_view memberName) : name(memberName) {}

  std::string_view name;
  /// Where it stands in the parsed buffer; meaningful only when `found`, and for a number, whose
  /// `wrongType` is `jsonNumber`.
  std::string_view text;
  bool found = false;
  /// The JSON type that was there instead of a string; empty when all is well.
  std::string_view wrongType;
};

/// Where in a document the wanted members are, and how their names are compared.
struct MemberPlace {
  /// Name of the member of the top-level object whose members are meant; empty for its own.
  std::string_view parent;
  bool ignoreCase = false;
};

/// A SAX handler that collects string members of one object and skips all else. The last of several
/// members of one name counts, and null is as good as absent.
class MemberCollector {
 public:
  MemberCollector(StringMember* members, std::size_t count, MemberPlace place)
      : members_(members), count_(count), place_(place) {}

  [[nodiscard]] bool isObject() const noexcept { return isObject_; }
  [[nodiscard]] bool isTooDeep() const noexcept { return depth_ > maxJsonDepth; }

  bool Null() { return take({}, {}); }
  bool Bool(bool) { return take({}, "a boolean"sv); }
  bool RawNumber(const char* text, json::SizeType size, bool) {
    return take({text, size}, jsonNumber);
  }
  bool String(const char* text, json::SizeType size, bool) {
    // RapidJSON 1.1 lets an escaped lone low surrogate through, as bytes that are no UTF-8.
    const std::string_view view(text, size);
    for (std::size_t at = view.find('\xED'); at < view.size(); at = view.find('\xED', at + 1)) {
      if (at + 1 < view.size() && static_cast<unsigned char>(view[at + 1]) >= 0xA0) return false;
    }
    return take(view, {});
  }
  bool StartObject() {
    if (depth_ == 0) isObject_ = true;
    return take({}, "an object"sv) && enter();
  }
  bool Key(const char* text, json::SizeType size, bool) {
    const std::string_view name(text, size);
    current_ = nullptr;
    if (depth_ == 1) inPlace_ = place_.parent.empty() || isCalled(name, place_.parent);
    const bool isMember = inPlace_ && depth_ == (place_.parent.empty() ? 1 : 2);
    for (std::size_t i = 0; isMember && i != count_; ++i) {
      if (isCalled(name, members_[i].name)) current_ = &members_[i];
    }
    return true;
  }
  bool EndObject(json::SizeType) { return leave(); }
  bool StartArray() { return take({}, "an array"sv) && enter(); }
  bool EndArray(json::SizeType) { return leave(); }

  // Not called with kParseNumbersAsStringsFlag, but a handler must have them.
  bool Int(int) { return true; }
  bool Uint(unsigned) { return true; }
  bool Int64(std::int64_t) { return true; }
  bool Uint64(std::uint64_t) { return true; }
  bool Double(double) { return true; }

 private:
  [[nodiscard]] bool isCalled(std::string_view name, std::string_view wanted) const noexcept {
    return name == wanted || (place_.ignoreCase && equalsIgnoreCase(name, wanted));
  }
  bool take(std::string_view text, std::string_view wrongType) {
    if (current_ != nullptr) {
      current_->found = wrongType.empty() && text.data() != nullptr;
      current_->text = text;
      current_->wrongType = wrongType;
      current_ = nullptr;
    }
    return true;
  }
  bool enter() { return ++depth_ <= maxJsonDepth; }
  bool leave() {
    --depth_;
    return true;
  }

  StringMember* members_;
  std::size_t count_;
  MemberPlace place_;
  StringMember* current_ = nullptr;
  int depth_ = 0;
  bool inPlace_ = false;
  bool isObject_ = false;
};

enum class BodyShape : unsigned char { Object, OtherJson, NotJson };

struct BodyReading {
  BodyShape shape = BodyShape::Object;
  /// What is wrong with the body; never quotes it, for it may hold tokens.
  std::string problem;
};

/// Parses `body` in place and points `members` into it.
inline BodyReading collectMembers(Secret& body, StringMember* members, std::size_t count,
                                  MemberPlace place = {}) {
  if (body.empty()) return {BodyShape::NotJson, "the body is empty"};
  if (endsInsideCharacter(body.expose())) {
    return {BodyShape::NotJson, "the body ends inside a UTF-8 character"};
  }
  char stack[jsonStackBytes];
  JsonStackMemory memory(stack, sizeof stack);
  json::GenericReader<json::UTF8<>, json::UTF8<>, JsonStackMemory> reader(&memory);
  json::InsituStringStream stream(body.data());
  MemberCollector collector(members, count, place);
  constexpr unsigned flags = json::kParseInsituFlag | json::kParseIterativeFlag |
                             json::kParseValidateEncodingFlag | json::kParseNumbersAsStringsFlag;
  const json::ParseResult parsed = reader.Parse<flags>(stream, collector);
  if (collector.isTooDeep()) return {BodyShape::NotJson, "JSON nested too deeply"};
  // A NUL ends the stream early: what stands behind one was not read.
  if (parsed.IsError() || stream.Tell() != body.size()) {
    const std::size_t offset = parsed.IsError() ? parsed.Offset() : stream.Tell();
    return {BodyShape::NotJson,
            concat({"not valid JSON in UTF-8, at byte "sv, Decimal(offset).text(), " of "sv,
                    Decimal(body.size()).text()})};
  }
  if (!collector.isObject()) return {BodyShape::OtherJson, "expected a JSON object"};
  return {};
}

/// The problem with a member of the wrong type; empty when there is none.
inline std::string typeProblem(const StringMember& member) {
  if (member.wrongType.empty()) return {};
  return concat({member.name, ": expected a string, found "sv, member.wrongType});
}

/// `namespace#Code:uri` to `Code`, by the awsJson rules.
inline std::string_view sanitizeErrorCode(std::string_view code) noexcept {
  code = code.substr(0, code.find(':'));
  const std::size_t hash = code.find('#');
  return trimBlanks(hash == std::string_view::npos ? code : code.substr(hash + 1));
}

/// Milliseconds the service asks to wait: its own header in milliseconds, or HTTP's in seconds.
/// Anything but digits (an HTTP date, a negative number) is ignored.
inline std::optional<std::int64_t> retryAfterMs(const HttpHeaders& headers) noexcept {
  const auto parse = [](std::string_view text) -> std::optional<std::int64_t> {
    if (text.empty() || text.size() > 9) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text) {
      if (!isDigit(c)) return std::nullopt;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  if (const auto header = headers.find("x-amz-retry-after"sv)) return parse(*header);
  if (const auto header = headers.find("retry-after"sv)) {
    if (const auto seconds = parse(*header)) return *seconds * 1000;
  }
  return std::nullopt;
}

inline std::string_view requestIdOf(const HttpHeaders& headers) noexcept {
  return headers.find("x-amzn-requestid"sv).value_or(std::string_view{});
}

/// What every error of an answer says, whatever the body.
inline Error errorOfAnswer(ErrorKind kind, const HttpResponse& response) {
  Error error;
  error.kind = kind;
  error.delivery = Delivery::Answered;
  error.httpStatus = response.status;
  error.requestId = requestIdOf(response.headers);
  return error;
}

}  // namespace detail

/// Replaces `body` by the JSON of `request`. Checks what the official SDKs check, and that text is
/// UTF-8: an `ErrorKind::InvalidArgument` names the member, and nothing has been sent.
inline Result<void> serializeRequest(const RotateTunnelAccessTokenRequest& request,
                                     std::string& body) {
  body.clear();
  char stack[detail::jsonStackBytes];
  detail::JsonStackMemory memory(stack, sizeof stack);
  detail::StringOutput output(body);
  detail::JsonWriter writer(output, &memory);
  writer.StartObject();
  detail::writeKey(writer, "tunnelId"sv);
  Result<void> written = detail::writeRequired(writer, "tunnelId"sv, request.tunnelId);
  if (!written) return written;
  detail::writeKey(writer, "clientMode"sv);
  written = detail::writeRequired(writer, "clientMode"sv, request.clientMode.name());
  if (!written) return written;
  if (request.destinationConfig) {
    written = detail::writeDestinationConfig(writer, *request.destinationConfig);
    if (!written) return written;
  }
  writer.EndObject();
  return {};
}

/// Reads the body of a 2xx answer, which is parsed in place and wiped. Unknown members are skipped,
/// null members are absent; a body that is no JSON object, or a member of the wrong type, is
/// `ErrorKind::InvalidResponse` with a message that never quotes the body.
inline Result<RotateTunnelAccessTokenResponse> parseResponse(HttpResponse& response) {
  using Member = detail::StringMember;
  Member members[] = {Member("tunnelArn"sv), Member("sourceAccessToken"sv),
                      Member("destinationAccessToken"sv)};
  std::string problem = detail::collectMembers(response.body, members, 3).problem;
  for (const Member& member : members) {
    if (problem.empty()) problem = detail::typeProblem(member);
  }
  if (!problem.empty()) {
    response.body.clear();
    Error error = detail::errorOfAnswer(ErrorKind::InvalidResponse, response);
    error.message = detail::concat({"the service's answer cannot be understood: "sv, problem});
    return error;
  }
  RotateTunnelAccessTokenResponse out;
  if (members[0].found) out.tunnelArn.emplace(members[0].text);
  if (members[1].found) out.sourceAccessToken.emplace(members[1].text);
  if (members[2].found) out.destinationAccessToken.emplace(members[2].text);
  out.requestId = detail::requestIdOf(response.headers);
  response.body.clear();
  return out;
}

/// Reads an answer that is not 2xx; its body is parsed in place and wiped. The code is that of the
/// header X-Amzn-Errortype, else the body's `code`, else its `__type`, sanitised; the message is
/// the body's `message` or `Message`. A body that is no JSON (a proxy's page) becomes the message,
/// cut to 1024 bytes. A body that is JSON of another shape is `ErrorKind::InvalidResponse`.
inline Error parseErrorResponse(HttpResponse& response) {
  // In-place parsing would spoil the text of a body that turns out not to be JSON.
  const Secret raw(response.body.expose().substr(0, 1024));
  using Member = detail::StringMember;
  Member members[] = {Member("__type"sv), Member("code"sv), Member("message"sv),
                      Member("Message"sv)};
  detail::BodyReading reading = detail::collectMembers(response.body, members, 4);
  if (reading.problem.empty()) reading.problem = detail::typeProblem(members[0]);

  Error error = detail::errorOfAnswer(ErrorKind::Service, response);
  error.retryAfterMs = detail::retryAfterMs(response.headers);
  if (const auto header = response.headers.find("x-amzn-errortype"sv)) {
    error.code = detail::sanitizeErrorCode(*header);
  }
  if (reading.shape == detail::BodyShape::NotJson) {
    error.message = raw.expose();
  } else if (!reading.problem.empty()) {
    error.kind = ErrorKind::InvalidResponse;
    error.message =
        detail::concat({"the service's error cannot be understood: "sv, reading.problem});
  } else {
    const Member& code = members[1].found ? members[1] : members[0];
    if (error.code.empty()) error.code = detail::sanitizeErrorCode(code.text);
    error.message = members[2].found ? members[2].text : members[3].text;
  }
  response.body.clear();
  return error;
}

}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_PROTOCOL_HPP
