# SPDX-License-Identifier: BSL-1.0
include(GNUInstallDirs)

# install_program(PROGRAM): in the component programs. That component says what it lacks; without it nothing has to be
# built, so that the headers can be installed as they are.
function(install_program program)
  if(NOT SECURE_TUNNELING_INSTALL)
    return()
  endif()
  install(CODE "
    if(CMAKE_INSTALL_COMPONENT STREQUAL \"programs\" AND NOT EXISTS [==[$<TARGET_FILE:${program}>]==])
      message(FATAL_ERROR \"${program} is not built: cmake --build ${PROJECT_BINARY_DIR}\")
    endif()" COMPONENT programs)
  install(TARGETS ${program} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT programs OPTIONAL)
endfunction()

# install_unit(PROGRAM FOLDER UNIT): a unit of systemd, which looks in lib/systemd/FOLDER whatever the folder of
# libraries is. It starts the program where that is installed, which is known when it is.
function(install_unit program folder unit)
  if(NOT SECURE_TUNNELING_INSTALL)
    return()
  endif()
  set(installed "${CMAKE_CURRENT_BINARY_DIR}/units/${unit}")
  set(bin "${CMAKE_INSTALL_BINDIR}")
  if(NOT IS_ABSOLUTE "${bin}")
    set(bin "\${CMAKE_INSTALL_PREFIX}/${bin}")
  endif()
  install(CODE "
    file(REMOVE [==[${installed}]==])
    if(EXISTS [==[$<TARGET_FILE:${program}>]==])
      file(READ [==[${CMAKE_CURRENT_SOURCE_DIR}/${unit}]==] unit)
      # An archive by cpack is installed in a folder of its own first.
      if(NOT CMAKE_INSTALL_PREFIX MATCHES \"/_CPack_Packages/\")
        string(REPLACE /usr/local/bin/ \"${bin}/\" unit \"\${unit}\")
      endif()
      file(WRITE [==[${installed}]==] \"\${unit}\")
    endif()" COMPONENT programs)
  install(FILES "${installed}" DESTINATION "lib/systemd/${folder}" COMPONENT programs OPTIONAL)
endfunction()

# add_documents(PROGRAM SOURCE...): has documents.cpp of this folder, with the sources and libraries of its option
# table (LIBRARIES ...), write the completions and the manual page of a program, and installs them and it.
function(add_documents program)
  cmake_parse_arguments(PARSE_ARGV 1 documents "" "" "LIBRARIES")
  install_program(${program})
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
  list(GET files 0 bash)
  list(GET files 1 zsh)
  list(GET files 2 fish)
  list(GET files 3 manual)
  install(FILES "${bash}" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT programs OPTIONAL)
  install(FILES "${zsh}" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" COMPONENT programs OPTIONAL)
  install(FILES "${fish}" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" COMPONENT programs OPTIONAL)
  install(FILES "${manual}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT programs OPTIONAL)
endfunction()
