# SPDX-License-Identifier: BSL-1.0
"""What object files say, and the limits that the library keeps to."""
import re
import subprocess

# Bytes at -Os, by subject and figure and then by architecture.
LIMITS = {("signer", "text"): {"x86-64": 4500, "thumb": 4500},
          ("whole_call", "text"): {"x86-64": 23000, "thumb": 18500},
          ("endpoint_url_call", "text"): {"x86-64": 27000},
          ("ca_file_call", "text"): {"x86-64": 25000},
          ("one_line_call", "text"): {"x86-64": 92000},
          ("signer", "stack"): {"x86-64": 1500, "thumb": 1500}}


def section_sizes(object_file):
    """Code with its constants, data and zeroed data; no unwinding tables, which firmware leaves out."""
    kinds = {"text": r"\.(text|rodata|data\.rel\.ro)", "data": r"\.data(?!\.rel\.ro)", "bss": r"\.bss"}
    sizes = dict.fromkeys(kinds, 0)
    listing = subprocess.run(["size", "-A", object_file], check=True, stdout=subprocess.PIPE,
                             text=True).stdout
    for name, size in re.findall(r"^(\.\S+)\s+(\d+)", listing, re.MULTILINE):
        for kind, pattern in kinds.items():
            if re.match(pattern, name):
                sizes[kind] += int(size)
    return sizes


def text_size(object_file):
    return section_sizes(object_file)["text"]
