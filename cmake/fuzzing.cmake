# SPDX-License-Identifier: BSL-1.0
# Compiles all of a folder for libFuzzer, which has to see where an input leads, with the sanitizers that see
# what goes wrong there.
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_FLAGS -fsanitize=fuzzer)
check_cxx_source_compiles([[
extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, decltype(sizeof 0)) { return 0; }
]] SECURE_TUNNELING_HAS_LIBFUZZER)
unset(CMAKE_REQUIRED_FLAGS)
if(NOT SECURE_TUNNELING_HAS_LIBFUZZER)
  message(FATAL_ERROR "SECURE_TUNNELING_BUILD_FUZZERS needs a compiler with libFuzzer, and "
    "${CMAKE_CXX_COMPILER} has none: use clang++ with its run-time library (Debian: clang), or leave it OFF; "
    "the tests labelled fuzz replay the seeds with any compiler")
endif()
string(APPEND CMAKE_CXX_FLAGS
  " -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer")
