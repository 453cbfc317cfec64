#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# layers.sh FOLDER: fails when a header of FOLDER/secure_tunneling includes another that the table of rooms in the
# README.md there does not let it include, or in a circle, or when that table itself leads upwards or lists what nobody
# includes.
set -eu
cd "$1/secure_tunneling"
list_includes() {
  grep -rn '^#include "secure_tunneling/' --include='*.hpp' . | sed 's:^\./::; s/:[0-9]*.*"secure_tunneling\// /; s/".*//'
}
# It complains of circles, also of those within a room.
list_includes | tsort >/dev/null
{
  sed -n '/^## Rooms$/,/^## What/p' README.md
  find . -name '*.hpp' | sed 's:^\./:=:'
  list_includes | sed 's/^/@/'
} | awk '
  function complain(text) {
    print text | "cat >&2"
    status = 1
  }
  # The room of a header: a folder, a private one, or a header that stands alone.
  function roomOf(header) {
    if (header ~ /^[a-z0-9_]+\/detail\//) return substr(header, 1, index(header, "/detail/") + 7)
    return header ~ /^[a-z0-9_]+\/[a-z0-9_]+\.hpp$/ ? substr(header, 1, index(header, "/")) : header
  }
  function publicRoomOf(room) {
    sub(/\/detail\/$/, "/", room)
    return room
  }
  /^\| `/ {
    split($0, columns, "|")
    split(columns[2], names, "`")
    room = names[2]
    if (room in rooms) complain("README.md: " room " stands there twice")
    rooms[room] = 1
    count = split(columns[4], names, "`")
    for (i = 2; i <= count; i += 2) {
      allowed[room " " names[i]] = 1
      if (!(publicRoomOf(names[i]) in rooms) || publicRoomOf(names[i]) == room)
        complain("README.md: " room " may include " names[i] ", which does not stand above it")
    }
  }
  /^=/ {
    room = publicRoomOf(roomOf(substr($0, 2)))
    if (!(room in rooms)) complain(substr($0, 2) ": no line of the table in README.md is about " room)
  }
  /^@/ {
    from = roomOf(substr($1, 2))
    to = roomOf($2)
    ++includes
    if (publicRoomOf(from) == publicRoomOf(to)) next
    right = publicRoomOf(from) " " to
    used[right] = 1
    if (!(right in allowed)) complain(substr($1, 2) ": includes " $2 ", but " from " may not include " to)
  }
  END {
    for (right in allowed) if (!(right in used)) complain("README.md: nothing needs this: " right)
    if (includes < 100) complain("too few includes were found: " includes)
    exit status
  }'
