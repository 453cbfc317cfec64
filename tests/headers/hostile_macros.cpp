// SPDX-License-Identifier: BSL-1.0
// What <windows.h>, <sys/sysmacros.h>, terminfo's <term.h>, macOS's <AssertMacros.h> and old
// compilers are known to define, before the library's headers. The standard library's come first:
// it undefines some of these.
#include "system_headers.hpp"

#define CONST const
#define DELETE (0x00010000L)
#define DIFFERENCE 11
#define ERROR 0
#define ERROR_SUCCESS 0L
#define FAR
#define GetMessage GetMessageW
#define GetObject GetObjectW
#define IGNORE 0
#define IN
#define INFINITE 0xFFFFFFFF
#define NEAR
#define NO_ERROR 0L
#define OPTIONAL
#define OUT
#define PASCAL __stdcall
#define SendMessage SendMessageW
#define STRICT 1
#define TRUE 1
#define FALSE 0
#define VOID void
#define Yield()
#define check(assertion) assertion
#define columns cur_term->type.Numbers[0]
#define far
#define near
#define interface struct
#define lines cur_term->type.Numbers[2]
#define linux 1
#define major(device) ((device) >> 8)
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define minor(device) ((device)&0xff)
#define require(assertion, label) assertion
#define small char
#define unix 1
#define verify(assertion) assertion

#include "all_headers.hpp"

#if !defined(ERROR) || !defined(max) || !defined(small)
#error a header has undefined what is not its own
#endif
