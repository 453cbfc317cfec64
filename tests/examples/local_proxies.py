#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""local_proxies.py FOLDER: connects to the local service of FOLDER as local proxies do, with a WebSocket
client of another make and as hostile clients do, and lets go wrong what can. Exit status 77 where there is no such client."""

import base64
import gzip
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

try:
    import websocket
except ImportError:
    print("skipped: this Python has no websocket (Debian: python3-websocket)")
    sys.exit(77)

BIN = sys.argv.pop(1)
PROTOCOL = "aws.iot.securetunneling-"
USED = "Invalid access token: The access token was previously used and can not be used again."
MAX_MESSAGE = 131076
NO_SERVICES = b"\x00\x04\x08\x05\x32\x00"  # SERVICE_IDS with one empty id
BODY = b'{"tunnelId":"example-tunnel","clientMode":"ALL"}'
CLIENT_TOKEN = "6f1c2c8e-7d5b-4a69-9d6a-0b9f9f4f3a21"


class Service:
    """local-service, what it says of itself, and how to talk to it."""

    def __init__(self, *arguments, certificate=None):
        self.context = None
        command = [BIN + "/local-service", *arguments]
        if certificate:
            command += ["--tls-certificate", certificate, "--tls-key", certificate]
            self.context = ssl.create_default_context(cafile=certificate)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.tunnels = {}
        self.facts = {}
        wanted = max(1, arguments.count("--tunnel-id"))
        while sum("destination" in one for one in self.tunnels.values()) != wanted:
            name, _, value = self.process.stdout.readline().rstrip("\n").partition("=")
            self.facts[name] = value
            if name == "tunnel-id":
                tunnel = self.tunnels[value] = {}
            elif name.endswith("-access-token"):
                tunnel[name[: -len("-access-token")]] = value
        self.tunnel = next(iter(self.tunnels))
        self.url = self.facts["endpoint-url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.stdout.close()
        if self.process.wait() != 0:
            raise AssertionError("the service did not end well")

    def answer(self, request):
        """The answer to one request on a connection of its own."""
        with socket.create_connection(("127.0.0.1", int(self.url.rsplit(":", 1)[1])), 20) as client:
            client.sendall(request)
            return client.recv(65536)

    def spins(self):
        """Whether it works while nobody asks for anything: it then uses a processor all the time, and not only
        until it has done what came before."""
        def ticks():
            with open(f"/proc/{self.process.pid}/stat") as stat:
                return sum(map(int, stat.read().rpartition(")")[2].split()[11:13]))

        for _ in range(10):
            before = ticks()
            time.sleep(0.5)
            if ticks() - before <= 5:
                return False
        return True

    def token(self, side, tunnel=None):
        return self.tunnels[tunnel or self.tunnel][side]

    def connect(self, side, token=None, protocol=PROTOCOL + "3.0", client_token=None, tunnel=None):
        headers = ["access-token: " + (token or self.token(side, tunnel))]
        if client_token:
            headers.append("client-token: " + client_token)
        return websocket.create_connection(
            self.url.replace("http", "ws", 1) + "/tunnel?local-proxy-mode=" + side,
            header=headers, subprotocols=protocol.split(", "), timeout=20,
            sslopt={"context": self.context} if self.context else None)

    def request(self, method, target, headers, body=None):
        """Status, headers and body; None where the connection ended without them."""
        port = int(self.url.rpartition(":")[2])
        if self.context:
            connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=self.context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except (http.client.HTTPException, ConnectionError):
            return None
        finally:
            connection.close()

    def refusal(self, target, token, protocol=PROTOCOL + "3.0", client_token=None):
        """The text that a handshake is refused with."""
        headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                   "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
                   "Sec-WebSocket-Protocol": protocol, "access-token": token}
        if client_token:
            headers["client-token"] = client_token
        status, answered, body = self.request("GET", target, headers)
        if status != 400 or "channel-id" not in answered:
            raise AssertionError(f"{status} {answered}")
        return body.decode()

    def call(self, operation, body, headers=()):
        return self.request("POST", "/", {"Content-Type": "application/x-amz-json-1.1",
                                          "X-Amz-Target": "IoTSecuredTunneling." + operation,
                                          **dict(headers)}, body)

    def rotate(self, mode, *arguments, tunnel=None):
        """The command's status, its answer as JSON, and what it complained about."""
        environment = {"AWS_ACCESS_KEY_ID": self.facts["access-key-id"],
                       "AWS_SECRET_ACCESS_KEY": self.facts["secret-access-key"],
                       "AWS_REGION": self.facts["region"], "AWS_CONFIG_FILE": "/dev/null",
                       "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "PATH": os.environ["PATH"],
                       "AWS_CA_BUNDLE": certificate_file}
        done = subprocess.run(
            [BIN + "/rotate-tunnel-access-token", "--tunnel-id", tunnel or self.tunnel, "--client-mode",
             mode, "--endpoint-url", self.url, *arguments],
            env=environment, capture_output=True, text=True)
        return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def closed_with(connection):
    """The status that the other side closes a connection with."""
    while True:
        kind, data = connection.recv_data(control_frame=True)
        if kind == websocket.ABNF.OPCODE_CLOSE:
            return int.from_bytes(data[:2], "big")


