// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_PROTOCOL_AWS_JSON_HPP
#define SECURE_TUNNELING_PROTOCOL_AWS_JSON_HPP

#include <cassert>
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
#include "secure_tunneling/protocol/detail/json_reader.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/seams/http_transport.hpp"

/// The awsJson1.1 protocol for this one operation: request to JSON, response and error bodies to
/// types. No I/O.
namespace secure_tunneling {
inline namespace v0_1 {

inline constexpr std::string_view contentType = "application/x-amz-json-1.1"sv;
inline constexpr std::string_view amzTarget = "IoTSecuredTunneling.RotateTunnelAccessToken"sv;

namespace detail {

namespace json = RAPIDJSON_NAMESPACE;

/// The reader calls itself for each nesting level: that is a kilobyte of code less than to iterate,
/// and with so few levels, of which the service's answers have three, no more stack.
inline constexpr int maxJsonDepth = 16;

/// RapidJSON's allocator concept for a reader in place, which asks for no memory.
struct NoJsonMemory {
  static constexpr bool kNeedFree = false;
  static void* Malloc(std::size_t) noexcept { return nullptr; }
  static void* Realloc(void*, std::size_t, std::size_t) noexcept { return nullptr; }
  static void Free(void*) noexcept {}
  // RapidJSON's stack makes one where it is given none: code that is never run, and not built then.
  static void* operator new(std::size_t) noexcept { return nullptr; }
  static void operator delete(void*) noexcept {}
};

/// A body that is read and changed in place, as the stream that RapidJSON's reader asks for.
class JsonInput {
 public:
  using Ch = char;

  explicit JsonInput(char* text) noexcept : in_(text) {}

  [[nodiscard]] Ch Peek() const noexcept { return *in_; }
  /// Steps over a character. The reader needs to be told which only to know what a number is worth,
  /// and nobody asks it that: with a constant here the compiler leaves out its arithmetic, a
  /// kilobyte, but not its grammar.
  Ch Take() noexcept {
    ++in_;
    return '0';
  }
  /// Asked wherever the reader finds a mistake; `position` tells it once for all.
  [[nodiscard]] static std::size_t Tell() noexcept { return 0; }
  Ch* PutBegin() noexcept { return out_ = in_; }
  void Put(Ch c) noexcept { *out_++ = c; }
  [[nodiscard]] std::size_t PutEnd(const Ch* begin) const noexcept {
    return static_cast<std::size_t>(out_ - begin);
  }

  /// Copies the character here, and those behind it that cannot mean anything in a string.
  void copy() noexcept {
    char* in = in_;
    char* out = out_;
    do {
      *out++ = *in++;
    } while (*in > '"' && *in != '\\');
    in_ = in;
    out_ = out;
  }
  /// How far the reader has come: up to a mistake, if there is one.
  [[nodiscard]] const char* position() const noexcept { return in_; }

 private:
  char* in_;
  char* out_ = nullptr;
};

/// UTF-8 for a reader of `JsonInput`: takes bytes as they are, which `isUtf8` looks at later.
/// RapidJSON 1.1's own takes all bytes that a first byte promises, also behind the end; and what it
/// writes for an escape is twice this.
struct JsonEncoding : json::UTF8<> {
  template <class Out>
  static bool Validate(JsonInput& in, Out&) noexcept {
    in.copy();
    return true;
  }
  template <class Out>
  static void Encode(Out& out, unsigned character) noexcept {
    if (character < 0x80) return out.Put(static_cast<char>(character));
    unsigned rest = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    out.Put(static_cast<char>(0x1F80U >> rest | character >> 6 * rest));
    while (rest-- != 0)
      out.Put(static_cast<char>(0x80 | (character >> 6 * rest & 0x3F)));
  }
};

/// Whether `text` is UTF-8; also asked about what was escaped, for RapidJSON 1.1 lets a lone low
/// surrogate through.
SECURE_TUNNELING_NOINLINE inline bool isUtf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i != text.size();) {
    const bool isAscii = static_cast<unsigned char>(text[i]) < 0x80;
    if (isAscii) {
      ++i;
    } else if (takeCharacter(text, i) == noCharacter) {
      return false;
    }
  }
  return true;
}

/// Appends a JSON string. By hand: RapidJSON's writer is 500 bytes of code and tables.
SECURE_TUNNELING_NOINLINE inline void appendJsonString(std::string& json, std::string_view text) {
  json += '"';
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      append(json, "\\u00");
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

inline constexpr char jsonNumber[] = "a number";

/// One member of a JSON object that is wanted as a string.
struct StringMember {
  std::string_view name;
  /// Where it stands in the parsed buffer; meaningful only when `found`, and for a number, whose
  /// `wrongType` is `jsonNumber`.
  std::string_view text;
  /// The JSON type that was there instead of a string; null when all is well.
  const char* wrongType = nullptr;
  bool found = false;
};

/// The members that are wanted, in which object, and how their names are compared.
struct StringMembers {
  static constexpr std::size_t most = 8;

  /// `names` has a space between two.
  SECURE_TUNNELING_NOINLINE explicit StringMembers(std::string_view names) noexcept {
    while (!names.empty()) {
      assert(count != most);
      list[count++].name = takePart(names, ' ');
    }
  }
  StringMember& operator[](std::size_t i) noexcept { return list[i]; }
  StringMember* begin() noexcept { return list; }
  StringMember* end() noexcept { return list + count; }

  std::size_t count = 0;
  /// Name of the member of the top-level object whose members are meant; empty for its own.
  std::string_view parent;
  bool ignoreCase = false;
  StringMember list[most] = {};
};

/// A SAX handler that collects string members of one object and skips all else. The last of several
/// members of one name counts, and null is as good as absent.
class MemberCollector {
 public:
  explicit MemberCollector(StringMembers& members) : members_(members) {}

  [[nodiscard]] bool isTooDeep() const noexcept { return depth_ > maxJsonDepth; }

  bool Null() { return take({}, nullptr); }
  bool Bool(bool) { return take({}, "a boolean"); }
  /// A `JsonInput` has come to the number's `end`, and knows of no size.
  bool RawNumber(const char* end, json::SizeType, bool) {
    const char* begin = end;
    // In front of a member's value stands a colon or a blank.
    while (current_ != nullptr && begin[-1] > ' ' && begin[-1] != ':')
      --begin;
    return take({begin, static_cast<std::size_t>(end - begin)}, jsonNumber);
  }
  bool String(const char* text, json::SizeType size, bool) {
    take({text, size}, nullptr);
    return isUtf8({text, size});
  }
  bool StartObject() { return enter("an object"); }
  bool Key(const char* text, json::SizeType size, bool) {
    const std::string_view name(text, size);
    current_ = nullptr;
    if (depth_ == 1 && !members_.parent.empty()) {
      inParent_ = isCalled(name, members_.parent, members_.ignoreCase);
    } else if (depth_ == (inParent_ ? 2 : 1)) {
      for (StringMember& member : members_) {
        if (isCalled(name, member.name, members_.ignoreCase)) current_ = &member;
      }
    }
    return isUtf8(name);
  }
  bool EndObject(json::SizeType) { return leave(); }
  bool StartArray() { return enter("an array"); }
  bool EndArray(json::SizeType) { return leave(); }

  // Not called with kParseNumbersAsStringsFlag, but a handler must have them.
  bool Int(int) { return true; }
  bool Uint(unsigned) { return true; }
  bool Int64(std::int64_t) { return true; }
  bool Uint64(std::uint64_t) { return true; }
  bool Double(double) { return true; }

 private:
  SECURE_TUNNELING_NOINLINE static bool isCalled(std::string_view name, std::string_view wanted,
                                                 bool ignoreCase) noexcept {
    return ignoreCase ? equalsIgnoreCase(name, wanted) : equals(name, wanted);
  }
  bool take(std::string_view text, const char* wrongType) {
    setCurrent(text, wrongType);
    return true;
  }
  /// Sets the value of the member that was named last, if that is a wanted one.
  SECURE_TUNNELING_NOINLINE void setCurrent(std::string_view text, const char* wrongType) {
    if (current_ == nullptr) return;
    current_->text = text;
    current_->wrongType = wrongType;
    current_->found = wrongType == nullptr && text.data() != nullptr;
    current_ = nullptr;
  }
  SECURE_TUNNELING_NOINLINE bool enter(const char* type) {
    setCurrent({}, type);
    return ++depth_ <= maxJsonDepth;
  }
  bool leave() {
    --depth_;
    return true;
  }

  StringMembers& members_;
  StringMember* current_ = nullptr;
  int depth_ = 0;
  bool inParent_ = false;
};

enum class BodyShape : unsigned char {
  Object,
  OtherJson,
  BrokenJson,  ///< begins like JSON that may hold a string
  Text,        ///< does not; nor has parsing it in place changed it then
};

/// The shape of a body that was parsed, by its first character: the first behind blanks and a byte
/// order mark.
inline BodyShape shapeOf(const char* body, bool isJson) noexcept {
  const char first = body[std::strspn(body, "\xef\xbb\xbf \t\r\n")];
  if (isJson) return first == '{' ? BodyShape::Object : BodyShape::OtherJson;
  return first == '{' || first == '[' || first == '"' ? BodyShape::BrokenJson : BodyShape::Text;
}

/// Parses `body` in place, points `members` into it and says what it is. Where that is no object
/// `problem`, which is empty, says why; it never quotes the body, which may hold tokens.
inline BodyShape collectMembers(Secret& body, StringMembers& members, std::string& problem) {
  if (body.empty()) {
    append(problem, "the body is empty");
    return BodyShape::Text;
  }
  NoJsonMemory memory;
  json::GenericReader<JsonEncoding, JsonEncoding, NoJsonMemory> reader(&memory);
  JsonInput input(body.data());
  MemberCollector collector(members);
  constexpr unsigned flags =
      json::kParseInsituFlag | json::kParseNumbersAsStringsFlag | json::kParseValidateEncodingFlag;
  const bool isRefused = reader.Parse<flags>(input, collector).IsError();
  const auto end = static_cast<std::size_t>(input.position() - body.data());
  // A NUL ends the input early: what stands behind one was not read.
  const bool isJson = !isRefused && end == body.size();
  const BodyShape shape = shapeOf(body.data(), isJson);
  if (!isJson) {
    append(problem, collector.isTooDeep() ? "JSON nested too deeply" : "not valid JSON in UTF-8");
    append(problem, ", at byte ");
    appendDecimal(problem, end);
    append(problem, " of ");
    appendDecimal(problem, body.size());
  } else if (shape != BodyShape::Object) {
    append(problem, "expected a JSON object");
  }
  return shape;
}

/// Sets `problem`, where there is none yet, to that of a member of the wrong type.
inline void findTypeProblem(const StringMember& member, std::string& problem) {
  if (!problem.empty() || member.wrongType == nullptr) return;
  problem = member.name;
  append(problem, ": expected a string, found ");
  append(problem, member.wrongType);
}

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
  error.retryAfterMs = retryAfterMs(response);
  response.body.clear();
  return isPage;
}

}  // namespace detail

/// Reads an answer that is not 2xx; its body is parsed in place and wiped. The code is that of the
/// header X-Amzn-Errortype, else the body's `code`, else its `__type`, sanitised; the message is
/// the body's `message` or `Message`. A body that is no JSON (a proxy's page) becomes the message,
/// cut to 1024 bytes and without what looks like tokens in it, unless it begins as JSON does: then
/// it is not quoted. A body that is JSON of another shape is `ErrorKind::InvalidResponse`. What is
/// quoted may echo the request: `RotateCall`, which knows it, masks that.
inline Error parseErrorResponse(HttpResponse& response) {
  Error error;
  if (detail::readErrorResponse(response, error)) detail::Redactor().mask(error.message);
  return error;
}

}  // namespace v0_1
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_PROTOCOL_AWS_JSON_HPP
