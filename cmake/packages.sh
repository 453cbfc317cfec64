# shellcheck shell=sh disable=SC2154,SC2034
# SPDX-License-Identifier: BSL-1.0
# Sourced by scripts that install what they need. $scratch is a folder of theirs; $advice, what to do when
# a step fails.

say() { printf '\n== %s\n' "$1"; }

missing=''
# need PACKAGE [COMMAND]: a tool is there when its command is, wherever it came from.
need() {
  if [ $# -eq 2 ] && command -v "$2" >/dev/null; then return; fi
  if [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; then return; fi
  missing="$missing $1"
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
  # shellcheck disable=SC2086  # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Use-Pty=0 install -y --no-install-recommends $missing >"$scratch/apt.log"
}

install_missing() {
  [ -n "$missing" ] || return 0
  if ! command -v apt-get >/dev/null; then
    say "Without apt-get here, these Debian packages or their like are up to you:$missing"
    return 0
  fi
  say "Installing with apt-get:$missing"
  advice="Run 'sudo apt-get update && sudo apt-get install$missing' by hand (Ubuntu keeps some of them in
its universe component), then this again."
  # shellcheck disable=SC2086
  if ! apt-get -qq --simulate install $missing >/dev/null 2>&1 || ! apt_install; then
    as_root apt-get -qq update
    apt_install
  fi
}
