// SPDX-License-Identifier: BSL-1.0
// Linked with two_files_b.cpp: no definition clashes, and both see the same objects.
#include "all_headers.hpp"

const secure_tunneling::ClientMode* modeInTheOtherFile();

int main() {
  return &secure_tunneling::ClientMode::ALL == modeInTheOtherFile() ? 0 : 1;
}
