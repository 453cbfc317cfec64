// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_COMPILER_HPP
#define SECURE_TUNNELING_DETAIL_COMPILER_HPP

/// Keeps a function out of line, in front of its declaration. With -Os compilers judge the size of
/// one call and not of a program: what is called from several places, or holds many constructors
/// and destructors, they inline where it makes the whole larger. By macro, for compilers warn of
/// each other's attributes.
#if defined(__GNUC__)
#define SECURE_TUNNELING_NOINLINE [[gnu::noinline]]
#elif defined(_MSC_VER)
#define SECURE_TUNNELING_NOINLINE [[msvc::noinline]]
#else
#define SECURE_TUNNELING_NOINLINE
#endif

#endif  // SECURE_TUNNELING_DETAIL_COMPILER_HPP
