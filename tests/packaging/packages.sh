#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# packages.sh CPACK BUILD VERSION PROGRAM...: the packages that cpack makes have the fields and files that they should,
# and Debian's lintian and rpmlint have nothing to say about them but what cmake/packaging/README.md names.
set -eu
cpack=$1
build=$2
version=$3
shift 3
for tool in dpkg-deb dpkg-shlibdeps file; do
  command -v "$tool" >/dev/null || {
    echo "Skipped: there is no $tool"
    exit 77
  }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0
complain() {
  echo "$*" >&2
  status=1
}

# make GENERATOR
make() {
  (cd "$build" && "$cpack" -G "$1" -B "$scratch/$1") >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    exit 1
  }
}

# field PACKAGE NAME PATTERN: of its control file, as a whole.
field() {
  value=$(dpkg-deb -f "$1" "$2")
  printf '%s\n' "$value" | grep -qx -e "$3" || complain "$(basename "$1"): $2 is \"$value\", not \"$3\""
}

# has LIST FILE...
has() {
  list=$1
  shift
  for file in "$@"; do grep -qx -e "$file" "$list" || complain "$(basename "$list") lacks $file"; done
}

# has_not LIST PATTERN
has_not() {
  if grep -e "$2" "$1"; then complain "$(basename "$1") has the lines above"; fi
}

# files_of_development, files_of_programs LIST: of both kinds of packages.
files_of_development() {
  has "$1" /usr/include/secure_tunneling/core.hpp /usr/include/secure_tunneling.hpp \
    /usr/share/cmake/secure_tunneling/secure_tunneling-config.cmake /usr/share/pkgconfig/secure_tunneling.pc \
    /usr/share/secure_tunneling/gdb/secure_tunneling.py
  has_not "$1" '^/usr/bin\|^/usr/local\|systemd'
}
files_of_programs() {
  list=$1
  shift
  for program in "$@"; do
    has "$list" "/usr/bin/$program" "/usr/share/bash-completion/completions/$program" \
      "/usr/share/fish/vendor_completions.d/$program.fish"
  done
  has "$list" /usr/lib/systemd/system/keep-local-proxy@.service /usr/lib/systemd/user/keep-local-proxy-user@.service
  has_not "$list" '^/usr/include\|^/usr/local\|/share/cmake'
}

make DEB
architecture=$(dpkg --print-architecture)
dev=$scratch/DEB/libsecure-tunneling-dev_$version-1_all.deb
tools=$scratch/DEB/secure-tunneling-tools_$version-1_$architecture.deb
for package in "$dev" "$tools"; do
  field "$package" Version "$version-1"
  field "$package" Priority optional
  field "$package" Maintainer '.* <.*@.*>'
  field "$package" Homepage 'https://.*'
  field "$package" Source secure-tunneling
done
field "$dev" Package libsecure-tunneling-dev
field "$dev" Section libdevel
field "$dev" Architecture all
field "$dev" Depends 'libcurl4-openssl-dev, libssl-dev, rapidjson-dev'
field "$tools" Package secure-tunneling-tools
field "$tools" Section net
field "$tools" Architecture "$architecture"
for library in libc6 libcurl4 libssl3; do field "$tools" Depends "\\(.*, \\)\\?${library}[a-z0-9]* (.*"; done

for package in dev tools; do
  eval "file=\$$package"
  # shellcheck disable=SC2154  # set by eval
  dpkg-deb -c "$file" | awk '$1 !~ /^d/ { sub(/^\./, "", $6); print $6 }' >"$scratch/$package"
  dpkg-deb -c "$file" | awk '$2 != "root/root" || $1 !~ /^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x)$/' >"$scratch/modes"
  [ ! -s "$scratch/modes" ] || complain "$(cat "$scratch/modes")"
  name=$(dpkg-deb -f "$file" Package)
  has "$scratch/$package" "/usr/share/doc/$name/copyright" "/usr/share/doc/$name/changelog.gz" \
    "/usr/share/doc/$name/changelog.Debian.gz"
done
files_of_development "$scratch/dev"
files_of_programs "$scratch/tools" "$@"
for program in "$@"; do
  has "$scratch/tools" "/usr/share/man/man1/$program.1.gz" "/usr/share/zsh/vendor-completions/_$program"
done
dpkg-deb --fsys-tarfile "$tools" | tar -xO ./usr/lib/systemd/system/keep-local-proxy@.service |
  grep -q '^ExecStart=/usr/bin/keep-local-proxy ' || complain "the unit does not start /usr/bin/keep-local-proxy"
dpkg-deb --fsys-tarfile "$dev" | tar -xO ./usr/share/doc/libsecure-tunneling-dev/copyright |
  grep -q '^License: BSL-1.0$' || complain "the file copyright has no licence"

if command -v lintian >/dev/null; then
  # A first package that closes no bug of Debian's, of a maintainer whom this machine need not know, with what this build
  # was told to link.
  lintian --allow-root --no-cfg --fail-on error,warning \
    --suppress-tags initial-upload-closes-no-bugs,bogus-mail-host,embedded-library "$dev" "$tools" ||
    complain "lintian complains"
else
  echo "Without lintian: not asked"
fi

if command -v rpmbuild >/dev/null; then
  make RPM
  machine=$(rpm --eval '%{_arch}')
  dev=$scratch/RPM/secure_tunneling-devel-$version-1.noarch.rpm
  tools=$scratch/RPM/secure_tunneling-tools-$version-1.$machine.rpm
  rpm -qpl "$dev" >"$scratch/devel.rpm"
  rpm -qpl "$tools" >"$scratch/tools.rpm"
  files_of_development "$scratch/devel.rpm"
  files_of_programs "$scratch/tools.rpm" "$@"
  has "$scratch/devel.rpm" /usr/share/licenses/secure_tunneling/LICENSE
  rpm -qp --requires "$dev" >"$scratch/requires"
  has "$scratch/requires" libcurl-devel openssl-devel rapidjson-devel
  rpm -qp --requires "$tools" | grep -q '^libcurl\.so\.4' || complain "the programs' rpm does not require libcurl"
  for package in "$dev" "$tools"; do
    [ "$(rpm -qp --queryformat '%{LICENSE}' "$package")" = BSL-1.0 ] || complain "$package has another licence"
  done
else
  echo "Without rpmbuild: no rpm"
fi

make TGZ
tar -tzf "$scratch/TGZ/secure_tunneling-$version-$(uname -s)"*.tar.gz | sed 's|^[^/]*||' >"$scratch/archive"
has "$scratch/archive" /include/secure_tunneling/core.hpp /share/pkgconfig/secure_tunneling.pc \
  /share/doc/secure_tunneling/README.md
tar -xzOf "$scratch/TGZ/"*.tar.gz --wildcards '*/lib/systemd/system/*' |
  grep -q '^ExecStart=/usr/local/bin/keep-local-proxy ' || complain "the archive's unit is not for /usr/local"
for program in "$@"; do has "$scratch/archive" "/bin/$program" "/share/man/man1/$program.1"; done
exit $status
