# SPDX-License-Identifier: BSL-1.0
# Included by the toolchain files of machines whose compiler does not look in /usr/include: puts this
# machine's header-only libraries under a root of their own. Naming /usr/include itself would bring this
# machine's C library along.
get_property(in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
if(NOT in_try_compile)
  set(CMAKE_PREFIX_PATH "${CMAKE_BINARY_DIR}/host_headers")
  foreach(library IN ITEMS catch2 rapidjson)
    if(EXISTS "/usr/include/${library}")
      file(COPY "/usr/include/${library}" DESTINATION "${CMAKE_PREFIX_PATH}/include")
    endif()
  endforeach()
endif()
