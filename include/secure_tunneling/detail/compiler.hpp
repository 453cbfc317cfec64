// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_COMPILER_HPP
#define SECURE_TUNNELING_DETAIL_COMPILER_HPP

/// What each compiler has its own words for. Nothing else in the headers names one of them.
///
/// `SECURE_TUNNELING_NOINLINE`, in front of a declaration, keeps a function out of line. With -Os
/// compilers judge the size of one call and not of a program: what is called from several places,
/// or holds many constructors and destructors, they inline where it makes the whole larger.
///
/// `SECURE_TUNNELING_ALWAYS_INLINE`, in the place of `inline`, is for what has one caller, and is
/// smaller within that.
///
/// `SECURE_TUNNELING_KEEP_WRITES(data)` claims to read what `data` points to, so that the optimiser
/// keeps what was written there. Not defined for compilers that can do so by `volatile` only.
///
/// `SECURE_TUNNELING_LIFETIMEBOUND`, behind a parameter or a member function, says that what is
/// returned leads into it: a compiler that knows the word warns where that is a temporary.
///
/// `SECURE_TUNNELING_NULL_WARNING_OFF` and `_ON` are around a macro of a system's that has 0 for a
/// pointer in it.
#if defined(__GNUC__)
#define SECURE_TUNNELING_NOINLINE [[gnu::noinline]]
#define SECURE_TUNNELING_ALWAYS_INLINE [[gnu::always_inline]] inline
#define SECURE_TUNNELING_KEEP_WRITES(data) __asm__ __volatile__("" : : "r"(data) : "memory")
#define SECURE_TUNNELING_NULL_WARNING_OFF \
  _Pragma("GCC diagnostic push")          \
      _Pragma("GCC diagnostic ignored \"-Wzero-as-null-pointer-constant\"")
#define SECURE_TUNNELING_NULL_WARNING_ON _Pragma("GCC diagnostic pop")
#else
#if defined(_MSC_VER)
#define SECURE_TUNNELING_NOINLINE __declspec(noinline)
#define SECURE_TUNNELING_ALWAYS_INLINE __forceinline
#else
#define SECURE_TUNNELING_NOINLINE
#define SECURE_TUNNELING_ALWAYS_INLINE inline
#endif
#define SECURE_TUNNELING_NULL_WARNING_OFF
#define SECURE_TUNNELING_NULL_WARNING_ON
#endif
#if defined(__clang__)
#define SECURE_TUNNELING_LIFETIMEBOUND [[clang::lifetimebound]]
#else
#define SECURE_TUNNELING_LIFETIMEBOUND
#endif

#endif  // SECURE_TUNNELING_DETAIL_COMPILER_HPP