def port_of(process):
    """The port that a process listens on, which has no way to say it; None before it does."""
    folder = f"/proc/{process.pid}/fd/"
    sockets = set()
    for descriptor in os.listdir(folder):
        try:
            sockets.add(os.readlink(folder + descriptor))
        except FileNotFoundError:
            pass  # closed meanwhile
    with open(f"/proc/{process.pid}/net/tcp") as table:
        for line in list(table)[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:  # TCP_LISTEN
                return int(fields[1].rpartition(":")[2], 16)
    return None


class LocalProxies(unittest.TestCase):
    def test_handshake(self):
        for certificate in (None, certificate_file):
            for version in ("1.0", "2.0", "3.0"):
                with self.subTest(version=version, certificate=certificate), \
                        Service(certificate=certificate) as service:
                    proxy = service.connect("source", protocol=PROTOCOL + version)
                    self.assertEqual(proxy.status, 101)
                    self.assertEqual(proxy.getsubprotocol(), PROTOCOL + version)
                    self.assertRegex(proxy.headers["channel-id"], "^[0-9a-f-]{60}$")
                    if version != "1.0":
                        self.assertEqual(proxy.recv(), NO_SERVICES)
                    proxy.ping("are you there")
                    self.assertEqual(proxy.recv_data(control_frame=True),
                                     (websocket.ABNF.OPCODE_PONG, b"are you there"))

    def test_services(self):
        with Service() as service:
            status, answer, _ = service.rotate(
                "DESTINATION", "--destination-config", "thingName=pump,services=ssh," + "v" * 128)
            self.assertEqual(status, 0)
            token = answer["destinationAccessToken"]
            ids = b"\x08\x05\x32\x03ssh\x32\x80\x01" + b"v" * 128
            self.assertEqual(service.connect("destination", token).recv(),
                             len(ids).to_bytes(2, "big") + ids)
            name, _, notification = service.process.stdout.readline().partition("=")
            self.assertEqual(name, "notification")
            topic, _, payload = notification.partition(" ")
            self.assertEqual(topic, "$aws/things/pump/tunnels/notify")
            self.assertEqual(json.loads(payload), {"clientAccessToken": token, "clientMode": "destination",
                                                   "region": "us-east-1", "services": ["ssh", "v" * 128]})

    def test_notifications_that_nobody_reads_yet(self):
        thing, services = "pump" * 30, ["v" * 120 + str(i) for i in range(10)]
        body = json.dumps({"tunnelId": "example-tunnel", "clientMode": "DESTINATION",
                           "destinationConfig": {"thingName": thing, "services": services}})
        with Service("--allow-unsigned") as service:
            tokens = []
            for _ in range(100):  # more than a pipe takes
                status, _, answer = service.call("RotateTunnelAccessToken", body)
                self.assertEqual(status, 200)
                tokens.append(json.loads(answer)["destinationAccessToken"])
            for token in tokens:
                topic, _, payload = service.process.stdout.readline().partition(" ")
                self.assertEqual(topic, f"notification=$aws/things/{thing}/tunnels/notify")
                told = json.loads(payload)
                self.assertEqual((told["clientAccessToken"], told["services"]), (token, services))

    def test_relay(self):
        with Service("--tunnel-id", "a", "--tunnel-id", "b", certificate=certificate_file) as service:
            sides = {(side, tunnel): service.connect(side, tunnel=tunnel)
                     for side in ("source", "destination") for tunnel in ("a", "b")}
            for proxy in sides.values():
                self.assertEqual(proxy.recv(), NO_SERVICES)
            sides["source", "b"].send_binary(b"to b")
            messages = [bytes([i]) * (MAX_MESSAGE - 500 * i) for i in range(200)]

            def send_all():
                for message in messages:
                    sides["source", "a"].send_binary(message)

            sender = threading.Thread(target=send_all)
            sender.start()
            for message in messages:
                self.assertEqual(sides["destination", "a"].recv(), message)
            sender.join()
            sides["destination", "a"].send_binary(b"back")
            self.assertEqual(sides["source", "a"].recv(), b"back")
            self.assertEqual(sides["destination", "b"].recv(), b"to b")

    def test_relay_holds_back_who_is_too_fast(self):
        with Service() as service:
            source, destination = service.connect("source"), service.connect("destination")
            sent = []

            def send_all():
                for i in range(1000):
                    source.send_binary(b"x" * MAX_MESSAGE)
                    sent.append(i)

            sender = threading.Thread(target=send_all, daemon=True)
            sender.start()
            before = -1
            while before != len(sent):
                before = len(sent)
                sender.join(0.5)
            self.assertTrue(sender.is_alive())
            destination.shutdown()  # which lets the other go on
            sender.join(60)
            self.assertFalse(sender.is_alive())
            self.assertEqual(len(sent), 1000)

    def test_what_a_tunnel_does_not_take(self):
        with Service() as service:
            source, destination = service.connect("source"), service.connect("destination")
            source.send_binary(b"x" * (MAX_MESSAGE + 1))
            self.assertEqual(closed_with(source), 1009)
            destination.send("text")
            self.assertEqual(closed_with(destination), 1003)

    def test_rotation(self):
        with Service(certificate=certificate_file) as service:
            old = service.token("source")
            source, destination = service.connect("source"), service.connect("destination")
            status, answer, errors = service.rotate("SOURCE")
            self.assertEqual((status, errors), (0, ""))
            self.assertEqual(closed_with(source), 1000)
            self.assertEqual(service.refusal("/tunnel?local-proxy-mode=source", old), USED)
            source = service.connect("source", answer["sourceAccessToken"])
            source.send_binary(b"back again")
            self.assertEqual([destination.recv(), destination.recv()], [NO_SERVICES, b"back again"])

    def test_end_of_the_tunnel(self):
        with Service("--lifetime", "2") as service:
            self.assertEqual(closed_with(service.connect("source")), 1000)
            self.assertEqual(service.refusal("/tunnel?local-proxy-mode=destination",
                                             service.token("destination")),
                             "Invalid access token: The tunnel is closed.")
            self.assertIn("ResourceNotFoundException", service.rotate("ALL")[2])

    def test_closing_a_tunnel(self):
        def by_operation(service):
            return service.call("CloseTunnel", json.dumps({"tunnelId": service.tunnel}))[0]

        def by_path(service):
            return service.request("POST", "/local-service/close-tunnel?tunnel-id=" + service.tunnel, {}, "")[0]

        for close in (by_operation, by_path):
            with self.subTest(close=close), Service("--allow-unsigned") as service:
                source, destination = service.connect("source"), service.connect("destination")
                self.assertEqual(close(service), 200)
                self.assertEqual([closed_with(source), closed_with(destination)], [1000, 1000])
                self.assertNotEqual(close(service), 200)

    def test_refusals(self):
        with Service() as service:
            old = service.token("destination")
            service.rotate("DESTINATION")
            source = "/tunnel?local-proxy-mode=source"
            for wanted, arguments in (
                    ("Invalid access token", (source, "x" * 325)),
                    ("Invalid access token", (source, "")),
                    ("Invalid access token: The access token was revoked.",
                     ("/tunnel?local-proxy-mode=destination", old)),
                    ("Invalid access token: The access token is not for this local proxy mode.",
                     ("/tunnel?local-proxy-mode=destination", service.token("source"))),
                    ("Invalid local-proxy-mode: Expected source or destination.",
                     ("/tunnel?local-proxy-mode=both", service.token("source"))),
                    ("Invalid path: A local proxy connects with GET /tunnel.",
                     ("/?local-proxy-mode=source", service.token("source"))),
                    ("Invalid Sec-WebSocket-Protocol: Expected aws.iot.securetunneling-3.0.",
                     (source, service.token("source"), "chat, x" + PROTOCOL + "3.0"))):
                with self.subTest(wanted=wanted):
                    self.assertEqual(service.refusal(*arguments), wanted)
            service.connect("source", protocol="chat, " + PROTOCOL + "3.0")  # none of them spent it
            self.assertEqual(service.refusal(source, service.token("source")), USED)

    def test_handshakes_that_are_none(self):
        """They are refused before the token is spent."""
        whole = {"Connection": "keep-alive, Upgrade", "Upgrade": "WebSocket", "Sec-WebSocket-Version": "13",
                 "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==", "Sec-WebSocket-Protocol": PROTOCOL + "3.0"}
        h2c = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"}
        with Service() as service:
            def shake(headers, version="HTTP/1.1"):
                lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
                return service.answer((f"GET /tunnel?local-proxy-mode=source {version}\r\nHost: service\r\n"
                                       f"access-token: {service.token('source')}\r\n{lines}\r\n").encode())

            for changed, status in (
                    ({"Connection": None}, 400), ({"Connection": "keep-alive"}, 400), (h2c, 400),
                    ({"Sec-WebSocket-Version": None}, 426), ({"Sec-WebSocket-Version": "8"}, 426),
                    ({"Sec-WebSocket-Key": None}, 400), ({"Sec-WebSocket-Key": "MDEy"}, 400),
                    ({"Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZjAx"}, 400),
                    ({"Sec-WebSocket-Key": "a" * 500}, 400)):
                with self.subTest(changed=changed):
                    answer = shake({**whole, **changed})
                    self.assertEqual(answer[:13], b"HTTP/1.1 %d " % status)
                    self.assertEqual(b"\r\nSec-WebSocket-Version: 13\r\n" in answer, status == 426)
            for version in ("HTTP/1.0", "HTTP/0.9"):
                with self.subTest(version=version):
                    self.assertEqual(shake(whole, version)[:13], b"HTTP/1.1 400 ")
            self.assertEqual(shake(whole)[:13], b"HTTP/1.1 101 ")

    def test_client_token(self):
        with Service() as service:
            first = service.connect("source", client_token=CLIENT_TOKEN)
            second = service.connect("source", client_token=CLIENT_TOKEN)
            self.assertEqual(closed_with(first), 1000)
            second.ping()
            self.assertEqual(second.recv(), NO_SERVICES)
            self.assertIn("does not match the client token that was previously set", service.refusal(
                "/tunnel?local-proxy-mode=source", service.token("source"), client_token="a" * 32))


class Faults(unittest.TestCase):
    def test_names(self):
        for name, wanted in {
                "throttle": (400, b"ThrottlingException"), "denied": (403, b"AccessDeniedException"),
                "500": (500, b"InternalServerException"), "502": (502, b""), "503": (503, b"<html>"),
                "drop": None, "drop-after": None, "cut": None, "empty": (200, b""), "truncated": (200, b"{"),
                "garbage": (200, b"OK"), "wrong-type": (200, b"42"), "not-utf8": (200, b"\xff")}.items():
            with self.subTest(name=name), Service("--allow-unsigned", "--fault", name + ":2") as service:
                body = json.dumps({"tunnelId": service.tunnel, "clientMode": "SOURCE"})
                for _ in range(2):
                    answer = service.call("RotateTunnelAccessToken", body)
                    if wanted is None or answer is None:
                        self.assertEqual(answer, wanted)
                    else:
                        self.assertEqual(answer[0], wanted[0])
                        self.assertIn(wanted[1], answer[2])
                status, _, text = service.call("RotateTunnelAccessToken", body)
                self.assertEqual((status, len(json.loads(text))), (200, 2))

    def test_stall_and_skew(self):
        with Service("--fault", "stall", "--fault", "skew:2") as service:
            status, _, errors = service.rotate("ALL", "--cli-read-timeout", "1", "--debug")
            self.assertEqual(status, 0)
            self.assertIn("attempt 2: status 403", errors)
            self.assertIn("attempt 3: status 200", errors)

    def test_credentials_that_expire(self):
        with Service("--credentials-lifetime", "0") as service:
            status, _, errors = service.rotate("ALL")
            self.assertEqual(status, 254)
            self.assertIn("(ExpiredTokenException)", errors)

    def test_bodies_that_are_refused(self):
        with Service("--allow-unsigned") as service:
            bomb = gzip.compress(bytes(200_000_000))
            small = gzip.compress(b"{}")
            operation = "RotateTunnelAccessToken"
            self.assertEqual(service.call(operation, bomb, {"Content-Encoding": "gzip"})[0], 415)
            self.assertEqual(service.call(operation, small, {"Content-Encoding": "gzip"})[0], 415)
            self.assertEqual(service.call(operation, b" " * (1024 * 1024 + 1))[0], 413)
            # At once: what comes behind the answer resets the connection.
            chunks = b"POST / HTTP/1.1\r\nHost: service\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
            self.assertEqual(service.answer(chunks)[:13], b"HTTP/1.1 411 ")
            with open(f"/proc/{service.process.pid}/status") as status:
                peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
            self.assertLess(peak, 128 * 1024)  # kilobytes

    def test_offers_of_http2(self):
        """They are not taken, and each request is answered."""
        offer = {"Connection": "Upgrade, HTTP2-Settings", "HTTP2-Settings": "AAMAAABkAAQAAP__"}
        with Service("--allow-unsigned") as service:
            for upgrade in ("h2c", "H2C"):
                with self.subTest(upgrade=upgrade):
                    status, headers, body = service.call("RotateTunnelAccessToken", BODY,
                                                         {**offer, "Upgrade": upgrade})
                    self.assertEqual((status, len(json.loads(body))), (200, 3))
                    self.assertNotIn("Upgrade", headers)
            with self.subTest("two on one connection"):
                connection = http.client.HTTPConnection("127.0.0.1", int(service.url.rpartition(":")[2]), timeout=20)
                headers = {"Content-Type": "application/x-amz-json-1.1", "Upgrade": "h2c", **offer,
                           "X-Amz-Target": "IoTSecuredTunneling.RotateTunnelAccessToken"}
                for _ in range(2):
                    connection.request("POST", "/", BODY, headers)
                    answer = connection.getresponse()
                    self.assertEqual((answer.status, len(json.loads(answer.read()))), (200, 3))
                connection.close()
            with self.subTest("without a body"):
                self.assertEqual(service.request("GET", "/", {**offer, "Upgrade": "h2c"})[0],
                                 service.request("GET", "/", {})[0])

    def test_hostile_clients(self):
        """Whatever a client sends, the service does not spin and answers the next one."""
        def head(method="POST", length=len(BODY), more=""):
            return (f"{method} / HTTP/1.1\r\nHost: service\r\n"
                    f"Content-Type: application/x-amz-json-1.1\r\n"
                    f"X-Amz-Target: IoTSecuredTunneling.RotateTunnelAccessToken\r\n"
                    f"Content-Length: {length}\r\n{more}\r\n").encode()

        post = head() + BODY
        get = b"GET / HTTP/1.1\r\nHost: service\r\n\r\n"
        clients = {  # pieces, how the answer begins, whether the connection is ended
            "one request": ([post], b"HTTP/1.1 200 OK\r\nDate", False),
            "two at once": ([post + post], b"HTTP/1.1 200 OK\r\nConnection: close", True),
            "fifty at once": ([post * 50], b"HTTP/1.1 200 OK\r\nConnection: close", True),
            "the next behind half a body": (
                [post[:-9], post[-9:] + post], b"HTTP/1.1 200 OK\r\nConnection: close", True),
            "half of the next": ([post + post[:40]], b"HTTP/1.1 200 OK\r\nConnection: close", True),
            "half of the next's body": ([post + post[:-9]], b"HTTP/1.1 200 OK\r\nConnection: close", True),
            "GET and POST": ([get + post], b"", True),  # libwebsockets 4.3 ends it without an answer
            "rubbish behind": ([post + b"\xff" * 500], b"HTTP/1.1 200 OK\r\nConnection: close", True),
            "a body is waited for": ([head(more="Expect: 100-continue\r\n"), BODY],
                                     b"HTTP/1.1 100 Continue\r\n\r\n", False),
            "TLS": ([b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + b"x" * 189], None, True),
            "HTTP/2": ([b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"], None, True),
            "chunks": ([b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
                       b"HTTP/1.1 411 ", True),
            "a header without end": ([b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000], None, True),
            "lines without end": ([b"\r\n" * 1000], None, True),
            "CONNECT": ([b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"],
                        b"HTTP/1.1 405 ", True),
            "a length past any": ([head(length=2**63 - 1) + BODY], b"", False),
        }
        with Service("--allow-unsigned") as service:
            address = ("127.0.0.1", int(service.url.rsplit(":", 1)[1]))
            idle = [socket.create_connection(address, 20) for _ in range(200)]
            for name, (pieces, begin, ended) in clients.items():
                with self.subTest(name), socket.create_connection(address, 20) as client:
                    received = b""
                    try:
                        for piece in pieces:
                            client.sendall(piece)
                            if b"Expect" in piece:
                                received += client.recv(65536)
                        while ended and (more := client.recv(65536)):
                            received += more
                    except ConnectionError:
                        self.assertTrue(ended)
                    if begin and not received:
                        received = client.recv(65536)
                    self.assertTrue(begin is None or received.startswith(begin), received)
                    self.assertEqual(service.answer(post)[:12], b"HTTP/1.1 200")
            with self.subTest("HEAD"):
                self.assertTrue(service.answer(head("HEAD", 0)).endswith(b"\r\n\r\n"))
            for client in idle:
                client.close()
            self.assertFalse(service.spins())
        with self.subTest("behind an answer that never comes"), \
                Service("--allow-unsigned", "--fault", "stall") as service:
            address = ("127.0.0.1", int(service.url.rsplit(":", 1)[1]))
            with socket.create_connection(address, 20) as client:
                client.sendall(post + post)
                self.assertEqual(service.answer(post)[:12], b"HTTP/1.1 200")
                self.assertFalse(service.spins())

    def test_start(self):
        with self.subTest("nobody would know where it listens"), open("/dev/full", "wb") as full:
            done = subprocess.run([BIN + "/local-service"], stdout=full, stderr=subprocess.PIPE, timeout=20)
            self.assertEqual((done.returncode, done.stderr),
                             (1, b"local-service: standard output: No space left on device\n"))
        with self.subTest("without standard streams"):
            process = subprocess.Popen(["/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", BIN + "/local-service",
                                        "--allow-unsigned", "--port", "0"])
            request = (b"POST / HTTP/1.1\r\nHost: service\r\nContent-Type: application/x-amz-json-1.1\r\n"
                       b"X-Amz-Target: IoTSecuredTunneling.RotateTunnelAccessToken\r\n"
                       b"Content-Length: %d\r\n\r\n" % len(BODY)) + BODY
            try:
                deadline = time.monotonic() + 20
                port = None
                while port is None:
                    self.assertIsNone(process.poll())
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.01)
                    port = port_of(process)
                with socket.create_connection(("127.0.0.1", port), 20) as client:
                    client.sendall(request)
                    self.assertEqual(client.recv(65536)[:15], b"HTTP/1.1 200 OK")
                process.terminate()
                self.assertEqual(process.wait(20), 0)
            finally:
                process.kill()
                process.wait(20)

    def test_misspelt(self):
        for arguments, wanted in (
                (("--fault", "throtle"), 'there is no fault "throtle", did you mean "throttle"?'),
                (("--fault", "xyzzy"), 'there is no fault "xyzzy". There are throttle, '),
                (("--fault", "drop:0"), 'expected how many requests behind the colon, such as drop:2'),
                (("--fault", "drop:x"), 'expected how many requests behind the colon, such as drop:2'),
                (("--tunnel-id", "a b"), '"a b": expected 1 to 128 letters'),
                (("--lifetime", "0"), "--lifetime")):
            with self.subTest(arguments=arguments):
                done = subprocess.run([BIN + "/local-service", *arguments], capture_output=True, text=True)
                self.assertNotEqual(done.returncode, 0)
                self.assertEqual(done.stdout, "")
                self.assertIn(wanted, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        certificate_file = folder + "/certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=service", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", certificate_file, "-out", folder + "/public.pem"],
            check=True, capture_output=True)
        with open(folder + "/public.pem") as public, open(certificate_file, "a") as both:
            both.write(public.read())
        unittest.main()
