// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/core.hpp"
