# SPDX-License-Identifier: BSL-1.0
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
  install(EXPORT ${target} NAMESPACE secure_tunneling:: DESTINATION "${package_dir}" FILE ${file} ${unless_installed})
  export(EXPORT ${target} NAMESPACE secure_tunneling:: FILE "${CMAKE_CURRENT_BINARY_DIR}/${file}")
endfunction()

set_target_properties(secure_tunneling_core PROPERTIES EXPORT_NAME core)
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

install(DIRECTORY include/secure_tunneling DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
install(FILES cmake/debuggers/secure_tunneling.py DESTINATION "${CMAKE_INSTALL_DATADIR}/secure_tunneling/gdb")
install(FILES cmake/debuggers/secure_tunneling.natvis DESTINATION "${CMAKE_INSTALL_DATADIR}/secure_tunneling")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/licenses/secure_tunneling")
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/secure_tunneling-config.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/secure_tunneling-config-version.cmake"
  DESTINATION "${package_dir}")

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
# RapidJSON's folder, where compilers do not look by themselves. Not as a package: what was found is a folder.
set(pc_cflags "-I\"\${includedir}\"")
get_filename_component(rapidjson_dir "${RapidJSON_INCLUDE_DIR}" ABSOLUTE)
if(NOT rapidjson_dir IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES
   AND NOT rapidjson_dir STREQUAL CMAKE_INSTALL_FULL_INCLUDEDIR)
  string(APPEND pc_cflags " -I\"${rapidjson_dir}\"")
endif()
configure_file(cmake/secure_tunneling_core.pc.in secure_tunneling_core.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/secure_tunneling_core.pc" DESTINATION "${pkgconfig_dir}")
if(SECURE_TUNNELING_ADAPTERS)
  configure_file(cmake/secure_tunneling.pc.in secure_tunneling.pc @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/secure_tunneling.pc" DESTINATION "${pkgconfig_dir}")
endif()
