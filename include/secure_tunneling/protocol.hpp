// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_PROTOCOL_HPP
#define SECURE_TUNNELING_PROTOCOL_HPP

#include <rapidjson/reader.h>
#include <rapidjson/writer.h>

#include <cassert>
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

inline constexpr int maxJsonDepth = 64;

/// RapidJSON's allocator concept for the one block that an in-situ reader needs: its stack, of
/// eight bytes a nesting level. It grows by half, in place here.
class JsonStackMemory {
 public:
  static constexpr bool kNeedFree = false;
  void* Malloc(std::size_t) noexcept { return block_; }
  void* Realloc(void*, std::size_t, [[maybe_unused]] std::size_t size) noexcept {
    assert(size <= sizeof block_);
    return block_;
  }
  static void Free(void*) noexcept {}

 private:
  alignas(8) char block_[14 * maxJsonDepth];
};

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

/// Whether `text` is UTF-8. By hand: RapidJSON 1.1's decoder takes all bytes that a first byte
/// promises, also behind the end, and lets an escaped lone surrogate through.
[[gnu::noinline]] inline bool isUtf8(std::string_view text) noexcept {
  // Nearly all text is ASCII, and a loop that looks at everything is a quick one.
  unsigned char all = 0;
  for (const char c : text)
    all = static_cast<unsigned char>(all | static_cast<unsigned char>(c));
  if (all < 0x80) return true;
  std::uint32_t character = 0;
  std::uint32_t least = 0;
  int missing = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (missing == 0) {
      if (byte < 0x80) continue;
      if (byte < 0xC0 || byte >= 0xF8) return false;
      missing = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
      least = missing == 1 ? 0x80 : missing == 2 ? 0x800 : 0x10000;
      character = byte & (0x3FU >> missing);
    } else {
      if ((byte & 0xC0) != 0x80) return false;
      character = character << 6 | (byte & 0x3F);
      if (--missing == 0 && (character < least || character > 0x10FFFF ||
                             (character >= 0xD800 && character <= 0xDFFF))) {
        return false;
      }
    }
  }
  return missing == 0;
}

/// Appends `prefix`, which is JSON, and one string that must not be empty. `name` says in a message
/// which one it is.
[[gnu::noinline]] inline Result<void> appendRequired(std::string& json, std::string_view prefix,
                                                     std::string_view name, std::string_view text) {
  if (text.empty()) {
    return failure(ErrorKind::InvalidArgument, {name, ": required, at least one character"sv});
  }
  if (!isUtf8(text)) return failure(ErrorKind::InvalidArgument, {name, ": not valid UTF-8"sv});
  json += prefix;
  StringOutput output(json);
  json::Writer<StringOutput> writer(output);
  writer.String(text.data(), static_cast<json::SizeType>(text.size()));
  return {};
}

inline Result<void> appendDestinationConfig(std::string& json, const DestinationConfig& config) {
  std::string_view prefix = R"(,"destinationConfig":{"services":[)"sv;
  if (config.thingName) {
    Result<void> appended = appendRequired(json, R"(,"destinationConfig":{"thingName":)"sv,
                                           "destinationConfig.thingName"sv, *config.thingName);
    if (!appended) return appended;
    prefix = R"(,"services":[)"sv;
  }
  if (config.services.empty()) {
    return failure(ErrorKind::InvalidArgument,
                   {"destinationConfig.services: required, at least one service"sv});
  }
  for (const std::string& service : config.services) {
    Result<void> appended = appendRequired(json, prefix, "destinationConfig.services"sv, service);
    if (!appended) return appended;
    prefix = ","sv;
  }
  json += "]}"sv;
  return {};
}

inline constexpr std::string_view jsonNumber = "a number"sv;

/// One member of a JSON object that is wanted as a string.
struct StringMember {
  [[gnu::noinline]] explicit StringMember(std::string_view memberName) : name(memberName) {}

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
    return isUtf8({text, size}) && take({text, size}, {});
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
    return isUtf8({text, size});
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
  JsonStackMemory memory;
  json::GenericReader<json::UTF8<>, json::UTF8<>, JsonStackMemory> reader(&memory);
  json::InsituStringStream stream(body.data());
  MemberCollector collector(members, count, place);
  constexpr unsigned flags =
      json::kParseInsituFlag | json::kParseIterativeFlag | json::kParseNumbersAsStringsFlag;
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
[[gnu::noinline]] inline std::string_view sanitizeErrorCode(std::string_view code) noexcept {
  code = code.substr(0, code.find(':'));
  const std::size_t hash = code.find('#');
  return trimBlanks(hash == std::string_view::npos ? code : code.substr(hash + 1));
}

/// Milliseconds the service asks to wait: its own header in milliseconds, or HTTP's in seconds.
/// Anything but digits (an HTTP date, a negative number) is ignored.
inline std::optional<std::int64_t> retryAfterMs(const HttpHeaders& headers) noexcept {
  std::int64_t factor = 1;
  auto header = headers.find("x-amz-retry-after"sv);
  if (!header) {
    factor = 1000;
    header = headers.find("retry-after"sv);
  }
  const std::int64_t value = header ? parseDecimal(*header) : -1;
  if (value < 0) return std::nullopt;
  return value * factor;
}

/// The value of a header; empty without it.
[[gnu::noinline]] inline std::string_view headerOf(const HttpResponse& response,
                                                   std::string_view name) noexcept {
  return response.headers.find(name).value_or(std::string_view{});
}

/// Whether `text`, which is no JSON, may have been meant as some that holds a string.
inline bool beginsAsJson(std::string_view text) noexcept {
  constexpr std::string_view byteOrderMark = "\xef\xbb\xbf"sv;
  if (text.substr(0, byteOrderMark.size()) == byteOrderMark) {
    text.remove_prefix(byteOrderMark.size());
  }
  text = trimBlanks(text);
  return !text.empty() && "{[\""sv.find(text.front()) != std::string_view::npos;
}

/// The error that an answer is. Its message is the last to be written: an echo in it must not go
/// unmasked because something else got no memory.
[[gnu::noinline]] inline Error errorOfAnswer(ErrorKind kind, const HttpResponse& response,
                                             std::string_view code,
                                             std::initializer_list<std::string_view> message) {
  Error error;
  error.kind = kind;
  error.delivery = Delivery::Answered;
  error.httpStatus = response.status;
  error.code = code;
  error.requestId = headerOf(response, "x-amzn-requestid"sv);
  assignPieces(error.message, message);
  return error;
}

}  // namespace detail

