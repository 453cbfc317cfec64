// SPDX-License-Identifier: BSL-1.0
#pragma once

// The PSA Crypto API's interface of hashes, as its specification 1.0 has it, in front of an engine
// that fails when it is told to. See engine/engine_test.cpp.

#include <stddef.h>
#include <stdint.h>

typedef int32_t psa_status_t;
typedef uint32_t psa_algorithm_t;
typedef struct psa_hash_operation_s {
  void* state;  // null without a message
} psa_hash_operation_t;

#define PSA_SUCCESS 0
#define PSA_ERROR_HARDWARE_FAILURE (-147)
#define PSA_ERROR_BAD_STATE (-137)
#define PSA_ALG_SHA_256 0x02000009U

static inline psa_hash_operation_t psa_hash_operation_init(void) {
  const psa_hash_operation_t operation = {nullptr};
  return operation;
}

extern "C" {
psa_status_t psa_hash_setup(psa_hash_operation_t* operation, psa_algorithm_t algorithm);
psa_status_t psa_hash_update(psa_hash_operation_t* operation, const uint8_t* data, size_t size);
psa_status_t psa_hash_finish(psa_hash_operation_t* operation, uint8_t* digest, size_t room,
                             size_t* size);
psa_status_t psa_hash_abort(psa_hash_operation_t* operation);
psa_status_t psa_hash_clone(const psa_hash_operation_t* from, psa_hash_operation_t* to);
}
