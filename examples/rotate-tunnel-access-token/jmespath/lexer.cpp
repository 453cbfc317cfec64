// SPDX-License-Identifier: BSL-1.0
#include "lexer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "literal.hpp"

namespace jmespath {

namespace {

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool beginsIdentifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

struct Symbol {
  std::string_view text;
  TokenType type;
};

/// The longer ones first.
constexpr std::array<Symbol, 24> symbols = {{
    {"[]", TokenType::Flatten},
    {"[?", TokenType::Filter},
    {"||", TokenType::Or},
    {"&&", TokenType::And},
    {"==", TokenType::Equal},
    {"!=", TokenType::NotEqual},
    {"<=", TokenType::LessOrEqual},
    {">=", TokenType::GreaterOrEqual},
    {".", TokenType::Dot},
    {"*", TokenType::Star},
    {"[", TokenType::LeftBracket},
    {"]", TokenType::RightBracket},
    {"{", TokenType::LeftBrace},
    {"}", TokenType::RightBrace},
    {"(", TokenType::LeftParenthesis},
    {")", TokenType::RightParenthesis},
    {",", TokenType::Comma},
    {":", TokenType::Colon},
    {"@", TokenType::Current},
    {"&", TokenType::Reference},
    {"|", TokenType::Pipe},
    {"!", TokenType::Not},
    {"<", TokenType::Less},
    {">", TokenType::Greater},
}};

/// `text` with each backslash before a `quote` taken away.
std::string withoutEscapes(std::string_view text, char quote) {
  std::string out;
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (text[i] == '\\' && i + 1 != text.size() && text[i + 1] == quote) continue;
    out += text[i];
    // The character after any other backslash begins no escape.
    if (text[i] == '\\' && i + 1 != text.size()) out += text[++i];
  }
  return out;
}

class Lexer {
 public:
  Lexer(Program& program, std::vector<Token>& tokens, Problem& problem)
      : program_(program), text_(program.text), tokens_(tokens), problem_(problem) {}

  bool run() {
    while (skipSpace()) {
      if (!next()) return false;
    }
    add(TokenType::End, 0);
    return true;
  }

 private:
  bool skipSpace() {
    at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size());
    return at_ != text_.size();
  }

  bool next() {
    const char c = text_[at_];
    if (beginsIdentifier(c)) {
      Token& token =
          add(TokenType::UnquotedIdentifier,
              lengthWhile([](char other) { return beginsIdentifier(other) || isDigit(other); }));
      token.name = token.text;
      return true;
    }
    if (isDigit(c) || c == '-') return number();
    if (c == '\'' || c == '`' || c == '"') return quoted(c);
    for (const Symbol& symbol : symbols) {
      if (text_.compare(at_, symbol.text.size(), symbol.text) != 0) continue;
      add(symbol.type, symbol.text.size());
      return true;
    }
    return fail(c == '=' ? "\"=\" is no operator, \"==\" compares" : "unexpected character");
  }

  bool number() {
    const std::size_t length = 1 + lengthWhile(isDigit, 1);
    const bool negative = text_[at_] == '-';
    if (negative && length == 1) return fail("expected a digit after \"-\"");
    Token& token = add(TokenType::Number, length);
    const char* const end = token.text.data() + token.text.size();
    if (std::from_chars(token.text.data(), end, token.number).ec != std::errc{}) {
      token.number = negative ? std::numeric_limits<std::int64_t>::min()
                              : std::numeric_limits<std::int64_t>::max();
    }
    return true;
  }

  bool quoted(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote)
      end += text_[end] == '\\' ? 2U : 1U;
    if (end >= text_.size()) return fail(std::string("unclosed ") + quote);
    const std::string_view content = text_.substr(at_ + 1, end - at_ - 1);
    const std::size_t length = content.size() + 2;
    if (quote == '"') return quotedIdentifier(length);
    if (quote == '`') return literal(withoutEscapes(content, quote), length);
    const std::string raw = withoutEscapes(content, quote);
    add(TokenType::Literal, length).literal =
        program_.literals.string(secure_tunneling::Secret(raw));
    return true;
  }

  bool quotedIdentifier(std::size_t length) {
    std::string reason;
    const Item* const name =
        parseJson(std::string(text_.substr(at_, length)), program_.literals, reason);
    if (name == nullptr) return fail("the name in quotes is no JSON string: " + reason);
    add(TokenType::QuotedIdentifier, length).name = *name->as<std::string_view>();
    return true;
  }

  bool literal(const std::string& content, std::size_t length) {
    std::string reason;
    const Item* const value = parseLiteral(content, program_.literals, reason);
    if (value == nullptr) return fail("the literal is not understood: " + reason);
    add(TokenType::Literal, length).literal = value;
    return true;
  }

  template <class Predicate>
  [[nodiscard]] std::size_t lengthWhile(Predicate predicate, std::size_t from = 0) const {
    const auto begin = text_.begin() + static_cast<std::ptrdiff_t>(at_ + from);
    return static_cast<std::size_t>(std::find_if_not(begin, text_.end(), predicate) - begin);
  }

  Token& add(TokenType type, std::size_t length) {
    Token& token = tokens_.emplace_back();
    token.type = type;
    token.position = at_;
    token.text = text_.substr(at_, length);
    at_ += length;
    return token;
  }

  bool fail(std::string message) {
    problem_ = {at_, std::move(message)};
    return false;
  }

  Program& program_;
  std::string_view text_;
  std::vector<Token>& tokens_;
  Problem& problem_;
  std::size_t at_ = 0;
};

}  // namespace

bool tokenize(Program& program, std::vector<Token>& tokens, Problem& problem) {
  return Lexer(program, tokens, problem).run();
}

}  // namespace jmespath
