// SPDX-License-Identifier: BSL-1.0
// A top-down operator precedence parser. It takes what the AWS CLI's takes, which is a little more
// than the grammar (a comma may be missing between arguments and between the pairs of a hash, and
// may stand behind the last argument), and to which a slice right behind an index is no projection.
#include "parser.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "jmespath.hpp"
#include "lexer.hpp"

namespace jmespath {

namespace {

// How strongly a token binds what is on its left.
constexpr int pipeBinding = 1;
constexpr int orBinding = 2;
constexpr int andBinding = 3;
constexpr int comparisonBinding = 5;
constexpr int flattenBinding = 9;
// Weaker ones end a projection's right side.
constexpr int projectionEnd = 10;
constexpr int starBinding = 20;
constexpr int filterBinding = 21;
constexpr int dotBinding = 40;
constexpr int notBinding = 45;
constexpr int braceBinding = 50;
constexpr int bracketBinding = 55;
constexpr int parenthesisBinding = 60;

int bindingOf(TokenType type) {
  switch (type) {
    case TokenType::Pipe:
      return pipeBinding;
    case TokenType::Or:
      return orBinding;
    case TokenType::And:
      return andBinding;
    case TokenType::Equal:
    case TokenType::NotEqual:
    case TokenType::Less:
    case TokenType::LessOrEqual:
    case TokenType::Greater:
    case TokenType::GreaterOrEqual:
      return comparisonBinding;
    case TokenType::Flatten:
      return flattenBinding;
    case TokenType::Star:
      return starBinding;
    case TokenType::Filter:
      return filterBinding;
    case TokenType::Dot:
      return dotBinding;
    case TokenType::Not:
      return notBinding;
    case TokenType::LeftBrace:
      return braceBinding;
    case TokenType::LeftBracket:
      return bracketBinding;
    case TokenType::LeftParenthesis:
      return parenthesisBinding;
    default:
      return 0;
  }
}

Comparison comparisonOf(TokenType type) {
  switch (type) {
    case TokenType::Equal:
      return Comparison::Equal;
    case TokenType::NotEqual:
      return Comparison::NotEqual;
    case TokenType::Less:
      return Comparison::Less;
    case TokenType::LessOrEqual:
      return Comparison::LessOrEqual;
    case TokenType::Greater:
      return Comparison::Greater;
    default:
      return Comparison::GreaterOrEqual;
  }
}

/// Every function gives the place of what it has read, or `noNode` once there is a problem.
class Parser {
 public:
  Parser(Program& program, std::vector<Token> tokens, Problem& problem)
      : nodes_(program.nodes), tokens_(std::move(tokens)), problem_(problem) {}

  NodeId run() {
    const NodeId root = expression(0);
    if (root == noNode) return noNode;
    return peek() == TokenType::End ? root : unexpected("an operator or the end");
  }

