// SPDX-License-Identifier: BSL-1.0
#include "all_headers.hpp"

const secure_tunneling::ClientMode* modeInTheOtherFile();

const secure_tunneling::ClientMode* modeInTheOtherFile() {
  return &secure_tunneling::ClientMode::ALL;
}
