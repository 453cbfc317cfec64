// SPDX-License-Identifier: BSL-1.0
#include "evaluator.hpp"

#include <algorithm>
#include <utility>

#include "functions.hpp"
#include "jmespath.hpp"

namespace jmespath {

namespace {

/// The element that an index names, which counts from the end where it is negative.
const Item* elementAt(const Array& elements, std::int64_t index) {
  const auto size = static_cast<std::int64_t>(elements.size());
  if (index < 0) index += size;
  return index < 0 || index >= size ? nullptr : elements[static_cast<std::size_t>(index)];
}

/// Python's slices.
Array sliced(const Array& elements, const Slice& slice) {
  const auto size = static_cast<std::int64_t>(elements.size());
  const std::int64_t step = slice.step.value_or(1);
  // Going backwards, from the last element down to before the first.
  const std::int64_t lowest = step < 0 ? -1 : 0;
  const std::int64_t highest = step < 0 ? size - 1 : size;
  const auto bound = [&](const std::optional<std::int64_t>& given, std::int64_t otherwise) {
    if (!given) return otherwise;
    return std::clamp(*given < 0 ? *given + size : *given, lowest, highest);
  };
  const std::int64_t start = bound(slice.start, step < 0 ? highest : lowest);
  const std::int64_t stop = bound(slice.stop, step < 0 ? lowest : highest);
  Array out;
  const std::int64_t span = step < 0 ? start - stop : stop - start;
  // No step is longer than the array, so that adding it cannot overflow.
  const std::int64_t stride = std::clamp(step, -size - 1, size + 1);
  for (std::int64_t i = start, left = span; left > 0; i += stride, left -= std::abs(stride))
    out.push_back(elements[static_cast<std::size_t>(i)]);
  return out;
}

/// Numbers with numbers and strings with strings have an order.
template <class T>
bool holds(Comparison comparison, const T& left, const T& right) {
  switch (comparison) {
    case Comparison::Less:
      return left < right;
    case Comparison::LessOrEqual:
      return left < right || left == right;
    case Comparison::Greater:
      return right < left;
    default:
      return right < left || left == right;
  }
}

}  // namespace

const Item* Evaluator::fail(std::string problem) {
  problem_ = std::move(problem);
  return nullptr;
}

const Item* Evaluator::array(Array elements) {
  const Item* const item = store_.array(std::move(elements));
  if (item != nullptr) return item;
  return fail("the result is nested deeper than " + std::to_string(maxNesting) + " levels");
}

const Item* Evaluator::object(Object members) {
  const Item* const item = store_.object(std::move(members));
  if (item != nullptr) return item;
  return fail("the result is nested deeper than " + std::to_string(maxNesting) + " levels");
}

const Item* Evaluator::evaluate(NodeId id, const Item& current) {
  const std::size_t outer = chain_.size();
  while (hasLeft(nodes_[id].kind)) {
    chain_.push_back(id);
    id = nodes_[id].left;
  }
  const Item* result = leaf(nodes_[id], current);
  while (result != nullptr && chain_.size() != outer) {
    const Node& node = nodes_[chain_.back()];
    chain_.pop_back();
    result = apply(node, *result, current);
  }
  return result;
}

const Item* Evaluator::leaf(const Node& node, const Item& current) {
  switch (node.kind) {
    case Kind::Field: {
      const auto* const object = current.as<Object>();
      const Item* const member =
          object == nullptr ? nullptr : object->find(std::get<std::string_view>(node.detail));
      return member == nullptr ? store_.null() : member;
    }
    case Kind::Literal:
      return std::get<const Item*>(node.detail);
    case Kind::Not: {
      const Item* const operand = evaluate(node.right, current);
      return operand == nullptr ? nullptr : store_.boolean(!isTrue(*operand));
    }
    case Kind::MultiSelectList:
      return multiSelectList(node, current);
    case Kind::MultiSelectHash:
      return multiSelectHash(node, current);
    case Kind::Call:
      return call(node, current);
    default:
      return &current;
  }
}

const Item* Evaluator::apply(const Node& node, const Item& left, const Item& current) {
  const auto* const elements = left.as<Array>();
  switch (node.kind) {
    case Kind::Chain:
      return evaluate(node.right, left);
    case Kind::Or:
      return isTrue(left) ? &left : evaluate(node.right, current);
    case Kind::And:
      return isTrue(left) ? evaluate(node.right, current) : &left;
    case Kind::Comparison:
      return comparison(node, left, current);
    case Kind::ValueProjection: {
      const auto* const object = left.as<Object>();
      if (object == nullptr) return store_.null();
      Array values;
      for (const Object::Member& member : object->members())
        values.push_back(member.value);
      return projection(node, values);
    }
    default:
      break;
  }
  if (elements == nullptr) return store_.null();
  switch (node.kind) {
    case Kind::Index: {
      const Item* const element = elementAt(*elements, std::get<std::int64_t>(node.detail));
      return element == nullptr ? store_.null() : element;
    }
    case Kind::Slice:
      return array(sliced(*elements, std::get<Slice>(node.detail)));
    case Kind::Flatten:
      return flatten(*elements);
    case Kind::Filter:
      return filter(node, *elements);
    default:
      return projection(node, *elements);
  }
}

const Item* Evaluator::multiSelectList(const Node& node, const Item& current) {
  if (current.isNull()) return &current;
  Array elements;
  for (const NodeId child : std::get<std::vector<NodeId>>(node.detail)) {
    const Item* const element = evaluate(child, current);
    if (element == nullptr) return nullptr;
    elements.push_back(element);
  }
  return array(std::move(elements));
}

const Item* Evaluator::multiSelectHash(const Node& node, const Item& current) {
  if (current.isNull()) return &current;
  Object members;
  for (const auto& [name, child] : std::get<Pairs>(node.detail).pairs) {
    const Item* const value = evaluate(child, current);
    if (value == nullptr) return nullptr;
    members.set(name, value);
  }
  return object(std::move(members));
}

const Item* Evaluator::call(const Node& node, const Item& current) {
  const Call& call = std::get<Call>(node.detail);
  Arguments arguments;
  for (const NodeId child : call.arguments) {
    const Item* value = nullptr;
    if (nodes_[child].kind == Kind::Reference) {
      arguments.expression = nodes_[child].right;
    } else {
      value = evaluate(child, current);
      if (value == nullptr) return nullptr;
    }
    arguments.values.push_back(value);
  }
  for (std::size_t i = 0; i != arguments.values.size(); ++i) {
    if (arguments.values[i] == nullptr) continue;
    std::string message = mismatch(*call.function, i, *arguments.values[i]);
    if (!message.empty()) return fail(std::move(message));
  }
  return call.function->call(*this, arguments);
}

const Item* Evaluator::projection(const Node& node, const Array& elements) {
  Array out;
  for (const Item* const element : elements) {
    const Item* const result = evaluate(node.right, *element);
    if (result == nullptr) return nullptr;
    if (!result->isNull()) out.push_back(result);
  }
  return array(std::move(out));
}

const Item* Evaluator::filter(const Node& node, const Array& elements) {
  const NodeId condition = std::get<NodeId>(node.detail);
  Array chosen;
  for (const Item* const element : elements) {
    const Item* const result = evaluate(condition, *element);
    if (result == nullptr) return nullptr;
    if (isTrue(*result)) chosen.push_back(element);
  }
  return projection(node, chosen);
}

const Item* Evaluator::flatten(const Array& elements) {
  Array out;
  for (const Item* const element : elements) {
    if (const auto* const inner = element->as<Array>()) {
      out.insert(out.end(), inner->begin(), inner->end());
    } else {
      out.push_back(element);
    }
  }
  return array(std::move(out));
}

const Item* Evaluator::comparison(const Node& node, const Item& left, const Item& current) {
  const Item* const right = evaluate(node.right, current);
  if (right == nullptr) return nullptr;
  const Comparison comparison = std::get<Comparison>(node.detail);
  if (comparison == Comparison::Equal) return store_.boolean(equal(left, *right));
  if (comparison == Comparison::NotEqual) return store_.boolean(!equal(left, *right));
  if (left.value.index() != right->value.index()) return store_.null();
  if (const auto* const number = left.as<Number>())
    return store_.boolean(holds(comparison, *number, *right->as<Number>()));
  if (const auto* const text = left.as<std::string_view>())
    return store_.boolean(holds(comparison, *text, *right->as<std::string_view>()));
  return store_.null();
}

}  // namespace jmespath
