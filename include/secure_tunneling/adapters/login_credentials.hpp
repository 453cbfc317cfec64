// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_ADAPTERS_LOGIN_CREDENTIALS_HPP
#define SECURE_TUNNELING_ADAPTERS_LOGIN_CREDENTIALS_HPP

/// @file
/// Credentials of `aws login`, signed with OpenSSL.

#include "secure_tunneling/adapters/openssl_dpop_key.hpp"
#include "secure_tunneling/adapters/openssl_sha256.hpp"
#include "secure_tunneling/credentials/login.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// `BasicLoginCredentials` by OpenSSL.
using LoginCredentials = BasicLoginCredentials<OpensslSha256, OpensslDpopKey>;

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_ADAPTERS_LOGIN_CREDENTIALS_HPP
