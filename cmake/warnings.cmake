# SPDX-License-Identifier: BSL-1.0
# For this project's own programs; never part of a target that users link.
set(SECURE_TUNNELING_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
  -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual)
# An option of this project's own and not CMAKE_COMPILE_WARNING_AS_ERROR, which CMake has from 3.24 on, and
# which would not reach the tests that call a compiler themselves.
if(SECURE_TUNNELING_WERROR)
  list(APPEND SECURE_TUNNELING_WARNINGS -Werror)
endif()

add_library(secure_tunneling_warnings INTERFACE)
# GCC 12 sees overlaps in C++20's std::string that are not there (its bug 105651).
target_compile_options(secure_tunneling_warnings INTERFACE ${SECURE_TUNNELING_WARNINGS}
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
# Where several files are one compilation, a local name may be one that another file has outside of functions, and GCC
# takes the files for headers, in which an unnamed namespace would be a mistake.
if(CMAKE_UNITY_BUILD)
  target_compile_options(secure_tunneling_warnings INTERFACE -Wno-shadow
    "$<$<CXX_COMPILER_ID:GNU>:-Wshadow=local;-Wno-subobject-linkage>")
endif()
