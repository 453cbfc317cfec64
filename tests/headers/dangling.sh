#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# dangling.sh COMPILER OPTION...   fails where COMPILER, one that tells, says nothing of a view into something that is gone
#                                  behind the statement, or says something of one that is not.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0

# compiles STATEMENT OPTION...
compiles() {
  printf '%s\n' '#include "secure_tunneling/throwing.hpp"' '#include "secure_tunneling/model.hpp"' \
    'namespace st = secure_tunneling;' 'st::Result<std::string> call();' 'const std::string name();' \
    'const st::Result<std::string> keptCall();' "void use() { $1 }" >"$scratch/use.cpp"
  shift
  "$@" -Wno-unused-variable -Werror -fsyntax-only "$scratch/use.cpp" 2>"$scratch/said"
}

while read -r statement; do
  if compiles "$statement" "$@"; then
    echo "compiles: $statement" >&2
    status=1
  elif ! grep -q 'destroyed at the end of the full-expression\|deleted function' "$scratch/said"; then
    cat "$scratch/said" >&2
    status=1
  fi
done <<'EOF'
std::string_view text = st::Secret("x").expose();
const std::string& text = *call();
const st::Error& error = call().error();
for (const char c : call().error().message) static_cast<void>(c);
const std::string& value = st::valueOrThrow(keptCall());
auto mode = st::ClientMode::other(std::string("NEW_") + "MODE");
auto mode = st::ClientMode::other(name());
EOF

while read -r statement; do
  if ! compiles "$statement" "$@"; then
    cat "$scratch/said" >&2
    status=1
  fi
done <<'EOF'
std::string text(st::Secret("x").expose());
const st::Error error = call().error();
const auto kept = call(); const std::string& text = *kept; const st::Error& error = kept.error();
const std::string value = st::valueOrThrow(call()); const auto size = call()->size();
std::string name = "NEW_MODE"; auto mode = st::ClientMode::other(name);
EOF
exit $status
