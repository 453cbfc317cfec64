# SPDX-License-Identifier: BSL-1.0
# Of two dependencies that have it inside, or one that has found it, the first brings it for both: this is an error
# where the first cannot stand for this one.

# Nothing is installed of a folder that is EXCLUDE_FROM_ALL, nor of those inside it.
set(secure_tunneling_installs ${SECURE_TUNNELING_INSTALL})
set(dir "${CMAKE_CURRENT_BINARY_DIR}")
while(dir)
  get_directory_property(excluded DIRECTORY "${dir}" EXCLUDE_FROM_ALL)
  if(excluded)
    set(secure_tunneling_installs OFF)
  endif()
  get_directory_property(dir DIRECTORY "${dir}" PARENT_DIRECTORY)
endwhile()
if(NOT TARGET secure_tunneling::core)
  return()
endif()

get_target_property(first_version secure_tunneling::core SECURE_TUNNELING_VERSION)
get_target_property(first_installs secure_tunneling::core SECURE_TUNNELING_INSTALLS)
get_target_property(first_include secure_tunneling::core INTERFACE_INCLUDE_DIRECTORIES)
if(NOT first_version)
  set(first_version "an unknown version")
endif()
list(GET first_include 0 first_include)
string(REGEX REPLACE "^\\$<BUILD_INTERFACE:(.*)>$" "\\1" first_include "${first_include}")

set(what_to_do "")
if(NOT first_version STREQUAL PROJECT_VERSION)
  set(what_to_do "A project has one version: use the same in both places.")
elseif(SECURE_TUNNELING_ADAPTERS AND NOT TARGET secure_tunneling::secure_tunneling)
  set(what_to_do "That one is without adapters: add or find one with adapters first (SECURE_TUNNELING_ADAPTERS=ON; \
find_package() without COMPONENTS core), or set SECURE_TUNNELING_ADAPTERS=OFF for this one.")
elseif(secure_tunneling_installs AND NOT first_installs)
  set(what_to_do "This one has SECURE_TUNNELING_INSTALL=ON, and that one is not installed with the project: add this \
one first, or that one with SECURE_TUNNELING_INSTALL=ON and without EXCLUDE_FROM_ALL.")
endif()
if(what_to_do)
  message(FATAL_ERROR "secure_tunneling ${PROJECT_VERSION} in ${PROJECT_SOURCE_DIR} comes second: the project has \
${first_version} already, with the headers in ${first_include}. ${what_to_do}")
endif()
