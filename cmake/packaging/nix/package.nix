# SPDX-License-Identifier: BSL-1.0
{ lib, stdenv, cmake, ninja, pkg-config, curl, openssl, rapidjson
, cli11, libyaml, libwebsockets, withPrograms ? true }:

let
  header = builtins.readFile ../../../include/secure_tunneling/version.hpp;
  version = builtins.elemAt (builtins.match ".*VERSION_STRING \"([0-9.]+)\".*" header) 0;
  toCMake = value: if value then "ON" else "OFF";
in
stdenv.mkDerivation {
  pname = "secure_tunneling";
  inherit version;
  src = lib.cleanSource ../../..;

  nativeBuildInputs = [ cmake ninja pkg-config ];
  buildInputs = lib.optionals withPrograms [ cli11 libyaml libwebsockets ];
  # Whoever includes the headers needs theirs.
  propagatedBuildInputs = [ curl openssl rapidjson ];
  cmakeFlags = [ "-DSECURE_TUNNELING_BUILD_EXAMPLES=${toCMake withPrograms}" ];

  meta = {
    description = "AWS IoT Secure Tunneling RotateTunnelAccessToken, header-only C++17";
    license = lib.licenses.boost;
    platforms = lib.platforms.unix;
    mainProgram = "rotate-tunnel-access-token";
  };
}
