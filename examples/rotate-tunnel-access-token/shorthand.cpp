// SPDX-License-Identifier: BSL-1.0
#include "shorthand.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "text.hpp"

using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;

namespace {

constexpr std::string_view whitespace = " \t\n\r\v\f";

bool isWhitespace(char c) {
  return whitespace.find(c) != std::string_view::npos;
}
bool isKeyCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && std::string_view("-_.#/:").find(c) != std::string_view::npos);
}

// What may stand in a word that is not quoted: the AWS CLI has it in character ranges that end at
// U+FFFF, so that an emoji (four bytes in UTF-8) must be quoted.
bool isWordCharacter(char c, std::string_view excluded) {
  const auto byte = static_cast<unsigned char>(c);
  return isWhitespace(c) ||
         (byte > 0x20 && byte < 0xF0 && excluded.find(c) == std::string_view::npos);
}
bool startsWord(char c) {
  return !isWhitespace(c) && isWordCharacter(c, "\"',=[{");
}
/// The first word behind a "=" may hold another "=", but no closing bracket.
bool continuesFirstWord(char c) {
  return isWordCharacter(c, "\"',]}");
}
/// A further word may hold brackets, but no "=": that would make it the next key.
bool continuesFurtherWord(char c) {
  return isWordCharacter(c, "\"',=");
}

std::string replaceAll(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
    out.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
  }
  return out.append(text);
}

/// A recursive-descent parser. After a failure the functions return at once, and what they return
/// means nothing.
class ShorthandParser {
  /// Told in words at the end only: most of them are not the last word, see `readWords`.
  struct Problem {
    enum class Kind : unsigned char { Unexpected, SecondKey, Nesting };
    Kind kind;
    /// What was expected, or the key.
    std::string what;
    std::size_t at;
  };

 public:
  using Load = Result<ArgumentText> (*)(const std::string&);

  ShorthandParser(std::string_view text, Load load) : text_(text), load_(load) {}

  Result<JsonValue> parse() {
    JsonValue object = JsonValue::ofType(JsonValue::Type::Object);
    readKeyValue(object);
    while (!problem_ && !atEnd()) {
      const std::size_t keyAt = at_ + 1;
      expect(',');
      readKeyValue(object, keyAt);
    }
    if (unloaded_) return *std::move(unloaded_);
    if (problem_) return makeError(ErrorKind::InvalidArgument, explain(*problem_));
    return object;
  }

 private:
  void readKeyValue(JsonValue& object, std::size_t keyAt = 0) {
    const std::string key = readKey();
    JsonValue values = readValues();
    if (problem_) return;
    if (object.find(key) != nullptr) {
      problem_ = Problem{Problem::Kind::SecondKey, key, keyAt};
      return;
    }
    object.set(key, std::move(values));
  }

  /// With the "=" or "@=" behind it.
  std::string readKey() {
    const std::size_t start = at_;
    while (isKeyCharacter(current()))
      ++at_;
    std::string key(text_.substr(start, at_ - start));
    skipWhitespace();
    isLoading_ = current() == '@';
    if (isLoading_) expect('@');
    expect('=');
    return key;
  }

  JsonValue readValues() {
    if (problem_ || atEnd()) return JsonValue::string("");
    if (current() == '[' || current() == '{') return readBracketed();
    return readWords();
  }

  JsonValue readWords() {
    JsonValue first = readFirstWord();
    skipWhitespace();
    if (problem_ || current() != ',') return first;
    JsonValue list = JsonValue::ofType(JsonValue::Type::Array);
    list.items.push_back(first);
    expect(',');
    for (;;) {
      JsonValue further = readFurtherWord();
      skipWhitespace();
      const bool isLast = atEnd();
      if (!problem_ && !isLast) expect(',');
      if (problem_) {
        if (atEnd() || unloaded_) return list;
        // No further word after all but the next key: back to the comma before it.
        problem_.reset();
        at_ = text_.rfind(',', at_);
        break;
      }
      list.items.push_back(std::move(further));
      if (isLast) break;
    }
    return list.items.size() == 1 ? first : list;
  }

  JsonValue readBracketed() {
    if (++nesting_ > maxNesting) {
      problem_ = Problem{Problem::Kind::Nesting, {}, at_};
      return {};
    }
    const bool isList = current() == '[';
    const char close = isList ? ']' : '}';
    JsonValue out = JsonValue::ofType(isList ? JsonValue::Type::Array : JsonValue::Type::Object);
    expect(current());
    while (!problem_ && current() != close) {
      if (isList) {
        out.items.push_back(readValue());
      } else {
        const std::string key = readKey();
        out.set(key, readValue());
      }
      skipWhitespace();
      if (!problem_ && current() != close) expect(',');
    }
    ++at_;
    --nesting_;
    return out;
  }

