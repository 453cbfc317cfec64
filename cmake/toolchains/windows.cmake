# SPDX-License-Identifier: BSL-1.0
# 64-bit Windows, by mingw-w64 and, to run what it builds, Wine where it is installed. The programs bring
# the compiler's libraries in themselves.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
# Debian has the loader beside its libraries, behind a script that asks for 32-bit Wine first.
find_program(SECURE_TUNNELING_WINE wine64 PATHS /usr/lib/wine)
if(SECURE_TUNNELING_WINE)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${SECURE_TUNNELING_WINE}")
endif()
include("${CMAKE_CURRENT_LIST_DIR}/host_headers.cmake")
