#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Two services after each other, as scripts start them by cmake/local_service.sh in one folder: what is known of
# the service is known of the second, the first is not left running, and the environment has nothing of another's.
set -eu
scratch=$(mktemp -d)
# shellcheck source=cmake/local_service.sh
. "$(dirname "$0")/../../cmake/local_service.sh"
trap 'stop_local_service; rm -rf "$scratch"' EXIT

# A service that takes its time to say what it is, and runs until it is stopped.
cat >"$scratch/service" <<'SERVICE'
#!/bin/sh
[ "$1" = first ] || sleep 0.3
printf 'endpoint-url=http://%s\naccess-key-id=%s-key\nsecret-access-key=x\nregion=%s\n' "$1" "$1" "$1"
echo "destination-access-token=$1-token"
exec sleep 60
SERVICE

AWS_DEFAULT_OUTPUT=text
AWS_PROFILE=nobody
export AWS_DEFAULT_OUTPUT AWS_PROFILE
for name in first second; do
  start_local_service sh "$scratch/service" "$name"
  pids="${pids:-} $local_service"
  said="$AWS_ACCESS_KEY_ID $AWS_REGION $(fact endpoint-url) $(fact destination-access-token)"
  if [ "$said" != "$name-key $name http://$name $name-token" ]; then
    echo "the $name service is taken for: $said" >&2
    exit 1
  fi
done
others=$(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p' | sort | tr '\n' ' ')
if [ "$others" != 'AWS_ACCESS_KEY_ID AWS_CONFIG_FILE AWS_REGION AWS_SECRET_ACCESS_KEY AWS_SHARED_CREDENTIALS_FILE ' ]; then
  echo "the environment has $others" >&2
  exit 1
fi
stop_local_service
for pid in $pids; do
  if kill -0 "$pid" 2>/dev/null; then
    echo "a service is left running" >&2
    exit 1
  fi
done
