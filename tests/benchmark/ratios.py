#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Measures the library against what it is held to: one line a figure, `ratio NAME VALUE <= LIMIT`.

Every figure is a count, or the median of the ratios of pairs that ran in turns on one core, because
absolute times say little about another machine. Limits are never enforced here. Times are CPU times.
The arguments behind `--` are the compiler and its options. `sizes` is of tests/footprint.
"""
import argparse
import os
import re
import resource
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from sizes import LIMITS, text_size

LEAN_HEADERS = ["string", "string_view", "optional", "rapidjson/reader.h", "curl/curl.h",
                "openssl/sha.h"]
MODEL_NEEDS = ["cassert", "cstddef", "cstring", "new", "optional", "string", "string_view", "utility",
               "vector"]
ENVIRONMENT = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
               "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
FORBIDDEN_HEADERS = {"functional", "iostream", "istream", "locale", "ostream", "regex", "sstream"}


def output_of(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def show(name, value, limit):
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    print(f"ratio {name} {text} <= {limit}", flush=True)


def note(text):
    print(f"note {text}", flush=True)


def pin():
    """Keeps this process, and those that it starts, on one core."""
    try:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    except OSError as error:
        note(f"not pinned to a core: {error.strerror}")


def cpu_seconds(command, **options):
    """Of the command, its child processes included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Turns:
    """CPU seconds of each command, run in turns."""

    def __init__(self, commands, turns, **options):
        self.seconds = {name: [] for name in commands}
        for turn in range(turns):
            names = list(commands)
            for name in names if turn % 2 == 0 else reversed(names):
                self.seconds[name].append(cpu_seconds(commands[name], **options))

    def median(self, name):
        return statistics.median(self.seconds[name])

    def ratio(self, name, base):
        """The median of the pairs' ratios."""
        return statistics.median(one / other for one, other in
                                 zip(self.seconds[name], self.seconds[base]))

    def note_all(self, what):
        for name in self.seconds:
            note(f"{what} {name}: {self.median(name) * 1000:.2f} ms CPU")


def lines_of(program):
    """A list of numbers by the word in front of it."""
    return {name: [float(value) for value in values] for name, *values in
            (line.split() for line in output_of(program).splitlines())}


def note_pinned(figures, what):
    if figures.pop("pinned") == [0]:
        note(f"{what}: not pinned to a core")


def note_pair(name, figures):
    _, library, base = figures
    note(f"{name}: {library:.2f} us CPU to {base:.2f}")


def show_times(program):
    figures = lines_of(program)
    note_pinned(figures, "CPU time")
    for name, pair in figures.items():
        note_pair(name, pair)
    show("warm_cpu_http", figures["warm_http"][0], 1.18)
    show("warm_cpu_https", figures["warm_https"][0], 1.18)
    show("warm_cpu_to_curl_sigv4", figures["warm_to_curl_sigv4"][0], 1)
    show("cold_handle_cpu", figures["cold_handle"][0], 1.2)
    show("batch_1", figures["batch_1"][0], 1.15)
    show("batch_32", figures["batch_32"][0], 1.15)
    show("signature_derived", figures["signature_derived"][0], 1.5)
    show("signature_cached", figures["signature_cached"][0], 1.5)


def show_instructions(program):
    lines = dict(line.split() for line in output_of(program).splitlines())
    by = lines.pop("by")
    if by == "nothing":
        note("instructions are left out: neither the kernel's counter nor single steps are allowed")
        return
    note(f"instructions are counted by {by}")
    for name, count in lines.items():
        note(f"warm call, {name}: {count} instructions")
    show("warm_instructions", int(lines["http_library"]) / int(lines["http_raw"]), 1.25)
    show("warm_instructions_https", int(lines["https_library"]) / int(lines["https_raw"]), 1.25)


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
    figures = lines_of(program)
    note_pinned(figures, "fleets")
    note_pair("a call of a fleet", figures["cpu"])
    for name in ("handle", "raw_handle"):
        most, kept = figures[name]
        note(f"{name}: {most:.0f} bytes of heap for the first call, {kept:.0f} of them kept")
    for name in ("slot", "raw_slot"):
        note(f"{name}: {figures[name][0]:.0f} bytes of heap")
    show("cold_handle_memory", figures["handle"][0] / figures["raw_handle"][0], 1.25)
    show("fleet_throttled_requests", figures["throttled"][0], 1.1)
    show("fleet_slot_memory", figures["slot"][0] / figures["raw_slot"][0], 1.25)
    show("fleet_cpu", figures["cpu"][0], 1.15)


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
                              ("model", ["secure_tunneling/model.hpp"]),
                              ("what model needs", MODEL_NEEDS)):
            path = os.path.join(folder, name + ".cpp")
            with open(path, "w", encoding="ascii") as file:
                file.write(source(headers))
            commands[name] = [*compiler, "-O0", "-fsyntax-only", path]
        turns = Turns(commands, 15)
    turns.note_all("including")
    show("include_umbrella", turns.ratio("secure_tunneling", "lean"), 2.5)
    show("include_model", turns.ratio("model", "what model needs"), 1.1)


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
    turns = Turns({"command": [command, *call],
                   "command, query and yaml": [command, *call, "--query", "sourceAccessToken",
                                               "--output", "yaml"],
                   "minimal": [minimal_program]}, 100, env=environment)
    turns.note_all("process of the")
    show("command_cpu", turns.ratio("command", "minimal"), 1.1)
    show("command_query_yaml_cpu", turns.ratio("command, query and yaml", "minimal"), 1.1)
    aws = find_aws_cli()
    if aws is None:
        note("command_cpu_to_aws_cli is left out: no AWS CLI of version 2 is installed")
        return
    cli = Turns({"AWS CLI": [aws, "iotsecuretunneling", "rotate-tunnel-access-token", *call,
                             "--endpoint-url", environment["AWS_ENDPOINT_URL"]]}, 5,
                env={**environment, "PATH": os.environ["PATH"]})
    cli.note_all("process of the")
    show("command_cpu_to_aws_cli", turns.median("command") / cli.median("AWS CLI"), 0.02)


