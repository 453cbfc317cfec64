# SPDX-License-Identifier: BSL-1.0
# 32-bit MIPS, little-endian.
set(CMAKE_SYSTEM_PROCESSOR mipsel)
set(triplet mipsel-linux-gnu)
set(emulator qemu-mipsel-static)
include("${CMAKE_CURRENT_LIST_DIR}/debian.cmake")
