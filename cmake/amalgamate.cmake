# SPDX-License-Identifier: BSL-1.0
# cmake -DINCLUDE=FOLDER -DHEADER=secure_tunneling/NAME.hpp -DOUTPUT=FILE [-DFORWARD=FOLDER]
#   -P amalgamate.cmake
#
# Writes HEADER, and every header of the library that it includes, into one file. Each header stays
# in its own guard, so that the files made here go together, and with the headers themselves, in any
# order. The same headers give the same bytes, wherever and by whomever it is made. FORWARD gets
# headers of the old names that include OUTPUT: code written for the headers is compiled with it then.
cmake_minimum_required(VERSION 3.22)

set(seen "")
set(others "")
set(sections "")

# The part of FOLDER/header that goes into its section: without what the whole file has once, and
# without the includes that need no condition, which go to the top or are sections themselves.
function(section_body header guard result)
  file(READ "${INCLUDE}/${header}" rest)
  string(REPLACE "\r\n" "\n" rest "${rest}")
  foreach(once IN ITEMS "// SPDX-License-Identifier: BSL-1.0\n" "#pragma once\n"
      "#ifndef ${guard}\n#define ${guard}\n" "#endif  // ${guard}\n")
    string(REPLACE "${once}" "" rest "${rest}")
  endforeach()
  set(rest "\n${rest}")
  set(body "")
  set(depth 0)
  while(rest MATCHES "\n#[ \t]*(if|endif|include)([^\n]*)")
    set(line "${CMAKE_MATCH_0}")
    set(directive "${CMAKE_MATCH_1}")
    set(argument "${CMAKE_MATCH_2}")
    string(FIND "${rest}" "${line}" at)
    string(LENGTH "${line}" length)
    math(EXPR behind "${at} + ${length}")
    string(SUBSTRING "${rest}" 0 ${at} before)
    string(SUBSTRING "${rest}" ${behind} -1 rest)
    string(APPEND body "${before}")
    if(directive STREQUAL "if")
      math(EXPR depth "${depth} + 1")
    elseif(directive STREQUAL "endif")
      math(EXPR depth "${depth} - 1")
    elseif(argument MATCHES "^ \"(secure_tunneling/[^\"]+)\"$")
      if(NOT depth EQUAL 0)
        message(FATAL_ERROR "${header}: includes ${CMAKE_MATCH_1} under a condition")
      endif()
      add_section("${CMAKE_MATCH_1}")
      continue()
    elseif(NOT argument MATCHES "^ <[^>]+>$")
      message(FATAL_ERROR "${header}: neither \"secure_tunneling/...\" nor <...>: #include${argument}")
    elseif(depth EQUAL 0)
      list(APPEND others "#include${argument}")
      continue()
    endif()
    string(APPEND body "${line}")
  endwhile()
  if(NOT depth EQUAL 0)
    message(FATAL_ERROR "${header}: a condition without its end")
  endif()
  string(APPEND body "${rest}")
  string(REGEX REPLACE "\n\n\n+" "\n\n" body "${body}")
  string(STRIP "${body}" body)
  set(${result} "${body}" PARENT_SCOPE)
  foreach(list IN ITEMS seen others sections)
    set(${list} "${${list}}" PARENT_SCOPE)
  endforeach()
endfunction()

# Behind the sections of what it includes.
function(add_section header)
  if(NOT header IN_LIST seen)
    list(APPEND seen "${header}")
    string(TOUPPER "${header}" guard)
    string(REGEX REPLACE "[^A-Z0-9]" "_" guard "${guard}")
    section_body("${header}" "${guard}" body)
    string(APPEND sections "\n// ${header}\n#ifndef ${guard}\n#define ${guard}\n")
    if(NOT body STREQUAL "")
      string(APPEND sections "\n${body}\n\n")
    endif()
    string(APPEND sections "#endif  // ${guard}\n")
  endif()
  foreach(list IN ITEMS seen others sections)
    set(${list} "${${list}}" PARENT_SCOPE)
  endforeach()
endfunction()

add_section("${HEADER}")
list(REMOVE_DUPLICATES others)
list(SORT others)
list(JOIN others "\n" others)
get_filename_component(name "${OUTPUT}" NAME)
# The licence wants to be in every copy, and this file may be all there is.
file(READ "${CMAKE_CURRENT_LIST_DIR}/../LICENSE" licence)
string(REPLACE "\r\n" "\n" licence "${licence}")
string(STRIP "${licence}" licence)
string(REPLACE "\n" "\n// " licence "${licence}")
string(REPLACE "// \n" "//\n" licence "${licence}")
file(READ "${INCLUDE}/secure_tunneling/version.hpp" version)
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" version "${version}")
file(WRITE "${OUTPUT}" "// SPDX-License-Identifier: BSL-1.0
#pragma once

// secure_tunneling ${version}, ${name}: ${HEADER}
// and all of the library that it includes. Made by cmake/amalgamate.cmake: change the headers instead.
//
// ${licence}

${others}
${sections}")

if(FORWARD)
  foreach(header IN LISTS seen)
    file(WRITE "${FORWARD}/${header}" "#include \"${OUTPUT}\"\n")
  endforeach()
endif()
