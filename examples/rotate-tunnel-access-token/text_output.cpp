// SPDX-License-Identifier: BSL-1.0
#include "text_output.hpp"

#include <clocale>
#include <cwctype>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jmespath/utf8.hpp"
#include "python_text.hpp"
#include "sorted_members.hpp"

using jmespath::Value;
using secure_tunneling::Secret;

namespace {

/// The names that have a scalar in any object of a list.
using ColumnNames = std::set<std::string_view>;

/// The name of what is printed, in capitals; none at the top.
using SectionName = std::optional<std::string>;

class TextPrinter {
 public:
  Secret print(const Value& value) {
    any(value, std::nullopt, nullptr);
    return std::move(out_);
  }

 private:
  void any(const Value& value, const SectionName& section, const ColumnNames* columns) {
    if (isScalar(value)) {
      out_.append(pythonStr(value).expose());
      out_.append("\n");
    } else if (value.IsArray()) {
      list(value, section);
    } else {
      object(value, section, columns);
    }
  }

  void list(const Value& value, const SectionName& section) {
    ColumnNames columns;
    bool hasObject = false;
    for (const Value& element : value.GetArray()) {
      if (isScalar(element) || element.IsArray()) continue;
      hasObject = true;
      for (const auto& member : element.GetObject()) {
        if (isScalar(member.value)) columns.insert(stringOf(member.name));
      }
    }
    if (!hasObject) scalars(value, section);
    for (const Value& element : value.GetArray()) {
      if (hasObject || !isScalar(element)) any(element, section, hasObject ? &columns : nullptr);
    }
  }

  /// A list's scalars: in one line, or each in a line of the section.
  void scalars(const Value& value, const SectionName& section) {
    const SectionName none;
    Line line(*this, none);
    for (const Value& element : value.GetArray()) {
      if (!isScalar(element)) continue;
      const Secret text = pythonStr(element);
      if (section) {
        Line(*this, section).add(text.expose());
      } else {
        line.add(text.expose());
      }
    }
  }

  void object(const Value& value, const SectionName& section, const ColumnNames* columns) {
    const std::vector<SortedMember> members = sortedMembers(value);
    const auto isInLine = [&](const SortedMember& member) {
      return columns != nullptr ? columns->count(member.name) != 0 : isScalar(*member.value);
    };
    {
      Line line(*this, section);
      if (columns != nullptr) {
        for (const std::string_view column : *columns) {
          const auto found = value.FindMember(
              Value(column.data(), static_cast<rapidjson::SizeType>(column.size())));
          const Secret text = found == value.MemberEnd() ? Secret() : pythonStr(found->value);
          line.add(text.expose());
        }
      } else {
        for (const SortedMember& member : members) {
          if (isInLine(member)) line.add(pythonStr(*member.value).expose());
        }
      }
    }
    for (const SortedMember& member : members) {
      if (!isInLine(member)) any(*member.value, capitals(member.name), nullptr);
    }
  }

  /// A line that is there once something is in it.
  class Line {
   public:
    Line(TextPrinter& printer, const SectionName& section)
        : out_(printer.out_), section_(section) {}
    ~Line() {
      if (!isEmpty_) out_.append("\n");
    }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    void add(std::string_view text) {
      if (isEmpty_ && section_) out_.append(*section_);
      if (!isEmpty_ || section_) out_.append("\t");
      isEmpty_ = false;
      out_.append(text);
    }

   private:
    Secret& out_;
    const SectionName& section_;
    bool isEmpty_ = true;
  };

  /// By the rules of Unicode, whatever the user's language.
  static std::string capitals(std::string_view name) {
    static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    std::string out;
    while (!name.empty()) {
      const char32_t code = jmespath::takeCharacter(name);
      const auto character = static_cast<wint_t>(code);
      const wint_t capital =
          unicode == nullptr ? std::towupper(character) : towupper_l(character, unicode);
      jmespath::appendCharacter(out, static_cast<char32_t>(capital));
    }
    return out;
  }

  Secret out_;
};

}  // namespace

Secret printText(const Value& value) {
  return TextPrinter().print(value);
}
