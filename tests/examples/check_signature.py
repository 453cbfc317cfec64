#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""check_signature.py PROGRAM: has the command call a server that signs each request itself, with
botocore, and compares. Exit status 77 where there is no botocore."""

import http.server
import os
import subprocess
import sys
import tempfile
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
FORM = "application/x-www-form-urlencoded"
ROLE = f"""<AssumeRoleResponse><AssumeRoleResult><Credentials>
<AccessKeyId>{ACCESS_KEY}</AccessKeyId><SecretAccessKey>{SECRET_KEY}</SecretAccessKey>
<SessionToken>role/token+==</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>"""


def authorization_by_botocore(url, headers, body, service, region, token):
    request = AWSRequest("POST", url, data=body)
    for name, value in headers.items():
        if name.lower() not in NOT_SIGNED:
            request.headers[name] = value
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY, token), service, region)
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    signed = signer.signed_headers(signer.headers_to_sign(request))
    return (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, "
        f"SignedHeaders={signed}, Signature={signature}"
    )


class Server(http.server.ThreadingHTTPServer):
    """Answers with what botocore would have sent, and keeps what was sent."""

    region = None
    seen = []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        url = f"http://{self.headers['Host']}{self.path}"
        is_sts = self.headers["Content-Type"] == FORM
        expected = authorization_by_botocore(
            url, self.headers, body, "sts" if is_sts else "IoTSecuredTunneling",
            self.server.region, self.headers["X-Amz-Security-Token"]
        )
        self.server.seen.append((self.headers, body, expected))
        answer = ROLE.encode() if is_sts else b"{}"
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        pass


def check(condition, what):
    if not condition:
        sys.exit(f"failed: {what}")


def call(server, program, region, token, path, arguments):
    server.region, server.seen = region, []
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


def call_by_role(server, program, region, token, arguments):
    server.region, server.seen = region, []
    url = f"http://127.0.0.1:{server.server_port}"
    with tempfile.NamedTemporaryFile("w", suffix=".config") as config:
        config.write(f"[profile role]\nrole_arn = arn:aws:iam::1:role/a b\nsource_profile = keys\n"
                     f"external_id = a+b/c=d\nendpoint_url = {url}\nregion = {region}\n"
                     f"[profile keys]\naws_access_key_id = {ACCESS_KEY}\n"
                     f"aws_secret_access_key = {SECRET_KEY}\n")
        if token is not None:
            config.write(f"aws_session_token = {token}\n")
        config.flush()
        environment = {"AWS_CONFIG_FILE": config.name, "AWS_PROFILE": "role",
                       "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        subprocess.run([program, *arguments], env=environment, check=True)
    check(len(server.seen) == 2, "a request for the role, and one with it")
    for headers, _, expected in server.seen:
        check(headers["Authorization"] == expected, f"{headers['Authorization']}\nis not\n{expected}")
    check(server.seen[0][0]["X-Amz-Security-Token"] == token, "the session token of the source")
    check(server.seen[1][0]["X-Amz-Security-Token"] == "role/token+==", "the role's session token")


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
            call_by_role(server, sys.argv[1], region, token, simple)
            count += 2
    server.shutdown()
    print(f"{count} requests are signed as botocore signs them")


if __name__ == "__main__":
    main()
