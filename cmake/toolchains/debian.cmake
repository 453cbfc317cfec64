# SPDX-License-Identifier: BSL-1.0
# Included by the toolchain files of Linux machines, which set `triplet` and `emulator` before: Debian's
# cross compiler for the triplet, and qemu's user mode to run what it builds.
#
# With SECURE_TUNNELING_SYSROOT, a folder with that machine's libraries unpacked from its packages, programs
# can be linked with them too; cmake/cross.sh makes one.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${triplet}-gcc)
set(CMAKE_CXX_COMPILER ${triplet}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${triplet})
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SECURE_TUNNELING_SYSROOT)

if(SECURE_TUNNELING_SYSROOT)
  set(CMAKE_PREFIX_PATH "${SECURE_TUNNELING_SYSROOT}/usr")
  string(APPEND CMAKE_CXX_FLAGS_INIT " -isystem ${SECURE_TUNNELING_SYSROOT}/usr/include/${triplet}")
  foreach(folder IN ITEMS usr/lib lib)
    string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " -Wl,-rpath-link,${SECURE_TUNNELING_SYSROOT}/${folder}/${triplet}")
  endforeach()
  set(ENV{PKG_CONFIG_LIBDIR} "${SECURE_TUNNELING_SYSROOT}/usr/lib/${triplet}/pkgconfig")
  set(ENV{PKG_CONFIG_SYSROOT_DIR} "${SECURE_TUNNELING_SYSROOT}")
  set(CMAKE_CROSSCOMPILING_EMULATOR ${emulator} -L "${SECURE_TUNNELING_SYSROOT}")
else()
  set(CMAKE_CROSSCOMPILING_EMULATOR ${emulator} -L /usr/${triplet})
endif()
