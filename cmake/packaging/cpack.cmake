# SPDX-License-Identifier: BSL-1.0
# cpack -G DEB, RPM or TGZ in the build folder: two packages, of what compilers and of what people run, or one archive.
set(CPACK_PACKAGE_NAME secure_tunneling)
set(CPACK_PACKAGE_VENDOR "secure_tunneling")
# Each package has its own.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
# AWS's page about the call: what cpack -D CPACK_PACKAGE_HOMEPAGE_URL=... is for.
set(CPACK_PACKAGE_HOMEPAGE_URL
  "https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_RotateTunnelAccessToken.html")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
# Who builds a package answers for it, by the names of Debian's own tools.
set(CPACK_PACKAGE_CONTACT "secure_tunneling packages <packages@secure-tunneling.invalid>")
if(DEFINED ENV{DEBFULLNAME} AND DEFINED ENV{DEBEMAIL})
  set(CPACK_PACKAGE_CONTACT "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
endif()
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 1)
set(CPACK_PACKAGE_CHECKSUM SHA256)

# The component programs is what the examples add.
set(CPACK_COMPONENTS_ALL development single_files debuggers documentation)
set(development_text "A header-only C++17 library for one call of AWS, RotateTunnelAccessToken, on
libcurl, OpenSSL and RapidJSON: credentials from everywhere where the AWS tools
look, signature, retries, and whether the old tokens may be gone. With a fake
service for unit tests, CMake and pkg-config files, the library in one file,
printers for gdb, and its pages.")
set(programs_text "rotate-tunnel-access-token takes the options, prints the output and returns the
exit codes of the AWS CLI's command of that name. keep-local-proxy keeps AWS's
local proxy connected, with units for systemd. rotate-fleet rotates the tokens
of many tunnels. local-service is a fake service to try them with. With manual
pages and completions for bash, zsh and fish.")
set(CPACK_COMPONENT_DEVELOPMENT_GROUP development)
set(CPACK_COMPONENT_SINGLE_FILES_GROUP development)
set(CPACK_COMPONENT_DEBUGGERS_GROUP development)
set(CPACK_COMPONENT_DOCUMENTATION_GROUP development)
set(CPACK_COMPONENT_PROGRAMS_GROUP programs)
if(SECURE_TUNNELING_BUILD_EXAMPLES AND SECURE_TUNNELING_ADAPTERS)
  list(APPEND CPACK_COMPONENTS_ALL programs)
endif()

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SOURCE secure-tunneling)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libsecure-tunneling-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libcurl4-openssl-dev, libssl-dev, rapidjson-dev")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "AWS IoT Secure Tunneling's token rotation - headers\n${development_text}")
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_NAME secure-tunneling-tools)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PROGRAMS_DESCRIPTION "AWS IoT Secure Tunneling's token rotation - programs\n${programs_text}")

set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE BSL-1.0)
set(CPACK_RPM_DEVELOPMENT_PACKAGE_NAME secure_tunneling-devel)
set(CPACK_RPM_DEVELOPMENT_PACKAGE_ARCHITECTURE noarch)
set(CPACK_RPM_DEVELOPMENT_PACKAGE_SUMMARY "Headers for RotateTunnelAccessToken of AWS IoT Secure Tunneling")
set(CPACK_RPM_DEVELOPMENT_PACKAGE_REQUIRES "libcurl-devel, openssl-devel, rapidjson-devel")
set(CPACK_RPM_DEVELOPMENT_PACKAGE_DESCRIPTION "${development_text}")
set(CPACK_RPM_PROGRAMS_PACKAGE_NAME secure_tunneling-tools)
set(CPACK_RPM_PROGRAMS_PACKAGE_SUMMARY "Programs for RotateTunnelAccessToken of AWS IoT Secure Tunneling")
set(CPACK_RPM_PROGRAMS_PACKAGE_DESCRIPTION "${programs_text}")
# Folders of other packages.
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION /usr/lib/systemd /usr/lib/systemd/system /usr/lib/systemd/user
  /usr/share/bash-completion /usr/share/bash-completion/completions /usr/share/zsh /usr/share/zsh/site-functions
  /usr/share/fish /usr/share/fish/vendor_completions.d /usr/share/cmake /usr/share/pkgconfig /usr/share/licenses
  /usr/share/man /usr/share/man/man1)

set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/packaging/before_package.cmake")
set(CPACK_SECURE_TUNNELING_SOURCE "${PROJECT_SOURCE_DIR}")
include(CPack)
include(CPackComponent)
cpack_add_component_group(development)
cpack_add_component_group(programs)
