#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Measures what the library costs a device: a table, then one line a limit, `ratio NAME VALUE <= LIMIT`.

With `--check` it also compares with the budget and fails where anything has grown by more than 2 %;
it is skipped (exit status 77) where no compiler is the one that the budget was made with. With `--write`
it makes the budget anew. Sizes and stack are read from object files, so that a cross compiler is enough:
an architecture whose compiler, or a subject whose headers, are not there is left out with a note.
"""
import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from sizes import LIMITS, section_sizes

ARCHITECTURES = {
    "x86-64": (["x86_64-linux-gnu-g++"], ["qemu-x86_64", "qemu-x86_64-static"]),
    "thumb": (["arm-linux-gnueabihf-g++", "-mthumb"], ["qemu-arm", "qemu-arm-static"]),
    "aarch64": (["aarch64-linux-gnu-g++"], ["qemu-aarch64", "qemu-aarch64-static"]),
    "rv64": (["riscv64-linux-gnu-g++"], ["qemu-riscv64", "qemu-riscv64-static"]),
    "x86-64-clang": (["clang++"], []),
}
SUBJECTS = ("signer", "core", "whole_call")
LEVELS = ("-Os", "-O2")
# Whole programs, which take long to compile: for fewer machines, and as small as can be.
PROGRAMS = ("endpoint_url_call", "ca_file_call", "one_line_call")
PROGRAM_ARCHITECTURES = ("x86-64", "thumb", "x86-64-clang")
# As firmware is built.
OPTIONS = ["-std=c++17", "-DNDEBUG", "-fno-exceptions", "-fno-rtti", "-ffunction-sections",
           "-fdata-sections"]
COLUMNS = ("text", "data", "bss", "frame", "stack", "heap")
TOLERANCE = 1.02
SKIPPED = 77
# The embedded SigV4 C library's own figures for its code at -Os, in bytes, the hash not included.
C_LIBRARY_TEXT = {"x86-64": 13100, "thumb": 10400}


def note(text):
    print(f"note {text}", flush=True)


def largest_frame(usage_file):
    with open(usage_file, encoding="utf-8") as file:
        return max(int(line.split("\t")[1]) for line in file)


def deepest_stack(graph_file):
    """Bytes of stack of the deepest chain of calls. What is called through a pointer or in another
    library is not in the graph; a function that calls itself again counts once."""
    with open(graph_file, encoding="utf-8") as file:
        graph = file.read()
    frames = {title: int(size) for title, size in
              re.findall(r'^node: \{ title: "([^"]*)" label: "[^"]*\\n(\d+) bytes', graph, re.MULTILINE)}
    callees = collections.defaultdict(set)
    for caller, callee in re.findall(r'sourcename: "([^"]*)" targetname: "([^"]*)"', graph):
        callees[caller].add(callee)
    depths = {}

    def depth(function):
        if function not in depths:
            depths[function] = 0  # while it is being looked at
            depths[function] = frames.get(function, 0) + max(map(depth, callees[function]), default=0)
        return depths[function]

    return max(map(depth, list(frames)))


def measure_object(compiler, level, source, includes):
    """The figures of one object file, or None where a header of another project is not there."""
    is_gcc = not compiler[0].startswith("clang")
    with tempfile.TemporaryDirectory() as folder:
        built = os.path.join(folder, "built")
        usage = ["-fstack-usage"] + (["-fcallgraph-info=su"] if is_gcc else [])
        run = subprocess.run([*compiler, *OPTIONS, level, *usage, *includes, "-c", source, "-o",
                              built + ".o"], stderr=subprocess.PIPE, text=True, check=False)
        missing = re.search(r"fatal error: '?((?:curl|openssl)/[^:']*)", run.stderr)
        if missing:
            note(f"{os.path.basename(source)} is left out with {compiler[0]}: no {missing.group(1)}")
            return None
        if run.returncode != 0:
            sys.exit(run.stderr)
        sizes = section_sizes(built + ".o")
        sizes["frame"] = largest_frame(built + ".su")
        if is_gcc:
            sizes["stack"] = deepest_stack(built + ".ci")
        return sizes


def measure_core_heap(compiler, emulators, folder, includes):
    """Bytes of heap of a signature and of a call, by running both."""
    emulator = next(filter(None, map(shutil.which, emulators)), None)
    if emulator is None:
        if compiler[0] != "x86_64-linux-gnu-g++" or os.uname().machine != "x86_64":
            note(f"no heap with {compiler[0]}: there is none of {' '.join(emulators) or 'its kind'}")
            return {}
    with tempfile.TemporaryDirectory() as output:
        program = os.path.join(output, "core_heap")
        subprocess.run([*compiler, *OPTIONS, "-Os", "-static", *includes,
                        os.path.join(folder, "core_heap.cpp"), "-o", program], check=True)
        run = [emulator, program] if emulator else [program]
        lines = subprocess.run(run, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return dict(zip(lines[::2], map(int, lines[1::2])))


def measure(folder, includes, whole_call_heap):
    """Versions of the compilers, and all figures by `SUBJECT ARCHITECTURE LEVEL`."""
    versions, figures = {}, {}
    for architecture, (compiler, emulators) in ARCHITECTURES.items():
        if shutil.which(compiler[0]) is None:
            note(f"{architecture} is left out: there is no {compiler[0]}")
            continue
        versions[architecture] = subprocess.run(
            [compiler[0], "--version"], check=True, stdout=subprocess.PIPE, text=True
        ).stdout.splitlines()[0]
        heap = {} if architecture.endswith("clang") else measure_core_heap(
            compiler, emulators, folder, includes)
        if architecture == "x86-64" and whole_call_heap:
            output = subprocess.run([whole_call_heap], check=True, stdout=subprocess.PIPE, text=True)
            heap["whole_call"] = int(output.stdout.split()[1])
        programs = PROGRAMS if architecture in PROGRAM_ARCHITECTURES else ()
        for subject in SUBJECTS + programs:
            for level in LEVELS if subject in SUBJECTS else LEVELS[:1]:
                sizes = measure_object(compiler, level, os.path.join(folder, subject + ".cpp"), includes)
                if sizes is None:
                    break
                if subject in heap:
                    sizes["heap"] = heap[subject]
                figures[f"{subject} {architecture} {level}"] = sizes
    return versions, figures


def show(figures):
    print(f"{'bytes':32}" + "".join(f"{column:>8}" for column in COLUMNS))
    for name, sizes in figures.items():
        print(f"{name:32}" + "".join(f"{sizes.get(column, '-'):>8}" for column in COLUMNS))
    for architecture, text in C_LIBRARY_TEXT.items():
        print(f"{f'embedded SigV4 in C {architecture} -Os':32}{text:>8}  as published, no hash")
    note("stack: the deepest chain of the library's own calls, without libcurl and OpenSSL; nested JSON"
         " takes up to a kilobyte more")
    note("heap: the most during one call; that of whole_call is libcurl's and OpenSSL's too")
    clang = figures.get("whole_call x86-64-clang -Os")
    if clang:
        note(f"whole_call with clang at -Os: {clang['text']} bytes of text")
    for (subject, column), limits in LIMITS.items():
        for architecture, limit in limits.items():
            sizes = figures.get(f"{subject} {architecture} -Os")
            if sizes:
                print(f"ratio {subject}_{column}_bytes_{architecture} {sizes[column]} <= {limit}")


def check(budget, versions, figures):
    """The exit status: what grew fails, and so does what the budget does not know."""
    comparable = {name for name, version in versions.items() if budget["compilers"].get(name) == version}
    for architecture in sorted(set(versions) - comparable):
        note(f"{architecture} is not compared: the budget is {budget['compilers'].get(architecture)}'s, "
             f"this is {versions[architecture]}")
    if not comparable:
        return SKIPPED
    failures = 0
    for name, sizes in figures.items():
        if name.split()[1] not in comparable:
            continue
        for column, size in sizes.items():
            if name.startswith("whole_call") and column == "heap":
                continue  # libcurl's and OpenSSL's, whose versions are not the compiler's
            allowed = budget["sizes"].get(name, {}).get(column)
            if allowed is None or size > allowed * TOLERANCE:
                print(f"{name} {column}: {size} bytes, the budget has {allowed}")
                failures += 1
    print(f"{failures} figures over the budget" if failures else "all within the budget")
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", required=True)
    parser.add_argument("--whole-call-heap", help="the program that measures the heap of a whole call")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true")
    action.add_argument("--write", action="store_true")
    parser.add_argument("includes", nargs="*", help="include options of the compilers, behind `--`")
    arguments = parser.parse_args()

    folder = os.path.dirname(os.path.abspath(__file__))
    versions, figures = measure(folder, arguments.includes, arguments.whole_call_heap)
    show(figures)
    if arguments.check:
        with open(arguments.budget, encoding="utf-8") as file:
            return check(json.load(file), versions, figures)
    if arguments.write:
        with open(arguments.budget, "w", encoding="utf-8") as file:
            json.dump({"compilers": versions, "sizes": figures}, file, indent=1)
            file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
