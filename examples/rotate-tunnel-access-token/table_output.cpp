// SPDX-License-Identifier: BSL-1.0
#include "table_output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "python_text.hpp"
#include "sorted_members.hpp"
#include "table.hpp"

using jmespath::Value;
using secure_tunneling::Secret;

namespace {

/// What Python takes for false.
bool isEmpty(const Value& value) {
  if (value.IsString()) return value.GetStringLength() == 0;
  if (value.IsArray()) return value.Empty();
  if (value.IsObject()) return value.ObjectEmpty();
  if (value.IsNumber()) return value.GetDouble() == 0;
  return !value.IsTrue();
}

bool isObject(const Value& value) {
  return value.IsObject() && !isScalar(value);
}

/// Names in their order, those of scalars and those of lists and objects.
struct MemberNames {
  std::set<std::string_view> scalars;
  std::set<std::string_view> others;
};

void collectNames(const Value& object, MemberNames& names) {
  for (const auto& member : object.GetObject())
    (isScalar(member.value) ? names.scalars : names.others).insert(stringOf(member.name));
}

std::vector<Secret> cellsOf(const std::set<std::string_view>& names) {
  std::vector<Secret> cells;
  cells.reserve(names.size());
  for (const std::string_view name : names)
    cells.emplace_back(name);
  return cells;
}

const Value* find(const Value& object, std::string_view name) {
  const auto member =
      object.FindMember(Value(name.data(), static_cast<rapidjson::SizeType>(name.size())));
  return member == object.MemberEnd() ? nullptr : &member->value;
}

std::vector<Secret> cellsOf(const Value& object, const std::set<std::string_view>& names) {
  std::vector<Secret> cells;
  for (const std::string_view name : names) {
    const Value* const value = find(object, name);
    cells.push_back(value == nullptr ? Secret() : pythonStr(*value));
  }
  return cells;
}

class TableBuilder {
 public:
  std::vector<Section> build(std::string_view title, const Value& value) {
    named(title, value, 0);
    return std::move(sections_);
  }

 private:
  /// A section for what is not empty.
  void named(std::string_view title, const Value& value, std::size_t nesting) {
    if (isEmpty(value)) return;
    sections_.emplace_back(title, nesting);
    content(title, value, nesting);
  }

  void content(std::string_view title, const Value& value, std::size_t nesting) {
    if (isObject(value)) {
      object(value, nesting);
    } else if (value.IsArray() && !value.Empty()) {
      if (isObject(*value.Begin())) {
        objects(title, value, nesting);
      } else {
        rows(value);
      }
    }
  }

  void object(const Value& value, std::size_t nesting) {
    MemberNames names;
    collectNames(value, names);
    if (names.scalars.size() == 1) {
      std::vector<Secret> row = cellsOf(names.scalars);
      row.push_back(std::move(cellsOf(value, names.scalars).front()));
      sections_.back().addRow(std::move(row));
    } else if (!names.scalars.empty()) {
      sections_.back().addHeadings(cellsOf(names.scalars));
      sections_.back().addRow(cellsOf(value, names.scalars));
    }
    nested(value, names.others, nesting);
  }

  void nested(const Value& object, const std::set<std::string_view>& names, std::size_t nesting) {
    for (const std::string_view name : names) {
      const Value* const value = find(object, name);
      if (value != nullptr) named(name, *value, nesting + 1);
    }
  }

  /// A row for each object; where something is nested in them, a section for each.
  void objects(std::string_view title, const Value& value, std::size_t nesting) {
    MemberNames names;
    for (const Value& element : value.GetArray()) {
      if (isObject(element)) collectNames(element, names);
    }
    sections_.back().addHeadings(cellsOf(names.scalars));
    bool isFirst = true;
    for (const Value& element : value.GetArray()) {
      if (!isFirst && !names.others.empty()) {
        sections_.emplace_back(title, nesting);
        sections_.back().addHeadings(cellsOf(names.scalars));
      }
      isFirst = false;
      if (isObject(element)) {
        sections_.back().addRow(cellsOf(element, names.scalars));
        nested(element, names.others, nesting);
      } else {
        row(element);
      }
    }
  }

  void rows(const Value& list) {
    for (const Value& element : list.GetArray())
      row(element);
  }

  /// A row of a list's elements, of an object's names, or of a scalar.
  void row(const Value& element) {
    std::vector<Secret> cells;
    if (isScalar(element)) {
      cells.push_back(pythonStr(element));
    } else if (element.IsObject()) {
      for (const auto& member : element.GetObject())
        cells.emplace_back(stringOf(member.name));
    } else if (std::all_of(element.Begin(), element.End(), isScalar)) {
      for (const Value& cell : element.GetArray())
        cells.push_back(pythonStr(cell));
    } else {
      return content({}, element, 0);
    }
    sections_.back().addRow(std::move(cells));
  }

  std::vector<Section> sections_;
};

}  // namespace

std::size_t terminalWidth() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 80;
}

Secret printTable(const Value& value, bool colors, std::size_t width) {
  std::vector<Section> sections = TableBuilder().build("RotateTunnelAccessToken", value);
  return sections.empty() ? Secret() : drawTable(std::move(sections), width, colors);
}
