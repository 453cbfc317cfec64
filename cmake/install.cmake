# SPDX-License-Identifier: BSL-1.0
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/secure_tunneling")
set(pkgconfig_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")

install(DIRECTORY include/secure_tunneling DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/licenses/secure_tunneling")

# One export a target, so that a package without the adapters never mentions what they need.
set_target_properties(secure_tunneling_core PROPERTIES EXPORT_NAME core)
install(TARGETS secure_tunneling_core EXPORT secure_tunneling_core
  INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT secure_tunneling_core NAMESPACE secure_tunneling:: DESTINATION "${package_dir}"
  FILE secure_tunneling-core.cmake)
configure_file(cmake/secure_tunneling_core.pc.in secure_tunneling_core.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/secure_tunneling_core.pc" DESTINATION "${pkgconfig_dir}")

if(SECURE_TUNNELING_ADAPTERS)
  install(TARGETS secure_tunneling EXPORT secure_tunneling)
  install(EXPORT secure_tunneling NAMESPACE secure_tunneling:: DESTINATION "${package_dir}"
    FILE secure_tunneling-adapters.cmake)
  configure_file(cmake/secure_tunneling.pc.in secure_tunneling.pc @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/secure_tunneling.pc" DESTINATION "${pkgconfig_dir}")
endif()

configure_file(cmake/secure_tunneling-config.cmake.in secure_tunneling-config.cmake @ONLY)
write_basic_package_version_file(secure_tunneling-config-version.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/secure_tunneling-config.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/secure_tunneling-config-version.cmake"
  DESTINATION "${package_dir}")
