# SPDX-License-Identifier: BSL-1.0
# nix-build cmake/packaging/nix, or callPackage ./package.nix { } in a set of packages of your own.
{ pkgs ? import <nixpkgs> { } }:
pkgs.callPackage ./package.nix { }
