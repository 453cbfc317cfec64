// SPDX-License-Identifier: BSL-1.0
#include <cstddef>
#include <cstdint>

#include "fuzz/support/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
