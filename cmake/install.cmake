# SPDX-License-Identifier: BSL-1.0
# The components are development, single_files, debuggers and documentation here, and programs in
# examples/documents/documents.cmake; cmake/README.md says what each has.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/secure_tunneling")
set(pkgconfig_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")

# What exports itself and links this library needs it in an export too, also where it is not installed.
set(unless_installed "")
if(NOT SECURE_TUNNELING_INSTALL)
  set(unless_installed EXCLUDE_FROM_ALL)
endif()

# add_export(TARGET FILE): one export a target, so that a package without the adapters never mentions what
# they need.
function(add_export target file)
  install(TARGETS ${target} EXPORT ${target} INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT ${target} NAMESPACE secure_tunneling:: DESTINATION "${package_dir}" FILE ${file}
    COMPONENT development ${unless_installed})
  export(EXPORT ${target} NAMESPACE secure_tunneling:: FILE "${CMAKE_CURRENT_BINARY_DIR}/${file}")
endfunction()

# For once.cmake and the package's file. Whether it is installed with a project is no property of a package.
set_target_properties(secure_tunneling_core PROPERTIES EXPORT_NAME core
  SECURE_TUNNELING_VERSION "${PROJECT_VERSION}" EXPORT_PROPERTIES SECURE_TUNNELING_VERSION
  SECURE_TUNNELING_INSTALLS "${secure_tunneling_installs}")
add_export(secure_tunneling_core secure_tunneling-core.cmake)
if(SECURE_TUNNELING_ADAPTERS)
  add_export(secure_tunneling secure_tunneling-adapters.cmake)
endif()
configure_file(cmake/secure_tunneling-config.cmake.in secure_tunneling-config.cmake @ONLY)
write_basic_package_version_file(secure_tunneling-config-version.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
if(NOT SECURE_TUNNELING_INSTALL)
  return()
endif()

install(DIRECTORY include/secure_tunneling DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development
  FILES_MATCHING PATTERN "*.hpp")
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/secure_tunneling-config.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/secure_tunneling-config-version.cmake"
  DESTINATION "${package_dir}" COMPONENT development)
install(FILES cmake/debuggers/secure_tunneling.py DESTINATION "${CMAKE_INSTALL_DATADIR}/secure_tunneling/gdb"
  COMPONENT debuggers)
install(FILES cmake/debuggers/secure_tunneling.natvis DESTINATION "${CMAKE_INSTALL_DATADIR}/secure_tunneling"
  COMPONENT debuggers)
# With whatever is source; the single files have its text inside.
foreach(component IN ITEMS development debuggers documentation)
  install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/licenses/secure_tunneling" COMPONENT ${component})
endforeach()

# The pages, as they link to each other; those of .github come to the top: a folder of that name is hidden. Not into
# CMAKE_INSTALL_DOCDIR, which has the name of the project at the top.
set(pages_dir "${CMAKE_INSTALL_DATAROOTDIR}/doc/secure_tunneling")
file(GLOB_RECURSE pages RELATIVE "${PROJECT_SOURCE_DIR}" CONFIGURE_DEPENDS cmake/*.md examples/*.md include/*.md)
file(GLOB top_pages RELATIVE "${PROJECT_SOURCE_DIR}" CONFIGURE_DEPENDS README.md .github/*.md)
foreach(page IN LISTS pages top_pages)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${page}")
  file(READ "${page}" text)
  if(page IN_LIST top_pages)
    get_filename_component(page "${page}" NAME)
    string(REGEX REPLACE "\\]\\((\\.github|\\.\\.)/" "](" text "${text}")
  endif()
  file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/pages/${page}" "${text}")
  get_filename_component(folder "${page}" DIRECTORY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/pages/${page}" DESTINATION "${pages_dir}/${folder}"
    COMPONENT documentation)
endforeach()

# The folders for pkg-config. From where its file is, so that all can be moved together, but for those that
# are given as absolute paths and so have places of their own.
set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
if(NOT IS_ABSOLUTE "${pkgconfig_dir}")
  file(RELATIVE_PATH pc_prefix "/prefix/${pkgconfig_dir}" "/prefix")
  string(REGEX REPLACE "/$" "" pc_prefix "\${pcfiledir}/${pc_prefix}")
endif()
set(pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
if(NOT IS_ABSOLUTE "${pc_includedir}")
  set(pc_includedir "\${prefix}/${pc_includedir}")
endif()
# In quotes, so that blanks and apostrophes are part of it. But not where it begins with pcfiledir, unless that has an
# apostrophe: pkgconf escapes the blanks of pcfiledir itself, and its backslashes would be part of it in quotes. The
# pkg-config of freedesktop.org, which few systems still have, does not escape them, and so splits there at blanks.
set(pc_cflags "-I\"\${includedir}\"")
if(NOT IS_ABSOLUTE "${pkgconfig_dir}" AND NOT IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}"
   AND NOT CMAKE_INSTALL_PREFIX MATCHES "'")
  set(pc_cflags "-I\${includedir}")
endif()
# RapidJSON's folder, where compilers do not look by themselves. Not as a package: what was found is a folder.
get_filename_component(rapidjson_dir "${RapidJSON_INCLUDE_DIR}" ABSOLUTE)
if(NOT rapidjson_dir IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES
   AND NOT rapidjson_dir STREQUAL CMAKE_INSTALL_FULL_INCLUDEDIR)
  string(APPEND pc_cflags " -I\"${rapidjson_dir}\"")
endif()
configure_file(cmake/secure_tunneling_core.pc.in secure_tunneling_core.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/secure_tunneling_core.pc" DESTINATION "${pkgconfig_dir}" COMPONENT development)
if(SECURE_TUNNELING_ADAPTERS)
  configure_file(cmake/secure_tunneling.pc.in secure_tunneling.pc @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/secure_tunneling.pc" DESTINATION "${pkgconfig_dir}" COMPONENT development)
endif()
