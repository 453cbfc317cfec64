// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_PROTOCOL_DETAIL_JSON_HPP
#define SECURE_TUNNELING_PROTOCOL_DETAIL_JSON_HPP

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "secure_tunneling/detail/ascii.hpp"
#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/protocol/detail/json_reader.hpp"
#include "secure_tunneling/secret.hpp"

/// Reading the string members of an object in JSON, and writing one string.
namespace secure_tunneling {
inline namespace v0_2 {
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

/// As many characters as the machine compares at once, in its order: what is asked of all of them
/// does not depend on that. They may be a secret's: taken by reference, and set to 0 afterwards,
/// for a compiler that does not optimise leaves each copy on the stack.
using CharacterWord = std::size_t;

/// A word in which every character is `c`.
constexpr CharacterWord wordOf(unsigned char c) noexcept {
  return CharacterWord(-1) / 0xFF * c;
}
/// From any address; there have to be that many.
inline const CharacterWord& loadWord(const char* text, CharacterWord& word) noexcept {
  std::memcpy(&word, text, sizeof word);
  return word;
}
constexpr bool isAscii(const CharacterWord& word) noexcept {
  return (word & wordOf(0x80)) == 0;
}
/// Whether every character is ASCII, and none a backslash, a quotation mark or less than that: any
/// other sets its highest bit in one of the two differences.
constexpr bool isPlain(const CharacterWord& word) noexcept {
  // Beforehand: over a call a compiler that does not optimise would save the word on the stack.
  constexpr CharacterWord behindQuote = wordOf('"' + 1);
  constexpr CharacterWord backslash = wordOf('\\');
  constexpr CharacterWord one = wordOf(1);
  return isAscii((word - behindQuote) | ((word ^ backslash) - one));
}
constexpr bool isPlain(char c) noexcept {
  return static_cast<signed char>(c) > '"' && c != '\\';
}

/// A body that is read and changed in place, as the stream that RapidJSON's reader asks for.
class JsonInput {
 public:
  using Ch = char;

  /// There is a NUL at `end`.
  explicit JsonInput(Secret& text) noexcept : in_(text.data()), end_(in_ + text.size()) {}

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
  void Put(Ch c) noexcept {
    highBits_ |= c & 0x80;
    *out_++ = c;
  }
  [[nodiscard]] std::size_t PutEnd(const Ch* begin) const noexcept {
    return static_cast<std::size_t>(out_ - begin);
  }

  /// Copies the character here, and those behind it that cannot mean anything in a string.
  void copy() noexcept {
    highBits_ |= *in_ & 0x80;
    char* in = in_ + 1;
    CharacterWord word = 0;
    for (; end_ - in >= wordSize && isPlain(loadWord(in, word)); word = 0)
      in += sizeof word;
    while (isPlain(*in))
      ++in;
    const auto size = static_cast<std::size_t>(in - in_);
    std::memmove(out_, in_, size);
    in_ = in;
    out_ += size;
  }
  /// Whether all that was copied or put is ASCII.
  [[nodiscard]] bool isAscii() const noexcept { return highBits_ == 0; }
  /// How far the reader has come: up to a mistake, if there is one.
  [[nodiscard]] const char* position() const noexcept { return in_; }

 private:
  static constexpr std::ptrdiff_t wordSize = sizeof(CharacterWord);

  char* in_;
  const char* end_;
  char* out_ = nullptr;
  int highBits_ = 0;
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
  CharacterWord word = 0;
  for (std::size_t i = 0; i != text.size();) {
    if (text.size() - i >= sizeof word && isAscii(loadWord(text.data() + i, word))) {
      i += sizeof word;
      word = 0;
    } else if (takeCharacter(text, i) == noCharacter) {
      return false;
    }
  }
  return true;
}

inline void appendCharacter(std::string& text, char c) {
  text.push_back(c);
}
inline void appendCharacter(Secret& text, char c) {
  text.append({&c, 1});
}
inline void append(Secret& text, const char* more) {
  text.append(more);
}

/// Appends a JSON string to a `std::string` or a `Secret`. By hand: RapidJSON's writer is 500 bytes
/// of code and tables.
template <class Text>
SECURE_TUNNELING_NOINLINE void appendJsonString(Text& json, std::string_view text) {
  appendCharacter(json, '"');
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      append(json, "\\u00");
      appendCharacter(json, c < 16 ? '0' : '1');
      c = "0123456789abcdef"[c & 15];
    } else if (c == '"' || c == '\\') {
      appendCharacter(json, '\\');
    }
    appendCharacter(json, c);
  }
  appendCharacter(json, '"');
}

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
  MemberCollector(StringMembers& members, const JsonInput& input)
      : members_(members), input_(input) {}

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
    return input_.isAscii() || isUtf8({text, size});
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
    return input_.isAscii() || isUtf8(name);
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
  const JsonInput& input_;
  StringMember* current_ = nullptr;
  int depth_ = 0;
  bool inParent_ = false;
};