/// Replaces `body` by the JSON of `request`. Checks what the official SDKs check, and that text is
/// UTF-8: an `ErrorKind::InvalidArgument` names the member, and nothing has been sent.
inline Result<void> serializeRequest(const RotateTunnelAccessTokenRequest& request,
                                     std::string& body) {
  body.clear();
  Result<void> appended =
      detail::appendRequired(body, R"({"tunnelId":)"sv, "tunnelId"sv, request.tunnelId);
  if (appended) {
    appended = detail::appendRequired(body, R"(,"clientMode":)"sv, "clientMode"sv,
                                      request.clientMode.name());
  }
  if (appended && request.destinationConfig) {
    appended = detail::appendDestinationConfig(body, *request.destinationConfig);
  }
  if (appended) body += '}';
  return appended;
}

namespace detail {

/// `parseResponse` into a new response of the caller's, which is not moved then.
inline Result<void> readResponse(HttpResponse& response, RotateTunnelAccessTokenResponse& out) {
  StringMember members[] = {StringMember("tunnelArn"sv), StringMember("sourceAccessToken"sv),
                            StringMember("destinationAccessToken"sv)};
  std::string problem = collectMembers(response.body, members, 3).problem;
  for (const StringMember& member : members) {
    if (problem.empty()) problem = typeProblem(member);
  }
  if (problem.empty()) {
    if (members[0].found) out.tunnelArn.emplace(members[0].text);
    if (members[1].found) out.sourceAccessToken.emplace(members[1].text);
    if (members[2].found) out.destinationAccessToken.emplace(members[2].text);
    out.requestId = headerOf(response, "x-amzn-requestid"sv);
  }
  response.body.clear();
  if (problem.empty()) return {};
  return errorOfAnswer(ErrorKind::InvalidResponse, response, {},
                       {"the service's answer cannot be understood: "sv, problem});
}

}  // namespace detail

/// Reads the body of a 2xx answer, which is parsed in place and wiped. Unknown members are skipped,
/// null members are absent; a body that is no JSON object, or a member of the wrong type, is
/// `ErrorKind::InvalidResponse` with a message that never quotes the body.
inline Result<RotateTunnelAccessTokenResponse> parseResponse(HttpResponse& response) {
  RotateTunnelAccessTokenResponse out;
  Result<void> read = detail::readResponse(response, out);
  if (!read) return std::move(read).error();
  return out;
}

/// Reads an answer that is not 2xx; its body is parsed in place and wiped. The code is that of the
/// header X-Amzn-Errortype, else the body's `code`, else its `__type`, sanitised; the message is
/// the body's `message` or `Message`. A body that is no JSON (a proxy's page) becomes the message,
/// cut to 1024 bytes, unless it begins as JSON does: then it may hold tokens and is not quoted. A
/// body that is JSON of another shape is `ErrorKind::InvalidResponse`.
inline Error parseErrorResponse(HttpResponse& response) {
  // In-place parsing would spoil the text of a body that turns out not to be JSON.
  const Secret raw(response.body.expose().substr(0, 1024));
  using Member = detail::StringMember;
  Member members[] = {Member("__type"sv), Member("code"sv), Member("message"sv),
                      Member("Message"sv)};
  detail::BodyReading reading = detail::collectMembers(response.body, members, 4);
  if (reading.problem.empty()) reading.problem = detail::typeProblem(members[0]);
  std::string_view code =
      detail::sanitizeErrorCode(detail::headerOf(response, "x-amzn-errortype"sv));

  ErrorKind kind = ErrorKind::Service;
  std::string_view message = raw.expose();
  std::string_view problem;
  const bool isJson = reading.shape != detail::BodyShape::NotJson;
  if (reading.problem.empty()) {
    message = members[2].found ? members[2].text : members[3].text;
    const Member& named = members[1].found ? members[1] : members[0];
    if (code.empty()) code = detail::sanitizeErrorCode(named.text);
  } else if (isJson || detail::beginsAsJson(message)) {
    if (isJson) kind = ErrorKind::InvalidResponse;
    message = "the service's error cannot be understood: "sv;
    problem = reading.problem;
  }
  Error error = detail::errorOfAnswer(kind, response, code, {message, problem});
  error.retryAfterMs = detail::retryAfterMs(response.headers);
  response.body.clear();
  return error;
}

}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_PROTOCOL_HPP
