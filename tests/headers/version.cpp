// SPDX-License-Identifier: BSL-1.0
// Every header, with EXPECTED_VERSION and EXPECTED_NAMESPACE by the version of the package: what
// versions that fit each other have in common. What is one header's lies in it, and nothing else.
#include "secure_tunneling/version.hpp"

#include <type_traits>

#include "all_headers.hpp"

static_assert(SECURE_TUNNELING_VERSION == EXPECTED_VERSION);
static_assert(
    std::is_same_v<secure_tunneling::EXPECTED_NAMESPACE::Settings, secure_tunneling::Settings>);
static_assert(std::is_same_v<secure_tunneling::EXPECTED_NAMESPACE::CurlTransport,
                             secure_tunneling::CurlTransport>);
static_assert(std::is_same_v<secure_tunneling::EXPECTED_NAMESPACE::FakeSecureTunnelingService,
                             secure_tunneling::FakeSecureTunnelingService>);
