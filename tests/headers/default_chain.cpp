// SPDX-License-Identifier: BSL-1.0
// Every source of credentials and setting, over a transport, a clock and a hash of the program's:
// compiled where headers of libcurl, OpenSSL and Mbed TLS stop the compiler.
#include "secure_tunneling/credentials/default_chain.hpp"

#include "secure_tunneling/configuration/shared_settings.hpp"
#include "secure_tunneling/core.hpp"
#include "secure_tunneling/credentials/assume_role.hpp"
#include "secure_tunneling/credentials/cached.hpp"
#include "secure_tunneling/credentials/instance_region.hpp"
#include "secure_tunneling/credentials/iot_role_alias.hpp"
#include "support/portable_sha256.hpp"

template class secure_tunneling::BasicDefaultChain<PortableSha256>;
template class secure_tunneling::BasicClient<PortableSha256>;
