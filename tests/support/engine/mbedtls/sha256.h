// SPDX-License-Identifier: BSL-1.0
#pragma once

// Mbed TLS's interface of SHA-256, under the names of the version that the command line chooses, in
// front of an engine that fails when it is told to. See engine/engine_test.cpp.

#include <stddef.h>

extern "C" {

struct mbedtls_sha256_context {
  void* state;
  bool started;
};

void mbedtls_sha256_init(mbedtls_sha256_context* context);
void mbedtls_sha256_free(mbedtls_sha256_context* context);
void mbedtls_sha256_clone(mbedtls_sha256_context* to, const mbedtls_sha256_context* from);

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define ENGINE_NAME(name) name
#else
#define ENGINE_NAME(name) name##_ret
// Deprecated there, and without a way to fail.
void mbedtls_sha256_starts(mbedtls_sha256_context* context, int is224);
void mbedtls_sha256_update(mbedtls_sha256_context* context, const unsigned char* data, size_t size);
void mbedtls_sha256_finish(mbedtls_sha256_context* context, unsigned char* digest);
#endif
int ENGINE_NAME(mbedtls_sha256_starts)(mbedtls_sha256_context* context, int is224);
int ENGINE_NAME(mbedtls_sha256_update)(mbedtls_sha256_context* context, const unsigned char* data,
                                       size_t size);
int ENGINE_NAME(mbedtls_sha256_finish)(mbedtls_sha256_context* context, unsigned char digest[32]);
}
