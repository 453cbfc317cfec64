#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# ports.sh SOURCE VERSION PYTHON: the files for other people's package managers name this version, and can be read by
# what there is to read them with.
set -eu
cd "$1/cmake/packaging"
version=$2
python=$3
status=0
complain() {
  echo "cmake/packaging/$*" >&2
  status=1
}

# names FILE LINE: that say the version themselves.
names() { grep -qF -e "$2" "$1" || complain "$1 should have: $2"; }
names vcpkg/secure-tunneling/vcpkg.json "\"version\": \"$version\""
names bazel/MODULE.bazel "version = \"$version\""
names meson/secure_tunneling.wrap "directory = secure_tunneling-$version"
names meson/secure_tunneling.wrap "source_filename = secure_tunneling-$version.tar.gz"

if [ -n "$python" ]; then
  "$python" -c 'import json, sys; json.load(open(sys.argv[1]))' vcpkg/secure-tunneling/vcpkg.json ||
    complain vcpkg/secure-tunneling/vcpkg.json is not JSON
  # Starlark as far as it is used there is Python.
  for file in conan/conanfile.py bazel/MODULE.bazel bazel/BUILD.bazel; do
    "$python" -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$file" || complain "$file cannot be parsed"
  done
fi

if command -v nix-instantiate >/dev/null; then
  NIX_STATE_DIR=$(mktemp -d)
  NIX_STORE_DIR=$NIX_STATE_DIR/store
  export NIX_STATE_DIR NIX_STORE_DIR
  trap 'rm -rf "$NIX_STATE_DIR"' EXIT
  for file in nix/default.nix nix/package.nix; do
    nix-instantiate --parse "$file" >/dev/null 2>"$NIX_STATE_DIR/log" || complain "$(cat "$NIX_STATE_DIR/log")"
  done
  # With stand-ins for the packages and functions of Nixpkgs: what the builder is given.
  # shellcheck disable=SC2016  # for Nix
  given=$(nix-instantiate --eval --strict --expr '
    let
      lib = {
        cleanSource = path: "source";
        optionals = wanted: list: if wanted then list else [ ];
        licenses.boost = "boost";
        platforms.unix = [ ];
      };
      packages = { inherit lib; stdenv.mkDerivation = given: given; cmake = 1; ninja = 2; pkg-config = 3; curl = "curl";
        openssl = "openssl"; rapidjson = "rapidjson"; cli11 = 4; libyaml = 5; libwebsockets = 6; };
      pkgs = packages // { callPackage = file: options: import file (packages // options); };
      package = import ./nix/default.nix { inherit pkgs; };
    in "${package.pname} ${package.version} ${toString package.propagatedBuildInputs} ${toString package.cmakeFlags}"' \
    2>"$NIX_STATE_DIR/log") || complain "$(cat "$NIX_STATE_DIR/log")"
  wanted="\"secure_tunneling $version curl openssl rapidjson -DSECURE_TUNNELING_BUILD_EXAMPLES=ON\""
  [ "$given" = "$wanted" ] || complain "nix gives $given, not $wanted"
else
  echo "Without nix-instantiate: the Nix expression is not read"
fi
exit $status
