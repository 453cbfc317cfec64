// SPDX-License-Identifier: BSL-1.0
#pragma once

// The hash that tests sign with: OpenSSL's, or the portable one where the adapters are not built.
#if defined(SECURE_TUNNELING_TEST_WITHOUT_ADAPTERS)
#include "support/portable_sha256.hpp"
using TestSha256 = PortableSha256;
#else
#include "secure_tunneling/adapters/openssl_sha256.hpp"
using TestSha256 = secure_tunneling::OpensslSha256;
#endif
