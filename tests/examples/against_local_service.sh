#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# against_local_service.sh FOLDER: the example programs of FOLDER against the local service there.
set -eu
bin=$1
scratch=$(mktemp -d)
# shellcheck source=cmake/local_service.sh
. "$(dirname "$0")/../../cmake/local_service.sh"
trap 'stop_local_service; rm -rf "$scratch"' EXIT

# expect WANTED GOT WHAT
expect() {
  if [ "$1" != "$2" ]; then
    echo "$3: expected $1, got $2" >&2
    exit 1
  fi
}

start_local_service "$bin/local-service"
tunnel=$(fact tunnel-id)
endpoint=$(fact endpoint-url)

first=$("$bin/rotate-tunnel-access-token" --tunnel-id "$tunnel" --client-mode ALL \
  --endpoint-url "$endpoint" | member sourceAccessToken)
expect refused "$(connect "$(fact source-access-token)")" "the token from before the command"

second=$(AWS_ENDPOINT_URL=$endpoint "$bin/quickstart" "$tunnel")
expect refused "$(connect "$first")" "the token from before the quickstart program"
expect accepted "$(connect "$second")" "the token of the quickstart program"
expect refused "$(connect "$second")" "the same token again"

status=0
"$bin/rotate-tunnel-access-token" --tunnel-id unknown --client-mode ALL --endpoint-url "$endpoint" \
  >"$scratch/output" 2>"$scratch/errors" || status=$?
expect 254 "$status" "the exit status for an unknown tunnel"
expect '' "$(cat "$scratch/output")" "its standard output"
grep -q ResourceNotFoundException "$scratch/errors"
