// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

#include "ast.hpp"

namespace jmespath {

/// Applies a compiled expression to items.
class Evaluator {
 public:
  /// What is built on the way goes into `store`.
  Evaluator(const Program& program, Store& store) : nodes_(program.nodes), store_(store) {}

  /// What the node gives for `current`; null once something has failed.
  const Item* evaluate(NodeId id, const Item& current);

  /// Says why the expression cannot be applied. Gives null.
  const Item* fail(std::string problem);
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

  [[nodiscard]] Store& store() noexcept { return store_; }
  const Item* array(Array elements);
  const Item* object(Object members);

 private:
  const Item* leaf(const Node& node, const Item& current);
  const Item* apply(const Node& node, const Item& left, const Item& current);
  const Item* multiSelectList(const Node& node, const Item& current);
  const Item* multiSelectHash(const Node& node, const Item& current);
  const Item* call(const Node& node, const Item& current);
  const Item* projection(const Node& node, const Array& elements);
  const Item* filter(const Node& node, const Array& elements);
  const Item* flatten(const Array& elements);
  const Item* comparison(const Node& node, const Item& left, const Item& current);

  const Nodes& nodes_;
  Store& store_;
  std::string problem_;
  /// The nodes on the left sides that are being gone down, so that a long chain is no recursion.
  std::vector<NodeId> chain_;
};

}  // namespace jmespath
