// SPDX-License-Identifier: BSL-1.0
#pragma once

// MBEDTLS_VERSION_NUMBER comes from the command line.
