// SPDX-License-Identifier: BSL-1.0
// Files that include the single files and the headers in every mix, linked into one program: no
// definition clashes, and all see the same objects.
#include "secure_tunneling_core.hpp"

#include "secure_tunneling.hpp"

#include "secure_tunneling/secure_tunneling.hpp"

const secure_tunneling::ClientMode* modeInTheCoresFile();
const secure_tunneling::ClientMode* modeInTheFullFile();
const secure_tunneling::ClientMode* modeInTheHeaders();

int main() {
  const secure_tunneling::ClientMode* const here = &secure_tunneling::ClientMode::ALL;
  return here == modeInTheCoresFile() && here == modeInTheFullFile() && here == modeInTheHeaders()
             ? 0
             : 1;
}
