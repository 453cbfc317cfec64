// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CORE_HPP
#define SECURE_TUNNELING_CORE_HPP

/// @file
/// Everything that needs no operating system, network or TLS library: C++17 and RapidJSON.
///
/// Memory comes from `operator new` alone. Where that throws `std::bad_alloc`, it passes through:
/// nothing here catches. Nothing leaks, no secret stays behind, and the same client works on the
/// next call; whether the interrupted one reached the service is not known. Without exceptions an
/// `operator new` that has nothing to give ends the program, which the language does not let a
/// header change.

#include "secure_tunneling/call/fleet_pace.hpp"
#include "secure_tunneling/call/retry.hpp"
#include "secure_tunneling/call/rotate_call.hpp"
#include "secure_tunneling/endpoint/endpoint.hpp"
#include "secure_tunneling/model.hpp"
#include "secure_tunneling/protocol/aws_json.hpp"
#include "secure_tunneling/result.hpp"
#include "secure_tunneling/retry/adaptive_rate_limiter.hpp"
#include "secure_tunneling/retry/retry_quota.hpp"
#include "secure_tunneling/rotate_tunnel_access_token.hpp"
#include "secure_tunneling/seams/call_limits.hpp"
#include "secure_tunneling/seams/clock.hpp"
#include "secure_tunneling/seams/credentials_source.hpp"
#include "secure_tunneling/seams/http_transport.hpp"
#include "secure_tunneling/secret.hpp"
#include "secure_tunneling/settings.hpp"
#include "secure_tunneling/sigv4/canonical_query.hpp"
#include "secure_tunneling/sigv4/canonical_request.hpp"
#include "secure_tunneling/sigv4/signer.hpp"
#include "secure_tunneling/version.hpp"

#endif  // SECURE_TUNNELING_CORE_HPP
