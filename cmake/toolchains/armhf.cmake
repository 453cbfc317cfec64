# SPDX-License-Identifier: BSL-1.0
# 32-bit ARM, in the Thumb instruction set; characters are unsigned.
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(triplet arm-linux-gnueabihf)
set(emulator qemu-arm-static)
# Without notes on what GCC 7 changed in how arguments are passed.
set(CMAKE_CXX_FLAGS_INIT "-mthumb -Wno-psabi")
include("${CMAKE_CURRENT_LIST_DIR}/debian.cmake")
