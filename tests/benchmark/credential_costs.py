#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Prints what each source of credentials adds to a program with credentials of its own: bytes of code
and constants, as firmware is built. The arguments are NAME=OBJECT-FILE, that program's first."""
import sys

from sizes import text_size

sizes = [(name, text_size(path)) for name, path in (each.split("=", 1) for each in sys.argv[1:])]
base = sizes[0][1]
print(f"{'source':<20} {'bytes':>7}")
for name, size in sizes[1:]:
    print(f"{name:<20} {size - base:>7}")
print(f"on top of the {base} bytes of a whole call with {sizes[0][0]} credentials")