def show_process(library_program, shared_program, minimal_program, server_program, command):
    with subprocess.Popen([server_program], stdout=subprocess.PIPE, text=True) as server:
        environment = {**ENVIRONMENT, "AWS_ENDPOINT_URL": server.stdout.readline().strip()}
        turns = Turns({"library": [library_program],
                       "library, shared C++ runtime": [shared_program],
                       "minimal": [minimal_program]}, 100, env=environment)
        if command is not None:
            show_command(command, minimal_program, environment)
        server.kill()
    turns.note_all("process with one call,")
    show("process_cpu", turns.ratio("library", "minimal"), 1.1)


class Relay:
    """Between a client and a server, over a link on which answers take a while."""
    DELAY_SECONDS = 0.2
    CLOSING_BYTES = 24  # of the message that ends TLS, after which nobody waits

    def __init__(self, port):
        self.port = port
        self.flights = 0  # how often a client has sent something after it had waited
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self):
        return f"https://127.0.0.1:{self.listener.getsockname()[1]}/"

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.port))
            for source, sink, is_client in (client, server, True), (server, client, False):
                threading.Thread(target=self.pump, args=(source, sink, is_client), daemon=True).start()

    def pump(self, source, sink, is_client):
        last = 0.0
        while data := source.recv(65536):
            if is_client and len(data) > self.CLOSING_BYTES:
                now = time.monotonic()
                self.flights += now - last > self.DELAY_SECONDS / 2
                last = now
            elif not is_client:
                time.sleep(self.DELAY_SECONDS)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def show_round_trips(calls_program, url, ca_file):
    counts = []
    for calls in (1, 2):
        relay = Relay(int(url.rstrip("/").rpartition(":")[2]))
        subprocess.run([calls_program, "library", str(calls), relay.url(), ca_file], check=True)
        counts.append(relay.flights + 1)  # TCP's own comes first
    show("round_trips_cold", counts[0], 3)
    show("round_trips_warm", counts[1] - counts[0], 1)


def show_ca_bundles(library_program, environment, ca_file, folder):
    """What it takes to trust a whole bundle, and the same CAs as a directory."""
    system = ssl.get_default_verify_paths().cafile
    if system is None:
        note("processes over https are left out: this system has no CA bundle")
        return
    with open(system, encoding="ascii", errors="replace") as file:
        certificates = re.findall("-----BEGIN.*?-----END CERTIFICATE-----\n", file.read(), re.DOTALL)
    with open(ca_file, encoding="ascii") as file:
        certificates.append(file.read())
    bundle = os.path.join(folder, "bundle.pem")
    with open(bundle, "w", encoding="ascii") as file:
        file.writelines(certificates)
    directory = os.path.join(folder, "hashed")
    os.mkdir(directory)
    for number, certificate in enumerate(certificates):
        with open(os.path.join(directory, f"{number}.pem"), "w", encoding="ascii") as file:
            file.write(certificate)
    if subprocess.run(["openssl", "rehash", directory], stderr=subprocess.DEVNULL).returncode != 0:
        note("processes over https are left out: openssl rehash fails")
        return
    commands = {f"a {name}": ["env", f"AWS_CA_BUNDLE={path}", library_program]
                for name, path in (("bundle", bundle), ("directory", directory))}
    turns = Turns(commands, 15, env=environment)
    turns.note_all(f"process over https that trusts {len(certificates)} CAs in")


def show_tls_process(library_program, calls_program, server_program):
    with tempfile.TemporaryDirectory() as folder:
        ca_file = os.path.join(folder, "ca.pem")
        with subprocess.Popen([server_program, ca_file], stdout=subprocess.PIPE, text=True) as server:
            url = server.stdout.readline().strip()
            show_round_trips(calls_program, url, ca_file)
            show_ca_bundles(library_program, {**ENVIRONMENT, "AWS_ENDPOINT_URL": url}, ca_file, folder)
            server.kill()


def show_all(arguments, program):
    show_times(program("pairs"))
    show_instructions(program("count_instructions"))
    show_allocations(program("count_allocations"))
    show_fleet(program("fleet_cost"))
    show_process(program("one_call"), program("one_call_shared"), program("minimal_call"),
                 program("serve_loopback"), arguments.command)
    show_tls_process(program("one_call"), program("repeat_calls"), program("serve_loopback"))
    show_sizes(arguments.signer_object, arguments.whole_call_object, program("signer_stack"))
    show_core(arguments.compiler)
    show_include_times(arguments.compiler)


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

    pin()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder  # a server that is ended leaves its certificates
        show_all(arguments, program)


if __name__ == "__main__":
    sys.exit(main())
