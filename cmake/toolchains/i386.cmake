# SPDX-License-Identifier: BSL-1.0
# 32-bit x86.
set(CMAKE_SYSTEM_PROCESSOR i686)
set(triplet i686-linux-gnu)
set(emulator qemu-i386-static)
include("${CMAKE_CURRENT_LIST_DIR}/debian.cmake")
