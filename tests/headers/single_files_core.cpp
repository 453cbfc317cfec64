// SPDX-License-Identifier: BSL-1.0
// The core's single file, for single_files.cpp.
#include "secure_tunneling_core.hpp"

const secure_tunneling::ClientMode* modeInTheCoresFile();

const secure_tunneling::ClientMode* modeInTheCoresFile() {
  return &secure_tunneling::ClientMode::ALL;
}
