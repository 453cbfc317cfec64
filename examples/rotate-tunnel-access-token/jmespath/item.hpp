// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "number.hpp"
#include "secure_tunneling/secret.hpp"

namespace jmespath {

struct Item;

using Null = std::monostate;
using Array = std::vector<const Item*>;

/// The members of an object, in the order in which their names came first.
class Object {
 public:
  struct Member {
    std::string_view name;
    const Item* value;
  };

  /// Null where there is none.
  [[nodiscard]] const Item* find(std::string_view name) const;
  /// Adds a member, or replaces its value where it stands.
  void set(std::string_view name, const Item* value);
  [[nodiscard]] const std::vector<Member>& members() const noexcept { return members_; }

 private:
  using Places = std::unordered_map<std::string_view, std::size_t>;

  [[nodiscard]] const Member* place(std::string_view name) const;

  std::vector<Member> members_;
  std::unique_ptr<Places> places_;  // once they are many
};

/// A value that an expression is applied to, or gives. It never changes, so that what is selected
/// is pointed to and not copied.
struct Item {
  std::variant<Null, bool, Number, std::string_view, Array, Object> value;
  /// Levels of arrays and objects.
  unsigned depth = 0;

  template <class T>
  [[nodiscard]] const T* as() const noexcept {
    return std::get_if<T>(&value);
  }
  [[nodiscard]] bool isNull() const noexcept { return as<Null>() != nullptr; }
};

/// JMESPath's truth: false, null and what is empty are false; zero is true.
bool isTrue(const Item& item);
/// Equality of JSON values: 1 is 1.0 and never `true`; the order of an object's members is no
/// matter.
bool equal(const Item& left, const Item& right);

/// The memory of items and of texts that were made for them, which is wiped.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const Item* null() const noexcept { return &null_; }
  const Item* boolean(bool value) const noexcept { return value ? &true_ : &false_; }
  const Item* number(Number value) { return add({std::move(value)}); }
  /// Of characters that outlive the store.
  const Item* string(std::string_view text) { return add({text}); }
  const Item* string(secure_tunneling::Secret text) { return string(keep(std::move(text))); }
  /// Null where it would be nested too deeply.
  const Item* array(Array elements);
  const Item* object(Object object);
  /// Characters, for as long as the store lives.
  std::string_view keep(secure_tunneling::Secret text);

 private:
  const Item* add(Item item) { return &items_.emplace_back(std::move(item)); }

  const Item null_{};
  const Item true_{true};
  const Item false_{false};
  std::deque<Item> items_;
  std::deque<secure_tunneling::Secret> texts_;
};

}  // namespace jmespath
