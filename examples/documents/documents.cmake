# SPDX-License-Identifier: BSL-1.0
include(GNUInstallDirs)

# add_documents(PROGRAM SOURCE...): has documents.cpp of this folder, with the sources and libraries of its option
# table (LIBRARIES ...), write the completions and the manual page of a program, and installs them with it.
function(add_documents program)
  cmake_parse_arguments(PARSE_ARGV 1 documents "" "" "LIBRARIES")
  if(CMAKE_CROSSCOMPILING)
    return()
  endif()
  string(TIMESTAMP date "%Y-%m-%d" UTC)  # or that of SOURCE_DATE_EPOCH
  set(writer ${program}-documents)
  add_executable(${writer} documents.cpp ${documents_UNPARSED_ARGUMENTS})
  set_target_properties(${writer} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
  target_link_libraries(${writer} PRIVATE program_documents secure_tunneling_warnings ${documents_LIBRARIES})
  set(folder "${PROJECT_BINARY_DIR}/documents/${program}")
  set(files "${folder}/${program}" "${folder}/_${program}" "${folder}/${program}.fish" "${folder}/${program}.1")
  add_custom_command(OUTPUT ${files}
    COMMAND ${CMAKE_COMMAND} -E make_directory "${folder}"
    COMMAND ${writer} "${folder}" "${date}"
    DEPENDS ${writer} VERBATIM)
  add_custom_target(${writer}-files ALL DEPENDS ${files})
  if(NOT SECURE_TUNNELING_INSTALL)
    return()
  endif()
  # Optional, so that the headers can be installed with nothing built.
  list(GET files 0 bash)
  list(GET files 1 zsh)
  list(GET files 2 fish)
  list(GET files 3 manual)
  install(TARGETS ${program} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" OPTIONAL)
  install(FILES "${bash}" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" OPTIONAL)
  install(FILES "${zsh}" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" OPTIONAL)
  install(FILES "${fish}" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" OPTIONAL)
  install(FILES "${manual}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" OPTIONAL)
endfunction()
