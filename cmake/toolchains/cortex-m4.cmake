# SPDX-License-Identifier: BSL-1.0
# Cortex-M4 without an operating system, in software floating point, with newlib; run on qemu's model of
# Arm's MPS2 board, which talks to this machine by semihosting.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR cortex-m4)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_CXX_FLAGS_INIT "-mcpu=cortex-m4 -mthumb -mfloat-abi=soft")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-system-arm -M mps2-an386 -display none -monitor none -serial none
  -semihosting-config enable=on,target=native -kernel)
include("${CMAKE_CURRENT_LIST_DIR}/host_headers.cmake")
