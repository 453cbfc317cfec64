// SPDX-License-Identifier: BSL-1.0
#pragma once

/// A descriptor that leads to the same pipe or terminal as `descriptor` and is written without
/// blocking; others that have `descriptor` too do not notice. `descriptor` itself where it is
/// something else, or cannot be opened anew.
[[nodiscard]] int withoutBlocking(int descriptor);
