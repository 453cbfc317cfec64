// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ast.hpp"

namespace jmespath {

enum class TokenType : unsigned char {
  End,
  UnquotedIdentifier,
  QuotedIdentifier,
  Literal,
  Number,
  Dot,
  Star,
  LeftBracket,
  RightBracket,
  Flatten,  // []
  Filter,   // [?
  LeftBrace,
  RightBrace,
  LeftParenthesis,
  RightParenthesis,
  Comma,
  Colon,
  Current,
  Reference,  // &
  Pipe,
  Or,
  And,
  Not,
  Equal,
  NotEqual,
  Less,
  LessOrEqual,
  Greater,
  GreaterOrEqual,
};

struct Token {
  TokenType type = TokenType::End;
  std::size_t position = 0;
  /// As it is written.
  std::string_view text;
  /// An identifier's name, its quotes and escapes undone.
  std::string_view name;
  const Item* literal = nullptr;
  /// An index: what 64 bits do not hold is the nearest that they do.
  std::int64_t number = 0;
};

/// Cuts `program.text` into tokens, with one of type `End` behind them. Literals are put into
/// `program.literals`. False, with the `problem`, where something is no token.
bool tokenize(Program& program, std::vector<Token>& tokens, Problem& problem);

}  // namespace jmespath
