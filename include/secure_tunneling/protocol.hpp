// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_PROTOCOL_HPP
#define SECURE_TUNNELING_PROTOCOL_HPP

#include <rapidjson/reader.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
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

/// RapidJSON's allocator concept for the one block that an in-situ reader or a writer needs: its
/// stack, of eight bytes a nesting level or sixteen. It grows by half, in place here.
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

/// Appends a JSON string. By hand: RapidJSON's writer is 500 bytes of code and tables.
[[gnu::noinline]] inline void appendJsonString(std::string& json, std::string_view text) {
  json += '"';
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      json += "\\u00";
      json += c < 16 ? '0' : '1';
      c = "0123456789abcdef"[c & 15];
    } else if (c == '"' || c == '\\') {
      json += '\\';
    }
    json += c;
  }
  json += '"';
}

/// Where a request is written as JSON, member by member, until one of them cannot be sent.
class RequestBody {
 public:
  explicit RequestBody(std::string& json) : json_(json) { json_.clear(); }

  /// Appends `prefix`, which is JSON, and one string that must not be empty. `name` says in a
  /// message which one it is.
  [[gnu::noinline]] void addRequired(const char* prefix, const char* name, std::string_view text) {
    json_ += prefix;
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
    json_ += "]}";
  }
  Result<void> finish() {
    json_ += '}';
    if (problem_ == nullptr) return {};
    return failure(ErrorKind::InvalidArgument, {name_, problem_});
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

inline constexpr std::string_view jsonNumber = "a number"sv;

/// One member of a JSON object that is wanted as a string.
struct StringMember {
  std::string_view name;
  /// Where it stands in the parsed buffer; meaningful only when `found`, and for a number, whose
  /// `wrongType` is `jsonNumber`.
  std::string_view text;
  /// The JSON type that was there instead of a string; empty when all is well.
  std::string_view wrongType;
  bool found = false;
};

/// The members that are wanted, in which object, and how their names are compared.
struct StringMembers {
  static constexpr std::size_t most = 8;

  /// `names` has a space between two.
  [[gnu::noinline]] explicit StringMembers(std::string_view names) noexcept {
    while (!names.empty()) {
      assert(count != most);
      list[count++].name = takePart(names, ' ');
    }
  }
  StringMember& operator[](std::size_t i) noexcept { return list[i]; }

  StringMember list[most];
  std::size_t count = 0;
  /// Name of the member of the top-level object whose members are meant; empty for its own.
  std::string_view parent;
  bool ignoreCase = false;
};

/// A SAX handler that collects string members of one object and skips all else. The last of several
/// members of one name counts, and null is as good as absent.
class MemberCollector {
 public:
  explicit MemberCollector(StringMembers& members) : members_(members) {}

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
    const bool isOfTop = members_.parent.empty();
    if (depth_ == 1) inPlace_ = isOfTop || isCalled(name, members_.parent);
    const bool isMember = inPlace_ && depth_ == (isOfTop ? 1 : 2);
    for (std::size_t i = 0; isMember && i != members_.count; ++i) {
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
    return name == wanted || (members_.ignoreCase && equalsIgnoreCase(name, wanted));
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

  StringMembers& members_;
  StringMember* current_ = nullptr;
  int depth_ = 0;
  bool inPlace_ = false;
  bool isObject_ = false;
};

enum class BodyShape : unsigned char { Object, OtherJson, NotJson };

/// Parses `body` in place, points `members` into it and says what it is. `problem` is set where
/// that is no object; it never quotes the body, which may hold tokens.
inline BodyShape collectMembers(Secret& body, StringMembers& members, std::string& problem) {
  if (body.empty()) {
    problem = "the body is empty"sv;
    return BodyShape::NotJson;
  }
  JsonStackMemory memory;
  json::GenericReader<json::UTF8<>, json::UTF8<>, JsonStackMemory> reader(&memory);
  json::InsituStringStream stream(body.data());
  MemberCollector collector(members);
  constexpr unsigned flags =
      json::kParseInsituFlag | json::kParseIterativeFlag | json::kParseNumbersAsStringsFlag;
  const json::ParseResult parsed = reader.Parse<flags>(stream, collector);
  const std::size_t end = parsed.IsError() ? parsed.Offset() : stream.Tell();
  // A NUL ends the stream early: what stands behind one was not read.
  if (!parsed.IsError() && end == body.size()) {
    if (collector.isObject()) return BodyShape::Object;
    problem = "expected a JSON object"sv;
    return BodyShape::OtherJson;
  }
  assignPieces(problem,
               {collector.isTooDeep() ? "JSON nested too deeply"sv : "not valid JSON in UTF-8"sv,
                ", at byte "sv, Decimal(end).text(), " of "sv, Decimal(body.size()).text()});
  return BodyShape::NotJson;
}

/// Sets `problem`, where there is none yet, to that of a member of the wrong type.
inline void findTypeProblem(const StringMember& member, std::string& problem) {
  if (!problem.empty() || member.wrongType.empty()) return;
  assignPieces(problem, {member.name, ": expected a string, found "sv, member.wrongType});
}

/// `namespace#Code:uri` to `Code`, by the awsJson rules.
[[gnu::noinline]] inline std::string_view sanitizeErrorCode(std::string_view code) noexcept {
  code = takePart(code, ':');
  std::string_view name = code;
  const bool hasNamespace = takePart(name, '#').size() != code.size();
  return trimBlanks(hasNamespace ? name : code);
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

/// Whether `text`, which is no JSON, may have been meant as some that holds a string.
inline bool beginsAsJson(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of("\xef\xbb\xbf \t\r\n"sv);
  if (begin == std::string_view::npos) return false;
  return text[begin] == '{' || text[begin] == '[' || text[begin] == '"';
}

[[gnu::noinline]] inline void setRequestId(std::string& id, const HttpResponse& response) {
  id = response.headers.valueOf("x-amzn-requestid"sv);
}

[[gnu::noinline]] inline void prepend(std::string& text, std::string_view prefix) {
  text = concat({prefix, text});
}

/// Sets what an error has from the answer that it is, but for its code and message.
[[gnu::noinline]] inline void setAnswer(Error& error, ErrorKind kind,
                                        const HttpResponse& response) {
  error.kind = kind;
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

[[gnu::noinline]] inline void takeToken(const StringMember& member, std::optional<Secret>& token) {
  if (member.found) token.emplace(member.text);
}

/// `parseResponse` into a new response of the caller's, which is not moved then.
inline Result<void> readResponse(HttpResponse& response, RotateTunnelAccessTokenResponse& out) {
  StringMembers members("tunnelArn sourceAccessToken destinationAccessToken"sv);
  Error error;
  collectMembers(response.body, members, error.message);
  for (std::size_t i = 0; i != 3; ++i)
    findTypeProblem(members[i], error.message);
  const bool isUnderstood = error.message.empty();
  if (isUnderstood) {
    if (members[0].found) out.tunnelArn.emplace(members[0].text);
    takeToken(members[1], out.sourceAccessToken);
    takeToken(members[2], out.destinationAccessToken);
    setRequestId(out.requestId, response);
  }
  response.body.clear();
  if (isUnderstood) return {};
  setAnswer(error, ErrorKind::InvalidResponse, response);
  prepend(error.message, "the service's answer cannot be understood: "sv);
  return error;
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
  detail::StringMembers members("__type code message Message"sv);
  Error error;
  const detail::BodyShape shape = detail::collectMembers(response.body, members, error.message);
  detail::findTypeProblem(members[0], error.message);
  detail::setAnswer(error, ErrorKind::Service, response);
  std::string_view code = detail::sanitizeErrorCode(response.headers.valueOf("x-amzn-errortype"sv));
  const bool isJson = shape != detail::BodyShape::NotJson;
  const bool isUnderstood = error.message.empty();
  if (isUnderstood && code.empty()) {
    const detail::StringMember& named = members[1].found ? members[1] : members[0];
    code = detail::sanitizeErrorCode(named.text);
  }
  error.code = code;
  // The last to be written: an echo in it must not go unmasked because something else got no
  // memory.
  if (isUnderstood) {
    error.message = members[2].found ? members[2].text : members[3].text;
  } else if (isJson || detail::beginsAsJson(raw.expose())) {
    if (isJson) error.kind = ErrorKind::InvalidResponse;
    detail::prepend(error.message, "the service's error cannot be understood: "sv);
  } else {
    error.message = raw.expose();
  }
  error.retryAfterMs = detail::retryAfterMs(response);
  response.body.clear();
  return error;
}

}  // namespace v1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_PROTOCOL_HPP
