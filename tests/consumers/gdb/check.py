# SPDX-License-Identifier: BSL-1.0
"""Run by gdb on program.cpp: the installed printers and natvis file against the library as it is compiled.

    gdb -batch -nx -x check.py -ex 'python check("PROGRAM", "share/secure_tunneling of the installed library")'
"""
import os
import re
import xml.etree.ElementTree

import gdb
import gdb.types

SKIPPED = 77

SHOWN = {
    "shown.secret": "secret of 12 characters",
    "shown.none": "secret of 0 characters",
    "shown.credentials.secretAccessKey": "secret of 10 characters",
    "shown.refused": "{error = {kind = Service, delivery = Answered, httpStatus = 404, "
    'message = "no such tunnel"}}',
    "shown.taken": "{error = {kind = Service, delivery = Answered, httpStatus = 404, "
    'message = "no such tunnel"}}',
    "shown.left": "moved from",
    "shown.done": "success",
    "shown.undone": '{error = {kind = Transport, delivery = NotSent, message = "no route"}}',
    "shown.unnamed": "200",
    "shown.mode": '"DESTINATION"',
    "shown.key": "kept back",
    "shown.header": '"X-Amz-Security-Token" = kept back',
    "shown.property": '"aws_secret_access_key" = kept back',
    "hmac": "kept back",
    "message": "kept back",
}

# What stands for `*` in a type's name.
ARGUMENTS = {"Result": "secure_tunneling::v0_2::RotateTunnelAccessTokenResponse", "Hmac": "PortableSha256"}

failures = []


def expect(holds, claim):
    if not holds:
        failures.append(claim)


def check_printers():
    for expression, expected in SHOWN.items():
        shown = gdb.parse_and_eval(expression).format_string(max_elements=0)
        expect(shown == expected, f"{expression} is shown as: {shown}")
    answered = gdb.parse_and_eval("shown.answered").format_string()
    expect("secret of 19 characters" in answered, f"shown.answered is shown as: {answered}")


def check_secrets():
    for option in ("elements 0", "repeats 0", "address off"):
        gdb.execute(f"set print {option}")
    for command in ("print shown", "print hmac", "info args", "backtrace -full"):
        output = gdb.execute(command, to_string=True)
        expect("hidden" not in output, f"'{command}' shows a secret: {output}")
    for expression in ("shown.secret", "shown.header", "shown.property", "shown.key"):
        raw = gdb.parse_and_eval(expression).format_string(raw=True, repeat_threshold=0)
        expect("hidden" in raw, f"nothing is left to hide in {expression}")


def check_natvis(path):
    space = "{http://schemas.microsoft.com/vstudio/debugger/natvis/2010}"
    for entry in xml.etree.ElementTree.parse(path).getroot().findall(f"{space}Type"):
        name = entry.get("Name")
        template = re.sub(r".*::(\w+)<.*", r"\1", name)
        try:
            kind = gdb.lookup_type(name.replace("*", ARGUMENTS.get(template, "")))
        except gdb.error as error:
            failures.append(f"natvis: {error}")
            continue
        expressions = [node.get("Condition") or "" for node in entry.iter()]
        expressions += [node.text for node in entry.iter(f"{space}Item")]
        for node in entry.iter(f"{space}DisplayString"):
            expressions += re.findall(r"\{(.*?)\}", node.text)
        for expression in expressions:
            for member in re.findall(r"(?<![.\w])[A-Za-z]\w*", expression):
                expect(has_member(kind, member), f"natvis: {name} has no {member}")


def has_member(kind, member):
    return gdb.types.has_field(kind, member) or any(
        field.name in (None, "") and gdb.types.has_field(field.type, member) for field in kind.fields())


def check(program, folder):
    gdb.execute(f"file {program}")
    gdb.execute("set confirm off")
    gdb.execute("set startup-with-shell off")
    gdb.execute(f"source {os.path.join(folder, 'gdb', 'secure_tunneling.py')}")
    gdb.execute("break look")
    try:
        gdb.execute("run", to_string=True)
        gdb.selected_frame()
    except gdb.error as error:
        print(f"gdb may not run a program here: {error}")
        gdb.execute(f"quit {SKIPPED}")
    try:
        check_printers()
        check_secrets()
        check_natvis(os.path.join(folder, "secure_tunneling.natvis"))
    except gdb.error as error:
        failures.append(str(error))
    for failure in failures:
        print(failure)
    gdb.execute("kill")
    gdb.execute(f"quit {1 if failures else 0}")
