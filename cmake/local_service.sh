# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: BSL-1.0
# Sourced by scripts that try programs against examples/local-service. $scratch is a folder of theirs.

local_service=''

# start_local_service PROGRAM ARGUMENT...: and points the AWS environment at it, away from the machine's own. Takes
# the place of one that was started before.
start_local_service() {
  stop_local_service
  # Here, because a program in the background may come to it after the facts of one before it were read.
  : >"$scratch/local-service"
  "$@" >"$scratch/local-service" &
  local_service=$!
  tries=0
  until grep -q '^destination-access-token=' "$scratch/local-service"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$local_service" 2>/dev/null; then return 1; fi
    sleep 0.1
  done
  # Whatever else they say, a format of the output or a retry mode, is about somebody's account.
  for foreign in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p'); do unset "$foreign"; done
  AWS_ACCESS_KEY_ID=$(fact access-key-id)
  AWS_SECRET_ACCESS_KEY=$(fact secret-access-key)
  AWS_REGION=$(fact region)
  AWS_CONFIG_FILE=/dev/null
  AWS_SHARED_CREDENTIALS_FILE=/dev/null
  no_proxy=127.0.0.1
  NO_PROXY=127.0.0.1
  export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION AWS_CONFIG_FILE \
    AWS_SHARED_CREDENTIALS_FILE no_proxy NO_PROXY
}

stop_local_service() {
  [ -n "$local_service" ] || return 0
  kill "$local_service" 2>/dev/null || true
  wait "$local_service" 2>/dev/null || true
  local_service=''
}

# fact NAME: what the service printed of itself.
fact() { sed -n "s/^$1=//p" "$scratch/local-service"; }

# connect TOKEN: what the service says to a local proxy that comes with TOKEN.
connect() {
  # Without the options of somebody's .curlrc.
  curl --disable --silent --show-error --max-time 10 --data '' --header "access-token: $1" \
    "$(fact endpoint-url)/local-proxy/connect"
}

# member NAME: the value of a text member of the JSON on standard input.
member() { sed -n "s/.*\"$1\": \"\([^\"]*\)\".*/\1/p"; }
