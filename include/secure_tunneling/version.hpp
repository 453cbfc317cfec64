// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_VERSION_HPP
#define SECURE_TUNNELING_VERSION_HPP

/// @file
/// The version of the library.

/// The library's version, major * 10000 + minor * 100 + patch; in a tree that is no release, that
/// of the next one. The inline namespace carries what versions that fit each other share, `v0_2`
/// for every 0.2.x and `v1` for every 1.x.y, so that versions that do not fit can be linked into
/// one program.
#define SECURE_TUNNELING_VERSION 200
/// The library's version as text, "MAJOR.MINOR.PATCH".
#define SECURE_TUNNELING_VERSION_STRING "0.2.0"

#endif  // SECURE_TUNNELING_VERSION_HPP
