# SPDX-License-Identifier: BSL-1.0
# The library in one file, and its core in one, for those who vendor it.
set(SECURE_TUNNELING_SINGLE_FILES "${PROJECT_BINARY_DIR}/single_files")
file(GLOB_RECURSE single_file_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/secure_tunneling/*.hpp")
list(APPEND single_file_sources "${PROJECT_SOURCE_DIR}/cmake/amalgamate.cmake" "${PROJECT_SOURCE_DIR}/LICENSE")

# add_single_file(NAME HEADER): NAME.hpp is secure_tunneling/HEADER.hpp with all that it includes.
function(add_single_file name header)
  set(file "${SECURE_TUNNELING_SINGLE_FILES}/${name}.hpp")
  set(make "${CMAKE_COMMAND}" "-DINCLUDE=${PROJECT_SOURCE_DIR}/include"
    "-DHEADER=secure_tunneling/${header}.hpp" "-DOUTPUT=${file}"
    "-DFORWARD=${SECURE_TUNNELING_SINGLE_FILES}/forward_${header}"
    -P "${PROJECT_SOURCE_DIR}/cmake/amalgamate.cmake")
  add_custom_command(OUTPUT "${file}" COMMAND ${make} DEPENDS ${single_file_sources} VERBATIM)
  add_custom_target(${name}_single_file ALL DEPENDS "${file}")
  if(SECURE_TUNNELING_INSTALL)
    # Headers are often installed without a build before it.
    list(JOIN single_file_sources "]==] [==[" sources)
    list(JOIN make "]==] [==[" make)
    install(CODE "
      foreach(source IN ITEMS [==[${sources}]==])
        if(\"\${source}\" IS_NEWER_THAN [==[${file}]==])
          execute_process(COMMAND [==[${make}]==] COMMAND_ERROR_IS_FATAL ANY)
        endif()
      endforeach()" COMPONENT single_files)
    install(FILES "${file}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT single_files)
  endif()
endfunction()

add_single_file(secure_tunneling_core core)
add_single_file(secure_tunneling secure_tunneling)

# use_single_files(TARGET): what TARGET includes comes from the single files, but for headers that are
# in neither, such as the testing kit's.
function(use_single_files target)
  target_include_directories(${target} BEFORE PRIVATE
    "${SECURE_TUNNELING_SINGLE_FILES}/forward_core" "${SECURE_TUNNELING_SINGLE_FILES}/forward_secure_tunneling")
  add_dependencies(${target} secure_tunneling_core_single_file secure_tunneling_single_file)
endfunction()
