# SPDX-License-Identifier: BSL-1.0
# Catch2, version 2 or 3, behind one target with its main() and one header, support/catch.hpp. For other
# machines, whose package is not there, it is the single header of version 2.
if(CMAKE_CROSSCOMPILING)
  find_path(Catch2_INCLUDE_DIR catch2/catch.hpp REQUIRED)
  add_library(Catch2::Catch2 INTERFACE IMPORTED)
  target_include_directories(Catch2::Catch2 INTERFACE "${Catch2_INCLUDE_DIR}")
else()
  find_package(Catch2 REQUIRED)
endif()

if(TARGET Catch2::Catch2WithMain)
  add_library(secure_tunneling_catch2_main INTERFACE)
  target_link_libraries(secure_tunneling_catch2_main INTERFACE Catch2::Catch2WithMain)
else()
  file(CONFIGURE OUTPUT catch2_main.cpp CONTENT "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n")
  add_library(secure_tunneling_catch2_main STATIC "${CMAKE_CURRENT_BINARY_DIR}/catch2_main.cpp")
  target_link_libraries(secure_tunneling_catch2_main PUBLIC Catch2::Catch2)
endif()
if(NOT CMAKE_CROSSCOMPILING)
  list(APPEND CMAKE_MODULE_PATH "${Catch2_DIR}")
  include(Catch)
endif()
