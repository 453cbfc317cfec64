# SPDX-License-Identifier: BSL-1.0
# 32-bit MIPS, big-endian.
set(CMAKE_SYSTEM_PROCESSOR mips)
set(triplet mips-linux-gnu)
set(emulator qemu-mips-static)
include("${CMAKE_CURRENT_LIST_DIR}/debian.cmake")
