# shellcheck shell=sh disable=SC2154,SC2034
# SPDX-License-Identifier: BSL-1.0
# Sourced by scripts that build for other machines, after packages.sh.

# unpack_libraries ARCH FOLDER PACKAGE...: libraries for ARCH, from Debian's packages, beside this machine's own. Not as a
# foreign architecture of dpkg: that would tie the versions of this machine's packages to those of the other's, which its
# mirror may not have yet. FOLDER/versions has them.
unpack_libraries() {
  folder=$PWD/$2
  [ ! -e "$folder/complete" ] || return 0
  case $1 in
    aarch64) debian_arch=arm64 ;;
    *) debian_arch=$1 ;;
  esac
  say "Unpacking libraries for $1 into $2"
  shift 2
  advice="Debian's packages for $debian_arch are needed: apt's sources must offer them."
  rm -rf "$folder"
  mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial"
  : >"$folder/apt/status"
  cat >"$folder/apt/conf" <<CONF
APT::Architecture "$debian_arch";
APT::Architectures { "$debian_arch"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Dir::State "$folder/apt";
Dir::State::status "$folder/apt/status";
Dir::Cache "$folder/apt";
CONF
  # Sources that do not have this architecture fail, which is no matter as long as Debian's do not.
  APT_CONFIG=$folder/apt/conf apt-get -qq update >"$scratch/apt.log" 2>&1 || true
  APT_CONFIG=$folder/apt/conf apt-get -qq -y --download-only install \
    "$@" >>"$scratch/apt.log" 2>&1 || {
    cat "$scratch/apt.log" >&2
    return 1
  }
  for package in "$folder"/apt/archives/*.deb; do
    dpkg-deb --extract "$package" "$folder"
  done
  for package in "$folder"/apt/archives/*.deb; do
    # shellcheck disable=SC2016  # for dpkg-deb
    dpkg-deb --show --showformat='${Package} ${Version}\n' "$package"
  done >"$folder/versions"
  rm -rf "$folder/apt"
  touch "$folder/complete"
}
