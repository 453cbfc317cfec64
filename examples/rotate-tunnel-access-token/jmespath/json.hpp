// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <rapidjson/document.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "secure_tunneling/detail/wipe.hpp"

namespace jmespath {

/// RapidJSON's CrtAllocator that wipes memory before it is given back: documents hold tokens.
class WipingAllocator {
 public:
  static constexpr bool kNeedFree = true;

  void* Malloc(std::size_t size) {
    if (size == 0) return nullptr;
    auto* const block = static_cast<char*>(std::malloc(headerSize + size));
    if (block == nullptr) return nullptr;
    std::memcpy(block, &size, sizeof size);
    return block + headerSize;
  }
  void* Realloc(void* original, std::size_t originalSize, std::size_t size) {
    if (size != 0 && size <= originalSize) return original;
    void* const moved = Malloc(size);
    if (size != 0 && moved == nullptr) return nullptr;
    if (moved != nullptr && originalSize != 0) std::memcpy(moved, original, originalSize);
    Free(original);
    return moved;
  }
  static void Free(void* pointer) noexcept {
    if (pointer == nullptr) return;
    char* const block = static_cast<char*>(pointer) - headerSize;
    std::size_t size = 0;
    std::memcpy(&size, block, sizeof size);
    secure_tunneling::detail::wipe(block, headerSize + size);
    std::free(block);
  }
  bool operator==(const WipingAllocator&) const noexcept { return true; }
  bool operator!=(const WipingAllocator&) const noexcept { return false; }

 private:
  static constexpr std::size_t headerSize = alignof(std::max_align_t);
  static_assert(headerSize >= sizeof(std::size_t));
};

/// RapidJSON's Document and Value, in memory that is wiped: the values, and what the parser of
/// `Document::Parse` had on its stack.
using Document =
    rapidjson::GenericDocument<rapidjson::UTF8<>, rapidjson::MemoryPoolAllocator<WipingAllocator>,
                               WipingAllocator>;
using Value = Document::ValueType;

/// An integer beyond 64 bits, which RapidJSON has no type for, is an object whose only member has
/// this name, one NUL, and the decimal digits as its value.
inline constexpr std::string_view bigIntegerName{"\0", 1};

/// The digits of such an integer, with its sign; empty for any other value.
[[nodiscard]] inline std::string_view bigInteger(const Value& value) {
  if (!value.IsObject() || value.MemberCount() != 1) return {};
  const auto& member = *value.MemberBegin();
  if (!member.value.IsString() || member.name.GetStringLength() != bigIntegerName.size() ||
      *member.name.GetString() != bigIntegerName.front())
    return {};
  const std::string_view digits(member.value.GetString(), member.value.GetStringLength());
  return digits.find_first_not_of("-0123456789") == std::string_view::npos ? digits
                                                                           : std::string_view();
}

/// A number of any size as Python and the AWS CLI write it in JSON: `1000.0`, `1e+16`, `Infinity`.
/// Empty for any other value.
[[nodiscard]] std::string spelledNumber(const Value& value);

}  // namespace jmespath