 private:
  [[nodiscard]] TokenType peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)].type;
  }
  /// The end is never passed.
  const Token& take() { return tokens_[at_ + 1 == tokens_.size() ? at_ : at_++]; }
  bool takeIf(TokenType type) {
    if (peek() != type) return false;
    take();
    return true;
  }

  NodeId fail(std::size_t position, std::string message) {
    problem_ = {position, std::move(message)};
    return noNode;
  }
  NodeId unexpected(std::string_view expected) {
    const Token& token = tokens_[at_];
    const std::string found = token.type == TokenType::End ? "the end of the expression"
                                                           : "\"" + std::string(token.text) + "\"";
    return fail(token.position, "expected " + std::string(expected) + ", found " + found);
  }

  template <class Detail = std::monostate>
  NodeId add(Kind kind, std::size_t position, NodeId left, NodeId right, Detail detail = {}) {
    nodes_.push_back({kind, position, left, right, std::move(detail)});
    return static_cast<NodeId>(nodes_.size() - 1);
  }
  NodeId current() { return add(Kind::Current, tokens_[at_].position, noNode, noNode); }

  NodeId expression(int binding) {
    if (depth_ == maxNesting) {
      return fail(tokens_[at_].position,
                  "nested deeper than " + std::to_string(maxNesting) + " levels");
    }
    ++depth_;
    NodeId left = prefix();
    while (left != noNode && binding < bindingOf(peek()))
      left = infix(left);
    --depth_;
    return left;
  }

  /// What a token begins.
  NodeId prefix() {
    const std::size_t position = tokens_[at_].position;
    switch (peek()) {
      case TokenType::Current:
        take();
        return add(Kind::Current, position, noNode, noNode);
      case TokenType::Literal:
        return add(Kind::Literal, position, noNode, noNode, take().literal);
      case TokenType::QuotedIdentifier:
        if (peek(1) == TokenType::LeftParenthesis)
          return fail(position, "the name of a function may not stand in quotes");
        [[fallthrough]];
      case TokenType::UnquotedIdentifier:
        return add(Kind::Field, position, noNode, noNode, take().name);
      case TokenType::Not: {
        take();
        const NodeId operand = expression(notBinding);
        return operand == noNode ? noNode : add(Kind::Not, position, noNode, operand);
      }
      case TokenType::Reference: {
        take();
        const NodeId target = expression(0);
        return target == noNode ? noNode : add(Kind::Reference, position, noNode, target);
      }
      case TokenType::LeftParenthesis: {
        take();
        const NodeId inner = expression(0);
        if (inner == noNode || takeIf(TokenType::RightParenthesis)) return inner;
        return unexpected("\")\"");
      }
      case TokenType::LeftBrace:
        take();
        return multiSelectHash(position);
      case TokenType::Star:
        take();
        return projection(Kind::ValueProjection, position, current(), starBinding);
      case TokenType::Flatten:
        take();
        return flatten(position, current());
      case TokenType::Filter:
        take();
        return filter(position, current());
      case TokenType::LeftBracket: {
        take();
        const bool isList = peek() != TokenType::Number && peek() != TokenType::Colon &&
                            !(peek() == TokenType::Star && peek(1) == TokenType::RightBracket);
        return isList ? multiSelectList(position) : brackets(position, current());
      }
      default:
        return unexpected("an expression");
    }
  }

  /// What a token makes of what is on its left.
  NodeId infix(NodeId left) {
    const Token& token = take();
    switch (token.type) {
      case TokenType::Dot:
        if (takeIf(TokenType::Star))
          return projection(Kind::ValueProjection, token.position, left, dotBinding);
        return binary(Kind::Chain, token.position, left, afterDot(dotBinding));
      case TokenType::Pipe:
        return binary(Kind::Chain, token.position, left, expression(pipeBinding));
      case TokenType::Or:
        return binary(Kind::Or, token.position, left, expression(orBinding));
      case TokenType::And:
        return binary(Kind::And, token.position, left, expression(andBinding));
      case TokenType::Flatten:
        return flatten(token.position, left);
      case TokenType::Filter:
        return filter(token.position, left);
      case TokenType::LeftBracket:
        return brackets(token.position, left);
      case TokenType::LeftParenthesis:
        return call(left);
      case TokenType::Star:
      case TokenType::Not:
      case TokenType::LeftBrace:
        --at_;
        return unexpected("an operator or the end");
      default: {
        const NodeId right = expression(comparisonBinding);
        if (right == noNode) return noNode;
        return add(Kind::Comparison, token.position, left, right, comparisonOf(token.type));
      }
    }
  }

  NodeId binary(Kind kind, std::size_t position, NodeId left, NodeId right) {
    return right == noNode ? noNode : add(kind, position, left, right);
  }

  NodeId afterDot(int binding) {
    const std::size_t position = tokens_[at_].position;
    switch (peek()) {
      case TokenType::UnquotedIdentifier:
      case TokenType::QuotedIdentifier:
      case TokenType::Star:
        return expression(binding);
      case TokenType::LeftBracket:
        take();
        return multiSelectList(position);
      case TokenType::LeftBrace:
        take();
        return multiSelectHash(position);
      default:
        return unexpected("a name, \"*\", \"[\" or \"{\" after \".\"");
    }
  }

  /// What is applied to each element.
  NodeId projectionRight(int binding) {
    if (bindingOf(peek()) < projectionEnd) return current();
    if (peek() == TokenType::LeftBracket || peek() == TokenType::Filter) return expression(binding);
    if (takeIf(TokenType::Dot)) return afterDot(binding);
    return unexpected("\".\", \"[\" or an operator");
  }

  NodeId projection(Kind kind, std::size_t position, NodeId left, int binding) {
    return binary(kind, position, left, projectionRight(binding));
  }

  NodeId flatten(std::size_t position, NodeId left) {
    const NodeId flattened = add(Kind::Flatten, position, left, noNode);
    return projection(Kind::Projection, position, flattened, flattenBinding);
  }

  NodeId filter(std::size_t position, NodeId left) {
    const NodeId condition = expression(0);
    if (condition == noNode) return noNode;
    if (!takeIf(TokenType::RightBracket)) return unexpected("\"]\"");
    const NodeId right = peek() == TokenType::Flatten ? current() : projectionRight(filterBinding);
    return right == noNode ? noNode : add(Kind::Filter, position, left, right, condition);
  }

  /// After "[": an index, a slice or "*".
  NodeId brackets(std::size_t position, NodeId left) {
    if (peek() == TokenType::Star) {
      take();
      if (!takeIf(TokenType::RightBracket)) return unexpected("\"]\"");
      return projection(Kind::Projection, position, left, starBinding);
    }
    if (peek() == TokenType::Colon || (peek() == TokenType::Number && peek(1) == TokenType::Colon))
      return slice(position, left);
    if (peek() != TokenType::Number) return unexpected("a number, \":\" or \"*\" after \"[\"");
    const std::int64_t index = take().number;
    if (!takeIf(TokenType::RightBracket)) return unexpected("\"]\"");
    return add(Kind::Index, position, left, noNode, index);
  }

  NodeId slice(std::size_t position, NodeId left) {
    Slice slice;
    takeNumber(slice.start);
    take();  // the colon that was seen
    takeNumber(slice.stop);
    if (takeIf(TokenType::Colon)) {
      const std::size_t place = tokens_[at_].position;
      takeNumber(slice.step);
      if (slice.step == 0) return fail(place, "the step of a slice may not be 0");
    }
    if (!takeIf(TokenType::RightBracket)) return unexpected("\"]\" at the end of the slice");
    const bool behindIndex = nodes_[left].kind == Kind::Index || nodes_[left].kind == Kind::Slice;
    const NodeId sliced = add(Kind::Slice, position, left, noNode, slice);
    if (behindIndex) return sliced;
    return projection(Kind::Projection, position, sliced, starBinding);
  }
  void takeNumber(std::optional<std::int64_t>& number) {
    if (peek() == TokenType::Number) number = take().number;
  }

  NodeId multiSelectList(std::size_t position) {
    std::vector<NodeId> children;
    do {
      const NodeId child = expression(0);
      if (child == noNode) return noNode;
      children.push_back(child);
    } while (takeIf(TokenType::Comma));
    if (!takeIf(TokenType::RightBracket)) return unexpected("\",\" or \"]\"");
    return add(Kind::MultiSelectList, position, noNode, noNode, std::move(children));
  }

  [[nodiscard]] bool atName() const {
    return peek() == TokenType::UnquotedIdentifier || peek() == TokenType::QuotedIdentifier;
  }
  NodeId multiSelectHash(std::size_t position) {
    Pairs pairs;
    do {
      if (!atName()) return unexpected("a name");
      const std::string_view name = take().name;
      if (!takeIf(TokenType::Colon)) return unexpected("\":\"");
      const NodeId child = expression(0);
      if (child == noNode) return noNode;
      pairs.pairs.emplace_back(name, child);
    } while (takeIf(TokenType::Comma) || atName());
    if (!takeIf(TokenType::RightBrace)) return unexpected("\",\" or \"}\"");
    return add(Kind::MultiSelectHash, position, noNode, noNode, std::move(pairs));
  }

  NodeId call(NodeId left) {
    // A copy: what is added moves the nodes.
    const Node function = nodes_[left];
    if (function.kind != Kind::Field)
      return fail(tokens_[at_ - 1].position, "expected the name of a function before \"(\"");
    Call call;
    call.name = std::get<std::string_view>(function.detail);
    while (!takeIf(TokenType::RightParenthesis)) {
      const NodeId argument = expression(0);
      if (argument == noNode) return noNode;
      call.arguments.push_back(argument);
      takeIf(TokenType::Comma);
    }
    return add(Kind::Call, function.position, noNode, noNode, std::move(call));
  }

  Nodes& nodes_;
  std::vector<Token> tokens_;
  Problem& problem_;
  std::size_t at_ = 0;
  unsigned depth_ = 0;
};

}  // namespace

bool parse(Program& program, Problem& problem) {
  std::vector<Token> tokens;
  if (!tokenize(program, tokens, problem)) return false;
  program.root = Parser(program, std::move(tokens), problem).run();
  return program.root != noNode;
}

}  // namespace jmespath
