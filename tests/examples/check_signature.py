#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""check_signature.py PROGRAM: has the command call a server that signs each request itself, with
botocore, and compares. Exit status 77 where there is no botocore."""

import http.server
import os
import subprocess
import sys
import threading

try:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    print("skipped: this Python has no botocore")
    sys.exit(77)

ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOT_SIGNED = ("authorization", "content-length")


def authorization_by_botocore(url, headers, body, region, token):
    request = AWSRequest("POST", url, data=body)
    for name, value in headers.items():
        if name.lower() not in NOT_SIGNED:
            request.headers[name] = value
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY, token), "IoTSecuredTunneling", region)
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    signed = signer.signed_headers(signer.headers_to_sign(request))
    return (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, "
        f"SignedHeaders={signed}, Signature={signature}"
    )


class Server(http.server.HTTPServer):
    """Answers with what botocore would have sent, and keeps what was sent."""

    region = token = None
    seen = []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        url = f"http://{self.headers['Host']}{self.path}"
        expected = authorization_by_botocore(
            url, self.headers, body, self.server.region, self.server.token
        )
        self.server.seen.append((self.headers, body, expected))
        self.send_response_only(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments):
        pass


def check(condition, what):
    if not condition:
        sys.exit(f"failed: {what}")


def call(server, program, region, token, path, arguments):
    server.region, server.token, server.seen = region, token, []
    environment = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    if token is not None:
        environment["AWS_SESSION_TOKEN"] = token
    url = f"http://127.0.0.1:{server.server_port}{path}"
    subprocess.run([program, "--endpoint-url", url, *arguments], env=environment, check=True)
    check(len(server.seen) == 1, f"one request for {path}")
    headers, _, expected = server.seen[0]
    check(headers["Authorization"] == expected, f"{headers['Authorization']}\nis not\n{expected}")
    check(headers["X-Amz-Security-Token"] == token, "the session token")


def main():
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    simple = ["--tunnel-id", "tunnel-1", "--client-mode", "ALL"]
    destination = ["--destination-config", '{"thingName":"été 🔑","services":["ssh","a b"]}']
    count = 0
    for region in ("us-east-1", "cn-north-1"):
        for token in (None, "session/token+=="):
            for path in ("", "/", "/stage/a%20b/"):
                for arguments in (simple, simple + destination):
                    call(server, sys.argv[1], region, token, path, arguments)
                    count += 1
    server.shutdown()
    print(f"{count} requests are signed as botocore signs them")


if __name__ == "__main__":
    main()
