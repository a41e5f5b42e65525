# SPDX-License-Identifier: Apache-2.0
"""A MinIO server for a test, and what is in its bucket."""
import ctypes
import datetime
import hashlib
import hmac
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.parse
import xml.etree.ElementTree

MINIO = pathlib.Path(__file__).parents[2] / "tools" / "minio.sh"
KEY, SECRET, REGION, BUCKET = "matome", "correct/horse+battery=staple", "us-east-1", "lake"


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Bucket:
    def __init__(self, folder):
        program = subprocess.run([MINIO], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        environment = {name: text for name, text in os.environ.items()
                       if not name.startswith(("MINIO_", "AWS_", "S3_")) and not name.lower().endswith("_proxy")}
        self.server = subprocess.Popen(
            [program, "server", "--address", self.address, str(folder)], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=die_with_parent, env=environment | {
                "MINIO_ROOT_USER": KEY, "MINIO_ROOT_PASSWORD": SECRET, "MINIO_BROWSER": "off", "MINIO_UPDATE": "off"})
        deadline = time.monotonic() + 60
        while self.request("PUT", f"/{BUCKET}", may_fail=True)[0] != 200:
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{program} does not start")
            time.sleep(0.05)
        # How `matome` is told of it.
        self.url = f"s3://{BUCKET}"
        self.environment = {"S3_ENDPOINT": f"http://{self.address}", "S3_ACCESS_KEY": KEY, "S3_SECRET": SECRET,
                            "S3_REGION": REGION}

    def close(self):
        self.server.kill()
        self.server.wait()

    def request(self, method, path, query=None, may_fail=False):
        """Signed with version 4. Status, headers in lower case, body."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        nothing = hashlib.sha256(b"").hexdigest()
        quoted = urllib.parse.quote(path, safe="/-_.~")
        arguments = urllib.parse.urlencode(sorted((query or {}).items()), quote_via=urllib.parse.quote, safe="-_.~")
        signed = "host;x-amz-content-sha256;x-amz-date"
        canonical = "\n".join([method, quoted, arguments, f"host:{self.address}", f"x-amz-content-sha256:{nothing}",
                               f"x-amz-date:{now}", "", signed, nothing])
        scope = f"{now[:8]}/{REGION}/s3/aws4_request"
        key = ("AWS4" + SECRET).encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        signature = hmac.new(key, text.encode(), "sha256").hexdigest()
        connection = http.client.HTTPConnection(self.address)
        try:
            connection.request(method, f"{quoted}?{arguments}" if arguments else quoted, headers={
                "x-amz-content-sha256": nothing, "x-amz-date": now, "Authorization":
                f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={signed}, Signature={signature}"})
            answer = connection.getresponse()
            body = answer.read()
        except OSError:
            if may_fail:
                return 0, {}, b""
            raise
        finally:
            connection.close()
        if answer.status >= 300 and not may_fail:
            raise RuntimeError(f"{method} {path}: {answer.status} {body}")
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

    def keys(self, prefix=""):
        keys, more = [], {}
        while more is not None:
            _, _, body = self.request("GET", f"/{BUCKET}", {"list-type": "2", "prefix": prefix} | more)
            tree = xml.etree.ElementTree.fromstring(body)
            names = {element.tag.split("}")[1]: element for element in tree}
            keys += [element[0].text for element in tree if element.tag.endswith("}Contents")]
            token = names.get("NextContinuationToken")
            more = None if token is None else {"continuation-token": token.text}
        return keys

    def get(self, key):
        """Bytes and user metadata."""
        _, headers, body = self.request("GET", f"/{BUCKET}/{key}")
        return body, {name.removeprefix("x-amz-meta-"): value for name, value in headers.items()
                      if name.startswith("x-amz-meta-")}
