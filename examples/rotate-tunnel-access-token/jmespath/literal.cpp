// SPDX-License-Identifier: BSL-1.0
#include "literal.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "jmespath.hpp"
#include "utf8.hpp"

namespace jmespath {

namespace {

/// RapidJSON's handler: builds the item.
class Builder {
 public:
  explicit Builder(Store& store) : store_(store) {}

  bool Null() { return put(store_.null()); }
  bool Bool(bool value) { return put(store_.boolean(value)); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    const std::string_view number(text, size);
    // RapidJSON takes this for Infinity; Python does not.
    if (number == "Inf" || number == "-Inf") {
      problem_ = "Inf is no number";
      return false;
    }
    return put(store_.number(Number::fromJson(number)));
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    std::string_view kept;
    return keep({text, size}, kept) && put(store_.string(kept));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    return keep({text, size}, open_.back().name);
  }
  bool StartArray() { return begin(false); }
  bool StartObject() { return begin(true); }
  bool EndArray(rapidjson::SizeType) { return end(); }
  bool EndObject(rapidjson::SizeType) { return end(); }

  // With kParseNumbersAsStringsFlag only `NaN` and `Infinity` come as numbers.
  bool Double(double value) { return put(store_.number(Number(value))); }
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }

  [[nodiscard]] const Item* root() const noexcept { return root_; }
  [[nodiscard]] bool isTooDeep() const noexcept { return isTooDeep_; }
  /// What RapidJSON does not refuse itself.
  [[nodiscard]] const char* problem() const noexcept { return problem_; }

 private:
  struct Open {
    bool isObject = false;
    std::string_view name;
    Array elements;
    Object members;
  };

  bool begin(bool isObject) {
    isTooDeep_ = open_.size() == maxNesting;
    if (isTooDeep_) return false;
    open_.emplace_back().isObject = isObject;
    return true;
  }
  bool end() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    return put(closed.isObject ? store_.object(std::move(closed.members))
                               : store_.array(std::move(closed.elements)));
  }
  /// RapidJSON lets the second half of a surrogate pair through.
  bool keep(std::string_view text, std::string_view& kept) {
    if (!isUtf8(text)) {
      problem_ = "a surrogate is half a character";
      return false;
    }
    kept = store_.keep(secure_tunneling::Secret(text));
    return true;
  }
  bool put(const Item* item) {
    if (open_.empty()) {
      root_ = item;
    } else if (open_.back().isObject) {
      open_.back().members.set(open_.back().name, item);
    } else {
      open_.back().elements.push_back(item);
    }
    return true;
  }

  Store& store_;
  std::vector<Open> open_;
  const Item* root_ = nullptr;
  bool isTooDeep_ = false;
  const char* problem_ = nullptr;
};

struct Parsed {
  const Item* item = nullptr;
  std::string reason;
  /// It is JSON, though none that is taken here.
  bool isJson = false;
};

Parsed read(const std::string& text, Store& store) {
  // In the iterative way, which no depth of nesting makes recurse.
  constexpr unsigned flags = rapidjson::kParseIterativeFlag |
                             rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseNanAndInfFlag;
  Builder builder(store);
  rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, WipingAllocator> reader;
  rapidjson::MemoryStream stream(text.data(), text.size());
  const rapidjson::ParseResult result = reader.Parse<flags>(stream, builder);
  if (!result.IsError()) return {builder.root(), {}, true};
  if (builder.isTooDeep())
    return {nullptr, "nested deeper than " + std::to_string(maxNesting) + " levels", true};
  if (builder.problem() != nullptr) return {nullptr, builder.problem(), false};
  const bool isTooBig = result.Code() == rapidjson::kParseErrorNumberTooBig;
  return {nullptr, rapidjson::GetParseError_En(result.Code()), isTooBig};
}

}  // namespace

const Item* parseJson(const std::string& text, Store& store, std::string& reason) {
  Parsed parsed = read(text, store);
  reason = std::move(parsed.reason);
  return parsed.item;
}

const Item* parseLiteral(const std::string& text, Store& store, std::string& reason) {
  Parsed parsed = read(text, store);
  reason = std::move(parsed.reason);
  if (parsed.item != nullptr || parsed.isJson) return parsed.item;
  const std::size_t begin = std::min(text.find_first_not_of(" \t\n\r\v\f"), text.size());
  return read('"' + text.substr(begin) + '"', store).item;
}

}  // namespace jmespath
