#!/usr/bin/env python3
"""An example receiver of the webhook contract (docs/backends/webhook.md): API keys for leases, kept in memory.

Needs Python 3.9 and the program openssl, and nothing else. It listens on loopback without TLS; put it behind a proxy.
GET /whoami with a key says whether the key is honoured, as the place where keys are used would.

  receiver.py --port 9000 --audience licences --issuer https://broker.example/issuer/federation \
              --jwks https://broker.example/issuer/federation/.well-known/jwks.json --kind api-key
"""
import argparse, base64, hashlib, json, secrets, subprocess, tempfile, threading, time, urllib.request
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RSA = bytes.fromhex("300d06092a864886f70d0101010500")  # the algorithm of every RSA key
MEMBERS = {"version", "operation", "broker", "lease", "reference", "kind", "scopes", "parameters", "workload", "approval", "endsAt", "deadline", "after"}


class Refused(Exception):
    def __init__(self, status, error):
        self.status, self.error = status, error


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def strict(data):
    """JSON without a member twice."""
    def once(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a member is there twice")
        return dict(pairs)
    found = json.loads(data, object_pairs_hook=once)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def seconds(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc).timestamp()


def is_signed(key, text, signature):
    """RS256, by openssl: it wants the key's two numbers as DER (RFC 8017 appendix A.1.1)."""
    def der(kind, raw):
        size = len(raw).to_bytes(2, "big")
        return bytes([kind]) + (size[1:] if len(raw) < 128 else b"\x82" + size) + raw
    def number(name):
        return der(2, b"\0" + unbase64(key[name]))
    public = der(0x30, RSA + der(3, b"\0" + der(0x30, number("n") + number("e"))))
    with tempfile.NamedTemporaryFile() as pem, tempfile.NamedTemporaryFile() as shown:
        pem.write(b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(public) + b"-----END PUBLIC KEY-----\n")
        shown.write(signature)
        pem.flush(), shown.flush()
        asked = ["openssl", "dgst", "-sha256", "-verify", pem.name, "-signature", shown.name]
        return subprocess.run(asked, input=text, capture_output=True).returncode == 0


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # 1.0 would close each connection, at times just when the next call is on its way
    options, lock, leases, seen, keys = None, threading.Lock(), {}, {}, ({}, 0)

    def log_message(self, *_):
        pass  # a request's line is no secret, but nobody asked for it either

    def do_GET(self):
        shown = self.headers.get("Authorization", "").removeprefix("Bearer ")
        with self.lock:
            good = any(one["hash"] == hashlib.sha256(shown.encode()).digest() for one in self.living().values())
        self.answer(200 if good else 401, {"honoured": good})

    def do_POST(self):
        try:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 < length <= 65536:
                self.close_connection = True
                raise Refused(413, "too_large")
            body = self.rfile.read(length)
            self.demand_signature(body)
            try:
                call = strict(body)
                if call["version"] != "credentialbroker/webhook/v1" or not set(call) <= MEMBERS:
                    raise ValueError("another contract")
                with self.lock:
                    self.answer(*getattr(self, "on_" + call["operation"])(call))
            except (ValueError, KeyError, TypeError, AttributeError):
                raise Refused(400, "malformed")
        except Refused as refused:
            self.answer(refused.status, {"error": refused.error})

    def demand_signature(self, body):
        try:
            header, claims, signature = self.headers.get("Authorization", "").removeprefix("Bearer ").split(".")
            head, token, now = strict(unbase64(header)), strict(unbase64(claims)), time.time()
            key = self.key(head["kid"])
            good = (head["alg"] == "RS256" and key and is_signed(key, f"{header}.{claims}".encode(), unbase64(signature))
                    and token["iss"] == self.options.issuer and token["aud"] == self.options.audience and token["sub"] == "credential-broker"
                    and token["nbf"] - 5 <= now < token["exp"] + 5 and token["exp"] - token["iat"] <= 60
                    and token["digest"] == "sha-256:" + base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode())
        except (ValueError, KeyError, TypeError):
            good = False
        if not good:
            raise Refused(401, "unauthorized")
        with self.lock:  # each token serves once
            for jti in [jti for jti, until in self.seen.items() if until < now]:
                del self.seen[jti]
            if token["jti"] in self.seen:
                raise Refused(401, "replayed")
            self.seen[token["jti"]] = token["exp"] + 10

    def key(self, kid):
        """Keys are kept for five minutes, and looked for anew, once in ten seconds at most, when one is not known."""
        known, since = Receiver.keys
        if time.time() - since > (300 if kid in known else 10):
            with urllib.request.urlopen(self.options.jwks, timeout=5) as keys:
                known = {key["kid"]: key for key in json.loads(keys.read(65536))["keys"]}
            Receiver.keys = known, time.time()
        return known.get(kid)

    def living(self):
        for lease in [lease for lease, one in self.leases.items() if one["until"] <= time.time()]:
            del self.leases[lease]
        return self.leases

    def on_create(self, call):
        if time.time() > seconds(call["deadline"]):
            raise Refused(409, "too_late")
        if call["kind"] != self.options.kind:
            raise Refused(403, "refused")
        key = secrets.token_urlsafe(32)  # asked twice, the second key takes the place of the first
        self.leases[call["lease"]] = {"hash": hashlib.sha256(key.encode()).digest(), "until": seconds(call["endsAt"]), "endsAt": call["endsAt"], "broker": call["broker"]}
        return 201, {"lease": call["lease"], "credential": {"key": key}, "expiresAt": call["endsAt"]}

    def on_renew(self, call):
        if time.time() > seconds(call["deadline"]):
            raise Refused(409, "too_late")
        if call["lease"] not in self.living():
            return 404, {"lease": call["lease"], "state": "gone"}
        self.leases[call["lease"]].update(until=seconds(call["endsAt"]), endsAt=call["endsAt"])
        return 200, {"lease": call["lease"], "expiresAt": call["endsAt"]}

    def on_revoke(self, call):
        was = self.living().pop(call["lease"], None)
        return 200, {"lease": call["lease"], "state": "revoked" if was else "gone"}

    def on_status(self, call):
        found = self.living().get(call["lease"])
        return 200, {"lease": call["lease"], "state": "alive", "expiresAt": found["endsAt"]} if found else {"lease": call["lease"], "state": "gone"}

    def on_list(self, call):
        return 200, {"leases": [{"lease": lease} for lease, one in self.living().items() if one["broker"] == call["broker"]]}

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("port", "audience", "issuer", "jwks", "kind"):
        parser.add_argument(f"--{name}", required=True, type=int if name == "port" else str)
    Receiver.options = parser.parse_args()
    ThreadingHTTPServer(("127.0.0.1", Receiver.options.port), Receiver).serve_forever()
