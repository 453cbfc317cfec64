// SPDX-License-Identifier: BSL-1.0
#include "item.hpp"

#include <algorithm>
#include <utility>

#include "jmespath.hpp"

namespace jmespath {

namespace {

/// From how many members on an object is searched by a table.
constexpr std::size_t manyMembers = 16;

bool equalArrays(const Array& left, const Array& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const Item* a, const Item* b) { return equal(*a, *b); });
}

bool equalObjects(const Object& left, const Object& right) {
  if (left.members().size() != right.members().size()) return false;
  return std::all_of(left.members().begin(), left.members().end(), [&](const auto& member) {
    const Item* const other = right.find(member.name);
    return other != nullptr && equal(*member.value, *other);
  });
}

}  // namespace

const Object::Member* Object::place(std::string_view name) const {
  if (places_) {
    const auto found = places_->find(name);
    return found == places_->end() ? nullptr : &members_[found->second];
  }
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const Member& member) { return member.name == name; });
  return found == members_.end() ? nullptr : &*found;
}

const Item* Object::find(std::string_view name) const {
  const Member* const member = place(name);
  return member == nullptr ? nullptr : member->value;
}

void Object::set(std::string_view name, const Item* value) {
  if (const Member* const member = place(name)) {
    members_[static_cast<std::size_t>(member - members_.data())].value = value;
    return;
  }
  members_.push_back({name, value});
  if (members_.size() == manyMembers) {
    places_ = std::make_unique<Places>();
    for (std::size_t i = 0; i != members_.size(); ++i)
      places_->emplace(members_[i].name, i);
  } else if (places_) {
    places_->emplace(name, members_.size() - 1);
  }
}

bool isTrue(const Item& item) {
  if (const auto* const boolean = item.as<bool>()) return *boolean;
  if (const auto* const text = item.as<std::string_view>()) return !text->empty();
  if (const auto* const array = item.as<Array>()) return !array->empty();
  if (const auto* const object = item.as<Object>()) return !object->members().empty();
  return !item.isNull();
}

bool equal(const Item& left, const Item& right) {
  if (left.value.index() != right.value.index()) return false;
  if (const auto* const boolean = left.as<bool>()) return *boolean == *right.as<bool>();
  if (const auto* const number = left.as<Number>()) return *number == *right.as<Number>();
  if (const auto* const text = left.as<std::string_view>())
    return *text == *right.as<std::string_view>();
  if (const auto* const array = left.as<Array>()) return equalArrays(*array, *right.as<Array>());
  if (const auto* const object = left.as<Object>())
    return equalObjects(*object, *right.as<Object>());
  return true;
}

const Item* Store::array(Array elements) {
  unsigned depth = 0;
  for (const Item* const element : elements)
    depth = std::max(depth, element->depth);
  if (depth >= maxNesting) return nullptr;
  return add({std::move(elements), depth + 1});
}

const Item* Store::object(Object object) {
  unsigned depth = 0;
  for (const Object::Member& member : object.members())
    depth = std::max(depth, member.value->depth);
  if (depth >= maxNesting) return nullptr;
  return add({std::move(object), depth + 1});
}

std::string_view Store::keep(secure_tunneling::Secret text) {
  return texts_.emplace_back(std::move(text)).expose();
}

}  // namespace jmespath
