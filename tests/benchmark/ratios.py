#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Measures the library against what it is held to: one line a figure, `ratio NAME VALUE <= LIMIT`.

Every figure is a quotient or difference of things measured in turns in the same minutes, or a count,
because absolute times say little about another machine. Limits are never enforced here. Times are CPU
times. The arguments behind `--` are the compiler and its options. `sizes` is
of tests/footprint.
"""
import argparse
import collections
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

from sizes import LIMITS, text_size

LEAN_HEADERS = ["string", "string_view", "optional", "rapidjson/reader.h", "curl/curl.h",
                "openssl/sha.h"]
FORBIDDEN_HEADERS = {"functional", "iostream", "istream", "locale", "ostream", "regex", "sstream"}


def output_of(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def show(name, value, limit):
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    print(f"ratio {name} {text} <= {limit}", flush=True)


def note(text):
    print(f"note {text}", flush=True)


def cpu_medians(commands, turns, **options):
    """Median CPU seconds of each command, its child processes included."""
    seconds = {name: [] for name in commands}
    for _ in range(turns):
        for name, command in commands.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds[name].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return {name: statistics.median(values) for name, values in seconds.items()}


def show_times(program):
    report = json.loads(output_of(
        program, "--benchmark_format=json", "--benchmark_repetitions=30",
        "--benchmark_min_time=0.05", "--benchmark_enable_random_interleaving=true"))
    times = collections.defaultdict(list)
    for run in report["benchmarks"]:
        if run["run_type"] == "iteration":
            times[run["run_name"]].append(run["cpu_time"])
    median = {name: statistics.median(values) for name, values in times.items()}
    for name, nanoseconds in sorted(median.items()):
        note(f"{name}: {nanoseconds:.0f} ns CPU")

    show("warm_call_cpu", median["warmCall/library"] / median["warmCall/raw"], 1.15)
    show("warm_call_cpu_to_curl_sigv4", median["warmCall/library"] / median["warmCall/curlSigv4"], 1)
    for connections in (1, 8, 64):
        show(f"batch_of_{connections}_cpu",
             median[f"batch/library/{connections}"] / median[f"batch/raw/{connections}"], 1.15)
    for key in ("derived", "cached"):
        show(f"signature_{key}_cpu", median[f"signature/{key}"] / median[f"hashingAlone/{key}"], 1.1)


def show_instructions(program):
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        note("warm_call_instructions is left out: valgrind is not installed")
        return

    def instructions(kind, calls):
        with tempfile.TemporaryDirectory() as folder:
            errors = subprocess.run(
                [valgrind, "--tool=callgrind", f"--callgrind-out-file={folder}/out.%p", program, kind,
                 str(calls)], check=True, stderr=subprocess.PIPE, text=True).stderr
        return int(re.search(r"Collected : (\d+)", errors).group(1))

    calls = 200
    per_call = {}
    for kind in ("raw", "library", "curlSigv4"):
        per_call[kind] = (instructions(kind, 2 * calls) - instructions(kind, calls)) / calls
        note(f"warm call, {kind}: {per_call[kind]:.0f} instructions")
    show("warm_call_instructions", per_call["library"] / per_call["raw"], 1.35)


def show_allocations(program):
    count = {}
    for line in output_of(program).splitlines():
        name, allocations, size = line.split()
        count[name] = float(allocations), float(size)
        note(f"{name}: {allocations} allocations, {size} bytes")

    def more(name, base, index):
        return round(count[name][index] - count[base][index])

    show("warm_call_allocations_over_raw", more("library", "raw", 0), 8)
    show("warm_call_allocated_bytes_over_raw", more("library", "raw", 1), 1500)
    show("signature_allocations_over_hashing", more("signature", "hashingAlone", 0), 0)


def show_fleet(program):
    figures = dict(line.split() for line in output_of(program).splitlines())
    for name, value in figures.items():
        note(f"fleet, {name}: {value}")
    show("fleet_throttled_requests", float(figures["throttled"]), 1.1)
    show("fleet_slot_memory", float(figures["slot_bytes"]) / float(figures["raw_slot_bytes"]), 1.25)
    show("fleet_cpu", float(figures["cpu"]), 1.15)


def show_sizes(signer_object, whole_call_object, stack_program):
    show("signer_text_bytes", text_size(signer_object), LIMITS["signer", "text"]["x86-64"])
    show("whole_call_text_bytes", text_size(whole_call_object), LIMITS["whole_call", "text"]["x86-64"])
    show("signer_stack_bytes", int(output_of(stack_program)), LIMITS["signer", "stack"]["x86-64"])


def source(headers):
    return "".join(f"#include <{header}>\n" for header in headers)


def show_core(compiler):
    """What `core.hpp` brings into every file that includes it."""
    core = source(["secure_tunneling/core.hpp"])
    # A make rule: the names follow the colon, with a backslash where a line goes on.
    files = output_of(*compiler, "-x", "c++", "-M", "-", input=core).replace("\\\n", " ").split()
    found = {os.path.basename(file) for file in files} & FORBIDDEN_HEADERS
    if found:
        note(f"core.hpp includes {' '.join(sorted(found))}")
    show("core_forbidden_headers", len(found), 0)
    with tempfile.NamedTemporaryFile(suffix=".o") as compiled:
        output_of(*compiler, "-x", "c++", "-c", "-o", compiled.name, "-", input=core)
        symbols = output_of("nm", compiled.name)
    show("core_static_constructors", len(re.findall(r"_GLOBAL__sub_I|__cxx_global_var_init", symbols)),
         0)


def show_include_times(compiler):
    with tempfile.TemporaryDirectory() as folder:
        commands = {}
        for name, headers in (("lean", LEAN_HEADERS),
                              ("secure_tunneling", ["secure_tunneling/secure_tunneling.hpp"]),
                              ("model", ["secure_tunneling/model.hpp"])):
            path = os.path.join(folder, name + ".cpp")
            with open(path, "w", encoding="ascii") as file:
                file.write(source(headers))
            commands[name] = [*compiler, "-O0", "-fsyntax-only", path]
        median = cpu_medians(commands, 15)
    for name, seconds in median.items():
        note(f"including {name}: {seconds * 1000:.0f} ms CPU")
    show("include_secure_tunneling_cpu", median["secure_tunneling"] / median["lean"], 1.5)
    show("include_model_cpu", median["model"] / median["lean"], 0.6)


def find_aws_cli():
    """The AWS CLI, version 2, of the PATH; None where there is none."""
    for folder in os.get_exec_path():
        path = os.path.join(folder, "aws")
        if os.access(path, os.X_OK):
            found = subprocess.run([path, "--version"], stdout=subprocess.PIPE, text=True)
            if found.stdout.startswith("aws-cli/2."):
                return path
    return None


def show_command(command, minimal_program, environment):
    """The command as it is installed, with its shared libraries, queries and formats."""
    call = ["--tunnel-id", "01234567-89ab-cdef-0123-456789abcdef", "--client-mode", "ALL"]
    environment = {**environment, "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
    median = cpu_medians({"command": [command, *call],
                          "command, query and yaml": [command, *call, "--query", "sourceAccessToken",
                                                      "--output", "yaml"],
                          "minimal": [minimal_program]}, 100, env=environment)
    for name, seconds in median.items():
        note(f"process of the {name}: {seconds * 1000:.2f} ms CPU")
    show("command_cpu", median["command"] / median["minimal"], 1.1)
    show("command_query_yaml_cpu", median["command, query and yaml"] / median["minimal"], 1.1)
    aws = find_aws_cli()
    if aws is None:
        note("command_cpu_to_aws_cli is left out: no AWS CLI of version 2 is installed")
        return
    cli = cpu_medians({"aws": [aws, "iotsecuretunneling", "rotate-tunnel-access-token", *call,
                               "--endpoint-url", environment["AWS_ENDPOINT_URL"]]}, 5,
                      env={**environment, "PATH": os.environ["PATH"]})
    note(f"process of the AWS CLI: {cli['aws'] * 1000:.0f} ms CPU")
    show("command_cpu_to_aws_cli", median["command"] / cli["aws"], 0.02)


def show_process(library_program, shared_program, minimal_program, server_program, command):
    with subprocess.Popen([server_program], stdout=subprocess.PIPE, text=True) as server:
        environment = {
            "AWS_ENDPOINT_URL": server.stdout.readline().strip(),
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        }
        median = cpu_medians({"library": [library_program],
                              "library, shared C++ runtime": [shared_program],
                              "minimal": [minimal_program]}, 100, env=environment)
        if command is not None:
            show_command(command, minimal_program, environment)
        server.kill()
    for name, seconds in median.items():
        note(f"process with one call, {name}: {seconds * 1000:.2f} ms CPU")
    show("process_cpu", median["library"] / median["minimal"], 1.1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", required=True)
    parser.add_argument("--signer-object", required=True)
    parser.add_argument("--whole-call-object", required=True)
    parser.add_argument("--command", help="the program rotate-tunnel-access-token")
    parser.add_argument("compiler", nargs="+")
    arguments = parser.parse_args()

    def program(name):
        return os.path.join(arguments.programs, name)

    show_times(program("benchmarks"))
    show_instructions(program("repeat_calls"))
    show_allocations(program("count_allocations"))
    show_fleet(program("fleet_cost"))
    show_process(program("one_call"), program("one_call_shared"), program("minimal_call"),
                 program("serve_loopback"), arguments.command)
    show_sizes(arguments.signer_object, arguments.whole_call_object, program("signer_stack"))
    show_core(arguments.compiler)
    show_include_times(arguments.compiler)


if __name__ == "__main__":
    sys.exit(main())
