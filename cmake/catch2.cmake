# SPDX-License-Identifier: BSL-1.0
# Catch2, version 2 or 3, behind one target with its main() and one header, support/catch.hpp. For
# another machine main() is built here, from the single header of version 2.
find_package(Catch2 REQUIRED)

if(TARGET Catch2::Catch2WithMain AND NOT CMAKE_CROSSCOMPILING)
  add_library(secure_tunneling_catch2_main INTERFACE)
  target_link_libraries(secure_tunneling_catch2_main INTERFACE Catch2::Catch2WithMain)
else()
  list(APPEND CMAKE_MODULE_PATH "${Catch2_DIR}")
  file(CONFIGURE OUTPUT catch2_main.cpp CONTENT "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n")
  add_library(secure_tunneling_catch2_main STATIC "${CMAKE_CURRENT_BINARY_DIR}/catch2_main.cpp")
  target_link_libraries(secure_tunneling_catch2_main PUBLIC Catch2::Catch2)
endif()
include(Catch)
