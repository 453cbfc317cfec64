// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

// In milliseconds, as everything that a credential's time is counted in.
inline constexpr std::int64_t second = 1'000;
inline constexpr std::int64_t minute = 60'000;
