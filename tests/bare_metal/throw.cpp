// SPDX-License-Identifier: BSL-1.0
// What libstdc++ calls where it would throw: its own functions of these names bring its unwinder
// along.
#include "bare_metal/board.hpp"

namespace std {
void __throw_bad_alloc() {
  board::fail("std::bad_alloc");
}
void __throw_bad_array_new_length() {
  board::fail("std::bad_array_new_length");
}
void __throw_length_error(const char* what) {
  board::fail(what);
}
void __throw_logic_error(const char* what) {
  board::fail(what);
}
void __throw_out_of_range_fmt(const char* what, ...) {
  board::fail(what);
}
}  // namespace std
