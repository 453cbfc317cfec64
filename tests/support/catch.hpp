// SPDX-License-Identifier: BSL-1.0
#pragma once

// Catch2 version 3, or the single header of version 2.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
