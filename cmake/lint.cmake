# SPDX-License-Identifier: BSL-1.0
# What the preset tidy builds beside the examples: a program that calls much, and each header that neither it nor
# another header includes, so that clang-tidy sees every header there is.
file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/secure_tunneling/*.hpp")
leave_out_without_mbedtls(headers)
set(linted "${PROJECT_SOURCE_DIR}/tests/headers/whole_call.cpp" ${headers})
foreach(file IN LISTS linted)
  file(STRINGS "${file}" lines REGEX "^#include \"secure_tunneling/")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^#include \"([^\"]+)\".*" "${PROJECT_SOURCE_DIR}/include/\\1" included "${line}")
    list(REMOVE_ITEM linted "${included}")
  endforeach()
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${headers})

add_library(linted_headers OBJECT EXCLUDE_FROM_ALL ${linted})
set_source_files_properties(${linted} PROPERTIES LANGUAGE CXX)
target_link_libraries(linted_headers PRIVATE secure_tunneling secure_tunneling_warnings)
if(TARGET secure_tunneling_mbedcrypto)
  target_link_libraries(linted_headers PRIVATE secure_tunneling_mbedcrypto)
endif()
