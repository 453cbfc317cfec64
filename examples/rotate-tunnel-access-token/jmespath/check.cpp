// SPDX-License-Identifier: BSL-1.0
#include "check.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "evaluator.hpp"
#include "functions.hpp"

namespace jmespath {

namespace {

class Checker {
 public:
  Checker(Program& program, Problem& problem)
      : program_(program), nodes_(program.nodes), types_(nodes_.size()), problem_(problem) {}

  bool run(NodeId root) {
    // Children stand before their parents.
    for (NodeId id = 0; id != nodes_.size(); ++id) {
      const bool isCall = nodes_[id].kind == Kind::Call;
      if (isCall && !checkCall(nodes_[id])) return false;
      if (!checkReferences(nodes_[id])) return false;
      if (isCall && !tryConstant(id)) return false;
      types_[id] = typesOf(nodes_[id]);
    }
    return checkValue(root);
  }

 private:
  bool fail(std::size_t position, std::string message) {
    problem_ = {position, std::move(message)};
    return false;
  }

  bool checkCall(Node& node) {
    Call& call = std::get<Call>(node.detail);
    call.function = findFunction(call.name);
    if (call.function == nullptr) return failUnknown(node.position, call.name);
    const Function& function = *call.function;
    const std::size_t given = call.arguments.size();
    if (function.repeats ? given < function.count : given != function.count) {
      return fail(node.position,
                  std::string(call.name) + "() takes " + (function.repeats ? "at least " : "") +
                      std::to_string(function.count) + " argument" +
                      (function.count == 1 ? "" : "s") + ", not " + std::to_string(given));
    }
    for (std::size_t i = 0; i != given; ++i) {
      const Node& argument = nodes_[call.arguments[i]];
      const auto* const literal = std::get_if<const Item*>(&argument.detail);
      std::string message = literal != nullptr ? mismatch(function, i, **literal)
                                               : mismatch(function, i, types_[call.arguments[i]]);
      if (!message.empty()) return fail(argument.position, std::move(message));
    }
    return true;
  }

  [[nodiscard]] bool isConstant(NodeId id) const {
    return nodes_[id].kind == Kind::Literal || nodes_[id].kind == Kind::Reference ||
           (nodes_[id].kind == Kind::Call && constantCalls_[id]);
  }

  /// Tries a call that is the same for every document.
  bool tryConstant(NodeId id) {
    const Call& call = std::get<Call>(nodes_[id].detail);
    constantCalls_[id] = std::all_of(call.arguments.begin(), call.arguments.end(),
                                     [&](NodeId argument) { return isConstant(argument); });
    if (!constantCalls_[id]) return true;
    Store store;
    Evaluator evaluator(program_, store);
    if (evaluator.evaluate(id, *store.null()) != nullptr) return true;
    return fail(nodes_[id].position, evaluator.problem());
  }

  bool failUnknown(std::size_t position, std::string_view name) {
    std::string message = "unknown function \"" + std::string(name) + "()\"";
    const std::string_view nearest = nearestFunction(name);
    if (!nearest.empty()) message.append(", did you mean \"").append(nearest).append("()\"?");
    return fail(position, std::move(message));
  }

  /// An expression reference is an argument and nothing else.
  bool checkReferences(const Node& node) {
    if (const auto* const children = std::get_if<std::vector<NodeId>>(&node.detail)) {
      for (const NodeId child : *children) {
        if (!checkValue(child)) return false;
      }
    }
    if (const auto* const hash = std::get_if<Pairs>(&node.detail)) {
      for (const auto& pair : hash->pairs) {
        if (!checkValue(pair.second)) return false;
      }
    }
    if (const auto* const condition = std::get_if<NodeId>(&node.detail)) {
      if (!checkValue(*condition)) return false;
    }
    return checkValue(node.left) && checkValue(node.right);
  }
  bool checkValue(NodeId id) {
    if (id == noNode || nodes_[id].kind != Kind::Reference) return true;
    return fail(nodes_[id].position, "\"&\" may stand only before an argument of a function");
  }

  [[nodiscard]] Types typesOf(const Node& node) const {
    switch (node.kind) {
      case Kind::Literal:
        return typeOf(*std::get<const Item*>(node.detail));
      case Kind::Not:
        return booleanType;
      case Kind::Comparison: {
        const Comparison comparison = std::get<Comparison>(node.detail);
        const bool isEquality =
            comparison == Comparison::Equal || comparison == Comparison::NotEqual;
        return isEquality ? booleanType : booleanType | nullType;
      }
      case Kind::Reference:
        return expressionType;
      case Kind::Call:
        return std::get<Call>(node.detail).function->result;
      case Kind::MultiSelectHash:
        return objectType | nullType;
      case Kind::MultiSelectList:
      case Kind::Slice:
      case Kind::Flatten:
      case Kind::Projection:
      case Kind::ValueProjection:
      case Kind::Filter:
        return arrayType | nullType;
      case Kind::Chain:
        return types_[node.right];
      case Kind::Or:
      case Kind::And:
        return types_[node.left] | types_[node.right];
      default:
        return anyType;
    }
  }

  const Program& program_;
  Nodes& nodes_;
  std::vector<Types> types_;
  std::vector<bool> constantCalls_ = std::vector<bool>(nodes_.size());
  Problem& problem_;
};

}  // namespace

bool check(Program& program, Problem& problem) {
  return Checker(program, problem).run(program.root);
}

}  // namespace jmespath