enum class BodyShape : unsigned char {
  Object,
  OtherJson,
  Unquotable,  ///< begins like JSON that may hold a string, or has characters that no text has
  Text,        ///< neither; nor has parsing it in place changed it then
};

/// The first character of a body, behind blanks and a byte order mark.
inline char firstOf(const char* body) noexcept {
  return body[std::strspn(body, "\xef\xbb\xbf \t\r\n")];
}

/// The shape of a body that was parsed, by its `first` character. No text is what is compressed or
/// has a NUL in each character: no secret would be found in it.
inline BodyShape shapeOf(char first, const char* body, std::size_t size, bool isJson) noexcept {
  // Those that terminals know are told as what they are.
  constexpr char notOfText[] = "\1\2\3\4\5\6\10\16\17\20\21\22\23\24\25\26\27\30\31\34\35\36\37";
  if (isJson) return first == '{' ? BodyShape::Object : BodyShape::OtherJson;
  const bool isLikeJson = first == '{' || first == '[' || first == '"';
  const bool isText = !isLikeJson && std::strcspn(body, notOfText) == size;
  return isText ? BodyShape::Text : BodyShape::Unquotable;
}

/// How far a body was read: up to its end, or to what is wrong with it.
struct JsonReading {
  std::size_t end;
  bool isJson;
  bool isTooDeep;
};

/// Parses `body` in place and points `members` into it.
SECURE_TUNNELING_NOINLINE inline JsonReading readMembers(Secret& body, StringMembers& members) {
  json::GenericReader<JsonEncoding, JsonEncoding, NoJsonMemory> reader;
  JsonInput input(body);
  MemberCollector collector(members, input);
  constexpr unsigned flags =
      json::kParseInsituFlag | json::kParseNumbersAsStringsFlag | json::kParseValidateEncodingFlag;
  const bool isRefused = reader.Parse<flags>(input, collector).IsError();
  const auto end = static_cast<std::size_t>(input.position() - body.data());
  // A NUL ends the input early: what stands behind one was not read.
  return {end, !isRefused && end == body.size(), collector.isTooDeep()};
}

/// Parses `body` in place, points `members` into it and says what it is. Where that is no object
/// `problem`, which is empty, says why; it never quotes the body, which may hold tokens.
inline BodyShape collectMembers(Secret& body, StringMembers& members, std::string& problem) {
  if (body.empty()) {
    append(problem, "the body is empty");
    return BodyShape::Text;
  }
  const JsonReading reading = readMembers(body, members);
  const char first = firstOf(body.data());
  const BodyShape shape = shapeOf(first, body.data(), body.size(), reading.isJson);
  if (!reading.isJson) {
    if (first == '<') append(problem, "HTML or XML, ");
    if (first == '\x1f') append(problem, "compressed, ");  // by gzip
    append(problem, reading.isTooDeep ? "JSON nested too deeply" : "not valid JSON in UTF-8");
    append(problem, ", at byte ");
    appendDecimal(problem, reading.end);
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

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_PROTOCOL_DETAIL_JSON_HPP
