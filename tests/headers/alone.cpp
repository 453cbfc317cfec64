// SPDX-License-Identifier: BSL-1.0
// Compiled once for each header, with HEADER as its name.
#include HEADER
#include HEADER  // harmless the second time
