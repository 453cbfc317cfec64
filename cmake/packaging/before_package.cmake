# SPDX-License-Identifier: BSL-1.0
# Run by cpack when the files of the packages lie in their folders: what distributions want otherwise than an install has
# it. Manual pages are compressed in theirs.

# compress(FILE): to FILE.gz, the same bytes whenever it is made.
function(compress file)
  execute_process(COMMAND gzip -9n "${file}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(CPACK_GENERATOR MATCHES "^(DEB|RPM)$")
  file(GLOB manuals "${CPACK_TEMPORARY_DIRECTORY}/programs/usr/share/man/man1/*.1")
  foreach(manual IN LISTS manuals)
    compress("${manual}")
  endforeach()
endif()
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()

# Debian: documents by its policy, completions of zsh where it has them, and modes whatever the umask is. The date
# of the changelog's entry is that of the release, where SOURCE_DATE_EPOCH says which.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
string(TIMESTAMP year "%Y" UTC)
set(version "${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")
file(READ "${CPACK_SECURE_TUNNELING_SOURCE}/LICENSE" license)
string(REGEX REPLACE "\n\n" "\n.\n" license "${license}")
string(REGEX REPLACE "\n" "\n " license " ${license}")
string(STRIP "${license}" license)
set(copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: secure_tunneling
Source: ${CPACK_PACKAGE_HOMEPAGE_URL}

Files: *
Copyright: ${year} the authors of secure_tunneling
License: BSL-1.0

License: BSL-1.0
 ${license}
")

foreach(package IN ITEMS development:libsecure-tunneling-dev programs:secure-tunneling-tools)
  string(REGEX MATCH "^[^:]+" group "${package}")
  string(REGEX REPLACE "^[^:]+:" "" package "${package}")
  set(usr "${CPACK_TEMPORARY_DIRECTORY}/${group}/usr")
  if(NOT EXISTS "${usr}")
    continue()
  endif()
  set(documents "${usr}/share/doc/${package}")
  if(EXISTS "${usr}/share/doc/secure_tunneling")
    file(RENAME "${usr}/share/doc/secure_tunneling" "${documents}")
    file(REMOVE "${documents}/CHANGELOG.md")
  endif()
  # The text of the licence is in the file copyright.
  file(REMOVE_RECURSE "${usr}/share/licenses")
  file(WRITE "${documents}/copyright" "${copyright}")
  file(COPY_FILE "${CPACK_SECURE_TUNNELING_SOURCE}/.github/CHANGELOG.md" "${documents}/changelog")
  compress("${documents}/changelog")
  file(WRITE "${documents}/changelog.Debian" "secure-tunneling (${version}) unstable; urgency=medium

  * A package by CPack; what changed is in changelog.gz.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
  compress("${documents}/changelog.Debian")
  if(EXISTS "${usr}/share/zsh/site-functions")
    file(RENAME "${usr}/share/zsh/site-functions" "${usr}/share/zsh/vendor-completions")
  endif()
  file(GLOB_RECURSE all LIST_DIRECTORIES true "${usr}/*")
  foreach(entry IN LISTS all)
    if(IS_DIRECTORY "${entry}" OR entry MATCHES "/bin/[^/]*$")
      file(CHMOD "${entry}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
        GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
    else()
      file(CHMOD "${entry}" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
    endif()
  endforeach()
endforeach()