  JsonValue readValue() {
    if (problem_) return {};
    if (current() == '[' || current() == '{') return readBracketed();
    return readFirstWord();
  }

  JsonValue readFirstWord() {
    if (problem_) return {};
    if (current() == '\'' || current() == '"') return wordOf(readQuoted());
    return wordOf(readPlain(continuesFirstWord));
  }

  JsonValue readFurtherWord() {
    if (current() == '\'' || current() == '"') return wordOf(readQuoted());
    const std::size_t start = at_;
    std::string word = readPlain(continuesFurtherWord);
    if (at_ == start) fail("a value");
    return wordOf(std::move(word));
  }

  JsonValue wordOf(std::string text) {
    if (!isLoading_ || problem_) return JsonValue::string(std::move(text));
    Result<ArgumentText> loaded = load_(text);
    if (!loaded) {
      // The AWS CLI takes it for no mistake in the option, and its status tells.
      unloaded_ = std::move(loaded).error();
      unloaded_->kind = ErrorKind::Configuration;
      fail({});
      return {};
    }
    JsonValue word = JsonValue::string(std::move(loaded->text));
    if (loaded->isBytes) word.type = JsonValue::Type::Bytes;
    return word;
  }

  std::string readPlain(bool (*continues)(char)) {
    const std::size_t start = at_;
    while (!atEnd()) {
      if (text_.substr(at_, 2) == "\\,") {
        at_ += 2;
      } else if (at_ == start ? startsWord(current()) : continues(current())) {
        ++at_;
      } else {
        break;
      }
    }
    std::string word = replaceAll(text_.substr(start, at_ - start), "\\,", ",");
    word.erase(word.find_last_not_of(whitespace) + 1);
    return word;
  }

  std::string readQuoted() {
    const char quote = current();
    const std::size_t end = endOfQuoted(quote);
    if (end == std::string_view::npos) {
      fail(std::string("a closing ") + quote);
      return {};
    }
    const std::string word = replaceAll(text_.substr(at_ + 1, end - at_ - 1),
                                        std::string("\\") + quote, std::string_view(&quote, 1));
    at_ = end + 1;
    return replaceAll(word, "\\\\", "\\");
  }

  /// Where the closing quote is. Where every further quote has a backslash before it, the last of
  /// them closes.
  [[nodiscard]] std::size_t endOfQuoted(char quote) const {
    std::size_t escapedQuote = std::string_view::npos;
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == quote) return i;
      if (text_[i] != '\\' || i + 1 == text_.size()) continue;
      if (text_[i + 1] == quote) escapedQuote = i + 1;
      if (text_[i + 1] == quote || text_[i + 1] == '\\') ++i;
    }
    return escapedQuote;
  }

  /// Takes `wanted` and the whitespace on both sides of it.
  void expect(char wanted) {
    if (problem_) return;
    skipWhitespace();
    if (current() != wanted) return fail(std::string(1, wanted));
    ++at_;
    skipWhitespace();
  }

  void fail(std::string expected) {
    problem_ = Problem{Problem::Kind::Unexpected, std::move(expected), at_};
  }

  [[nodiscard]] std::string explain(const Problem& problem) const {
    const std::string place = " for input:\n" + pointAt(text_, problem.at);
    switch (problem.kind) {
      case Problem::Kind::SecondKey:
        return "Second instance of key \"" + visible(problem.what) + "\" encountered" + place +
               "\nThis is often because there is a preceding \",\" instead of a space.";
      case Problem::Kind::Nesting:
        return "Nested deeper than " + std::to_string(maxNesting) + " levels" + place;
      case Problem::Kind::Unexpected:
        break;
    }
    const std::string received =
        problem.at == text_.size() ? "EOF" : visible(characterAt(problem.at));
    return "Expected: '" + problem.what + "', received: '" + received + "'" + place;
  }

  void skipWhitespace() {
    while (!atEnd() && isWhitespace(current()))
      ++at_;
  }
  [[nodiscard]] bool atEnd() const { return at_ >= text_.size(); }
  [[nodiscard]] char current() const { return atEnd() ? '\0' : text_[at_]; }
  /// A character with all its bytes.
  [[nodiscard]] std::string_view characterAt(std::size_t at) const {
    std::size_t size = 1;
    while (at + size < text_.size() && characterCount(text_.substr(at + size, 1)) == 0)
      ++size;
    return text_.substr(at, size);
  }

  std::string_view text_;
  Load load_;
  std::size_t at_ = 0;
  std::size_t nesting_ = 0;
  /// Whether words are names of files, as behind the last "@=".
  bool isLoading_ = false;
  std::optional<Problem> problem_;
  std::optional<Error> unloaded_;
};

}  // namespace

Result<JsonValue> parseShorthand(std::string_view text,
                                 Result<ArgumentText> (*load)(const std::string&)) {
  return ShorthandParser(text, load).parse();
}
