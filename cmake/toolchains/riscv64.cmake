# SPDX-License-Identifier: BSL-1.0
# 64-bit RISC-V; characters are unsigned.
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(triplet riscv64-linux-gnu)
set(emulator qemu-riscv64-static)
include("${CMAKE_CURRENT_LIST_DIR}/debian.cmake")
