#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# local_proxy.sh SOURCE BIN: runs what the README and the keeper's page say about AWS's local proxy, block by block, with
# the programs of BIN and a localproxy that only writes down what it gets.
set -eu
source=$1
bin=$2
scratch=$(mktemp -d)
# shellcheck source=cmake/local_service.sh
. "$source/cmake/local_service.sh"
trap 'stop_local_service; rm -rf "$scratch"' EXIT

# block LANGUAGE NUMBER: of the README's chapter, and then of the keeper's page.
block() {
  { sed -n "/^## With AWS's local proxy/,/^## What/p" "$source/README.md"
    cat "$source/examples/keep-local-proxy/README.md"; } |
    awk -v language="$1" -v number="$2" '
      $0 == "```" language { if (++count == number) printing = 1; next }
      $0 == "```"          { printing = 0 }
      printing'
}

fail() {
  echo "$1" >&2
  exit 1
}

mkdir -p "$scratch/build/release" "$scratch/stubs"
ln -s "$bin" "$scratch/build/release/bin"
ln -s "$source/examples" "$scratch/examples"
cd "$scratch"

# It ends at once, as with a spent token; the third one has whoever started it end.
cat >stubs/localproxy <<'STUB'
#!/bin/sh
token=${AWSIOT_TUNNEL_ACCESS_TOKEN-}
for word; do
  case $word in /dev/fd/*) token=$(sed -n 's/^access-token = //p' "$word") ;; esac
done
echo "$token" >>"$TOKENS"
[ "$(wc -l <"$TOKENS")" -lt 3 ] || kill "$PPID"
STUB
cat >stubs/systemctl <<'STUB'
#!/bin/sh
echo "$*" >"$DESTDIR/systemctl"
STUB
printf '#!/bin/sh\n' >stubs/sleep
chmod +x stubs/*

start_local_service "$bin/local-service"
AWS_ENDPOINT_URL=$(fact endpoint-url)
TUNNEL=$(fact tunnel-id)
DESTDIR=$scratch/destination
export AWS_ENDPOINT_URL TUNNEL DESTDIR TOKENS

# run_block NUMBER: in a shell of its own, on any free port.
run_block() {
  block sh "$1" | sed 's/-s 5555/-s 0/' >"block_$1"
  [ -s "block_$1" ] || fail "the pages have no such block: $1"
  PATH=$scratch/stubs:$PATH sh -eu "block_$1"
}

for number in 1 3; do
  TOKENS=$scratch/tokens_$number
  run_block "$number" 2>"errors_$number" && fail "block $number ended by itself"
  tokens=$(sort -u "$TOKENS" | grep -c '^AQGAA')
  [ "$tokens" -eq 3 ] || fail "block $number: $tokens good tokens, not 3"
done
grep -q 'keep-local-proxy: localproxy has ended, after signal 15' errors_1 || fail "$(cat errors_1)"

# The loop does not start a proxy when there is no token.
TOKENS=$scratch/tokens_none
TUNNEL=no-such-tunnel run_block 3 2>/dev/null
[ ! -e "$TOKENS" ] || fail "block 3 starts a proxy without a token"

run_block 2
[ "$(cat destination/systemctl)" = "enable --now keep-local-proxy@$TUNNEL" ] || fail "block 2: systemctl"
grep -q '^LOCALPROXY=-r eu-west-1 -d 22$' "destination/etc/keep-local-proxy/$TUNNEL.env" || fail "block 2: settings"
cmp -s destination/usr/local/bin/keep-local-proxy "$bin/keep-local-proxy" || fail "block 2: program"

# What it installs is a unit that systemd takes, and so is the user's.
if command -v systemd-analyze >/dev/null; then
  mkdir units
  for unit in keep-local-proxy keep-local-proxy-user; do
    sed "s:/usr/local/bin/:$bin/:" "$source/examples/keep-local-proxy/$unit@.service" >"units/$unit@t.service"
  done
  said=$(systemd-analyze verify --man=no "$scratch/units/keep-local-proxy@t.service" 2>&1) || fail "$said"
  [ -z "$said" ] || fail "$said"
  said=$(XDG_RUNTIME_DIR=$scratch systemd-analyze --user verify --man=no \
    "$scratch/units/keep-local-proxy-user@t.service" 2>&1) || fail "$said"
fi

# The container is built with what the quickstart builds with; curl is for talking to the local service.
sed -n '/^need_to_build/,/^}/s/^  need \([^ ]*\).*/\1/p' "$source/cmake/quickstart.sh" | while read -r package; do
  [ "$package" = curl ] || grep -qw -e "$package" "$source/examples/keep-local-proxy/Containerfile" ||
    fail "the Containerfile lacks $package"
done

if command -v python3 >/dev/null; then
  for number in 1 2; do
    block json "$number" | python3 -m json.tool >/dev/null || fail "JSON block $number"
  done
fi
