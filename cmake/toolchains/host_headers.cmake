# SPDX-License-Identifier: BSL-1.0
# Included by the toolchain files of machines whose compiler does not look in /usr/include: puts this
# machine's header-only libraries, Catch2 and RapidJSON, under a root of their own. Naming /usr/include
# itself would bring this machine's C library along.
get_property(in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
if(NOT in_try_compile)
  set(host_headers "${CMAKE_BINARY_DIR}/host_headers")
  file(COPY /usr/include/rapidjson DESTINATION "${host_headers}/include")
  foreach(folder IN ITEMS include/catch2 lib/cmake/Catch2)
    if(EXISTS "/usr/${folder}")
      get_filename_component(parent "${folder}" DIRECTORY)
      file(COPY "/usr/${folder}" DESTINATION "${host_headers}/${parent}")
    endif()
  endforeach()
  set(CMAKE_PREFIX_PATH "${host_headers}")
  set(RapidJSON_INCLUDE_DIR "${host_headers}/include" CACHE PATH "")
endif()
