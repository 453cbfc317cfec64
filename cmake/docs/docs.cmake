# SPDX-License-Identifier: BSL-1.0
# The target docs: reference pages of the headers, with the pages of the folders, in docs/html of the build folder.
# Warnings are errors, and so is a public name without a comment. No other target needs it.
find_program(SECURE_TUNNELING_DOXYGEN doxygen)
mark_as_advanced(SECURE_TUNNELING_DOXYGEN)
set(doxygen_version 0)
if(SECURE_TUNNELING_DOXYGEN)
  execute_process(COMMAND "${SECURE_TUNNELING_DOXYGEN}" --version
    OUTPUT_VARIABLE doxygen_version OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
# With older ones it was not tried, and each warns of settings that it does not know.
if(doxygen_version VERSION_LESS 1.9.4)
  file(REMOVE "${PROJECT_BINARY_DIR}/docs/Doxyfile")
  set(docs_command "${CMAKE_COMMAND}" -E false)
  set(docs_comment "The reference pages need doxygen 1.9.4 or later (on Debian: apt-get install doxygen)")
else()
  set(warn_of_enumerators "")
  if(NOT doxygen_version VERSION_LESS 1.9.8)
    set(warn_of_enumerators "WARN_IF_UNDOC_ENUM_VAL = YES")
  endif()
  configure_file("${CMAKE_CURRENT_LIST_DIR}/Doxyfile.in" "${PROJECT_BINARY_DIR}/docs/Doxyfile" @ONLY)
  set(docs_command "${SECURE_TUNNELING_DOXYGEN}" "${PROJECT_BINARY_DIR}/docs/Doxyfile")
  set(docs_comment "Making the reference pages: docs/html/index.html")
endif()
add_custom_target(docs COMMAND ${docs_command} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
  COMMENT "${docs_comment}" VERBATIM)
