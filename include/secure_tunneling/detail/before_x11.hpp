// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_DETAIL_BEFORE_X11_HPP
#define SECURE_TUNNELING_DETAIL_BEFORE_X11_HPP

// Whoever includes this has one of these names, or RapidJSON has, and cannot be read behind X11.
#if defined(Bool) || defined(None) || defined(Status)
#error "Bool, None or Status is a macro, as in X11: include secure_tunneling before X11's headers"
#endif

#endif  // SECURE_TUNNELING_DETAIL_BEFORE_X11_HPP
