// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CORE_HPP
#define SECURE_TUNNELING_CORE_HPP

/// Everything that needs no operating system, network or TLS library: C++17 and RapidJSON.
///
/// Memory comes from `operator new` alone. Where that throws `std::bad_alloc`, it passes through:
/// nothing here catches. Nothing leaks, no secret stays behind, and the same client works on the
/// next call; whether the interrupted one reached the service is not known. Without exceptions an
/// `operator new` that has nothing to give ends the program, which the language does not let a
/// header change.

#include "secure_tunneling/canonical_query.hpp"
#include "secure_tunneling/clock.hpp"
#include "secure_tunneling/credentials.hpp"
#include "secure_tunneling/endpoint.hpp"
#include "secure_tunneling/http.hpp"
#include "secure_tunneling/model.hpp"
#include "secure_tunneling/protocol.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/retry.hpp"
#include "secure_tunneling/rotate_call.hpp"
#include "secure_tunneling/rotate_tunnel_access_token.hpp"
#include "secure_tunneling/secret.hpp"
#include "secure_tunneling/settings.hpp"
#include "secure_tunneling/sigv4.hpp"
#include "secure_tunneling/version.hpp"

#endif  // SECURE_TUNNELING_CORE_HPP
