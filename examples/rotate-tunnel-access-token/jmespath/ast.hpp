// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "item.hpp"

namespace jmespath {

/// A place in the syntax tree, which is one vector: children stand before their parents, and no
/// depth of nesting makes its destruction recurse.
using NodeId = std::uint32_t;
inline constexpr NodeId noNode = UINT32_MAX;

enum class Kind : unsigned char {
  // Without a left side.
  Current,          // @
  Field,            // name
  Literal,          // `1`
  Not,              // !right
  MultiSelectList,  // [children]
  MultiSelectHash,  // {names: children}
  Call,             // name(children)
  Reference,        // &right, an argument only
  // What comes out of the left side is worked on.
  Chain,            // left.right, left | right
  Or,               // left || right
  And,              // left && right
  Comparison,       // left < right
  Index,            // left[1]
  Slice,            // left[1:2:3]
  Flatten,          // left[]
  Projection,       // left[*]right
  ValueProjection,  // left.*right
  Filter,           // left[?condition]right
};

/// Whether a node's left side is evaluated first.
inline bool hasLeft(Kind kind) {
  return kind >= Kind::Chain;
}

enum class Comparison : unsigned char {
  Equal,
  NotEqual,
  Less,
  LessOrEqual,
  Greater,
  GreaterOrEqual
};

struct Slice {
  std::optional<std::int64_t> start;
  std::optional<std::int64_t> stop;
  std::optional<std::int64_t> step;
};

struct Function;

struct Call {
  std::string_view name;
  const Function* function = nullptr;  // once it is checked
  std::vector<NodeId> arguments;
};

struct Pairs {
  std::vector<std::pair<std::string_view, NodeId>> pairs;
};

struct Node {
  Kind kind = Kind::Current;
  /// Where it begins in the expression, in bytes.
  std::size_t position = 0;
  NodeId left = noNode;
  NodeId right = noNode;
  /// A field's name; a literal's value; a list; a hash; a call; an index; a slice; a comparison; a
  /// filter's condition.
  std::variant<std::monostate, std::string_view, const Item*, std::vector<NodeId>, Pairs, Call,
               std::int64_t, Slice, Comparison, NodeId>
      detail;
};

using Nodes = std::vector<Node>;

/// A compiled expression. The tree has views into the text and the literals.
struct Program {
  std::string text;
  Store literals;
  Nodes nodes;
  NodeId root = noNode;
};

/// Why an expression is refused.
struct Problem {
  std::size_t position = 0;
  std::string message;
};

}  // namespace jmespath
