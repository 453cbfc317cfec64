// SPDX-License-Identifier: BSL-1.0
// The single file of everything, for single_files.cpp, with what is in none on top.
#include "secure_tunneling.hpp"
#include "secure_tunneling/testing/fake_secure_tunneling_service.hpp"
#include "secure_tunneling/throwing.hpp"

const secure_tunneling::ClientMode* modeInTheFullFile();

const secure_tunneling::ClientMode* modeInTheFullFile() {
  return &secure_tunneling::ClientMode::ALL;
}
