#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""shared_files_by_botocore.py PROGRAM: has PROGRAM and botocore read the same shared files, some
written for this and many at random, and compares what they find. What the AWS SDKs and the AWS CLI
read differently is left out: comments behind a value, a colon behind a name, sections that come
twice. Exit status 77 where there is no botocore."""

import json
import os
import random
import shlex
import subprocess
import sys
import tempfile

try:
    import botocore.session
    from botocore.exceptions import ConfigParseError
except ImportError:
    print("skipped: this Python has no botocore")
    sys.exit(77)

SAME = [
    ("", ""),
    ("[default]\na = b\n", "[default]\nc = d\n"),
    ("[default]\r\na = b\r\n\r\n[profile p]\r\nc=d", ""),
    ("[default]\ra = b\r\rc =\r  d = e\r[profile p]\re = f", "[q]\r\r\na = b\r"),
    ("[default]\na = b\nc = d\n", "[default]\na = e\n[q]\nf = g\n"),
    ("[profile default]\na = b\n", "[default]\na = c\n"),
    ("[profile 'p q']\na = b\n[profile \"r\"]\nc = d\n[profile s t]\ne = f\n", ""),
    ("[profilep]\na = b\n[p]\nc = d\n[profile]\ne = f\n", "[p]\ng = h\n"),
    ("[sso-session s]\na = b\n[services s]\nx =\n  y = z\n[profile s]\nservices = s\n", ""),
    ("[default]\na =\nb =\n  c = d\n\n  e =\n# f\n  g=h=i\nj = k\n", ""),
    ("[default]\na = b\n  c\n\td # e\n  # f\n  g = h\ni = j\n", ""),
    ("[default]\n  a = b\n  c =\n    d = e\n  f = g\n    h\n", ""),
    ("[default]\nAWS_Key = Value\nx_Y.z-1 = \u00e9\U0001f511\n", ""),
    ("[profile 'a b]\nc = d\n[profile \"e]\nf = g\n[profile h\\]\ni = j\n[profile k l]\n", ""),
    ("[profile a\\ b'c d'\"e\\\"f\\g\"]\nh = i\n[profile 'j'\"'\"'k']\nl = m\n", ""),
    ("[profile a]b]\nc = d\n[profile e=f#g;h]\ni = j\n", "[a]b]\nk = l\n['m n']\no = p\n"),
    ("[default]\na b = c\n\u00e9! = d\n", "[in valid]\ne f = g\n"),
    ("[default]\na\u2028=\u2029b\u2028c\u2028\nd = e\u0085\nf = g\x0c\n\x0c\nh\x0b= i\n", ""),
    ("[default]\na\u00a0=\u00a0b\u00a0c\u3000\nd = e\u2003\n\u00a0f\n", ""),
    ("# a\n; b\n[default]\n  # c\n;d\na = b;c#d\n", ""),
]
BOTH_REFUSE = [
    "a = b\n",
    " a = b\n",
    "[default\na = b\n",
    "[default]\na\n",
    "[default]\n  a\n",
    "[default]\n= b\n",
    "[default]\na =\n  b\n",
    "[default]\n\n# c\na = b\nc\n",
]


PATHS = [
    "~",
    "~/.",
    "$HOME",
    "${HOME}",
    "$FOLDER_",
    "$EMPTY${FOLDER_}/$EMPTY",
    "$TILDE",
    "${TILDE}/.",
    "$FOLDER",
    "$FOLDER_x",
    "${FOLDER_",
    "${}",
    "$$FOLDER_",
    "~nobody-of-this-name",
]


def some_name(rng, used):
    while True:
        name = "".join(rng.choice("abcxyz019_-.%@+") for _ in range(rng.randint(1, 6)))
        if name not in used and name[0].isalpha():
            used.add(name)
            return name


def some_odd_name(rng, used):
    """What a profile may be called all the same; the signs of a comment could end a heading."""
    while True:
        name = "".join(rng.choice("ab  'Z\"\\]=:!()&,|{}*~\u00fc\u6771") for _ in range(rng.randint(1, 7)))
        name = name.strip()
        if name and name not in used:
            used.add(name)
            return name


def written_by_cli(kind, name):
    """The heading as `aws configure` writes it."""
    return f"{kind} {shlex.quote(name) if ' ' in name else name}"


def some_value(rng):
    """No sign in front that makes the line another kind of line."""
    text = "".join(rng.choice("abc=]#;:/+\u00e9") for _ in range(rng.randint(1, 8)))
    return text.lstrip("=#;:") or "v"


def some_blanks(rng):
    return "".join(rng.choice(" \t") for _ in range(rng.randint(0, 3)))


def some_section(rng, heading):
    def blank():
        return some_blanks(rng)

    end = rng.choice(["\n", "\n", "\r\n"])
    indent = rng.choice(["", "", "", "  ", "\t"])
    lines = [f"[{heading}]"]
    used = set()
    for _ in range(rng.randint(0, 5)):
        kind = rng.randint(0, 5)
        name = some_name(rng, used)
        if rng.random() < 0.2:
            name = name.upper()
        start = f"{indent}{name}{blank()}={blank()}"
        if kind == 0:
            lines += [start] + ["", "# comment", "; comment", "  # comment"][: rng.randint(0, 4)]
            nested = set()
            for _ in range(rng.randint(0, 3)):
                lines.append(
                    f"{indent} {blank()}{some_name(rng, nested)}{blank()}={blank()}"
                    f"{some_value(rng)}{blank()}"
                )
                lines += [""] * rng.randint(0, 1)
        elif kind == 1:
            lines.append(start + some_value(rng) + blank())
            for _ in range(rng.randint(1, 3)):
                lines.append(f"{indent} {blank()}{some_value(rng)}{blank()}")
                lines += ["# comment"] * rng.randint(0, 1)
        else:
            lines += [start + some_value(rng) + blank()] + [rng.choice(["", "; comment"])]
    return end.join(lines) + end


def some_files(rng):
    used = set()
    config = ""
    for _ in range(rng.randint(0, 4)):
        word = rng.choice(["profile", "profile", "sso-session", "services"])
        config += some_section(rng, f"{word} {some_name(rng, used)}")
    config += some_section(rng, rng.choice(["default", "profile default"]))
    for _ in range(rng.randint(0, 3)):
        kind = rng.choice(["profile", "sso-session"])
        config += some_section(rng, written_by_cli(kind, some_odd_name(rng, used)))
    names = [name for name in sorted(used) if rng.random() < 0.5] + ["default"]
    return config, "".join(some_section(rng, name) for name in names)


def by_botocore(environment):
    os.environ.update(environment)
    try:
        full = botocore.session.Session().full_config
    except ConfigParseError:
        return None
    services = dict(full.get("services", {}))
    for heading, values in full.items():
        if heading.startswith("services "):
            services[heading.split(None, 1)[1]] = values
    return {
        "profile": full["profiles"],
        "sso-session": full.get("sso_sessions", {}),
        "services": services,
    }


def by_program(program, environment):
    done = subprocess.run([program], env=environment, capture_output=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def main():
    program = sys.argv[1]
    rng = random.Random(20260101)
    same = SAME + [some_files(rng) for _ in range(150)]
    refused = [(text, "") for text in BOTH_REFUSE] + [("", text) for text in BOTH_REFUSE]
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "AWS_CONFIG_FILE": os.path.join(folder, "config"),
            "AWS_SHARED_CREDENTIALS_FILE": os.path.join(folder, "credentials"),
        }
        for files in same + refused:
            for path, text in zip(environment.values(), files):
                with open(path, "w", encoding="utf-8", newline="") as file:
                    file.write(text)
            ours, theirs = by_program(program, environment), by_botocore(environment)
            if ours != theirs or (ours is None) != (files in refused):
                sys.exit(f"failed: {files}\nis read as\n{ours}\nand by botocore as\n{theirs}")
        # The same files, by other names.
        for path, text in zip(environment.values(), ("[default]\na = b\n", "[p]\nc = d\n")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        os.mkdir(os.path.join(folder, "$"))
        os.rename(environment["AWS_CONFIG_FILE"], os.path.join(folder, "$", "config"))
        variables = {"HOME": folder, "FOLDER_": folder, "EMPTY": "", "TILDE": "~"}
        found = 0
        for form in PATHS:
            named = {**variables, "AWS_CONFIG_FILE": form + "/$/config"}
            named["AWS_SHARED_CREDENTIALS_FILE"] = form + "/credentials"
            ours, theirs = by_program(program, named), by_botocore(named)
            if ours != theirs:
                sys.exit(f"failed: {form} leads to\n{ours}\nand in botocore to\n{theirs}")
            found += "p" in ours["profile"]
        if not 0 < found < len(PATHS):
            sys.exit(f"failed: {found} of {len(PATHS)} paths lead to the files")
    print(f"{len(same)} pairs of files are read, {len(refused)} refused, as botocore does")


if __name__ == "__main__":
    main()
