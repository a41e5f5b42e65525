# SPDX-License-Identifier: Apache-2.0
"""A MinIO server for measurements: on a free port, with its objects in memory, so that no disk is measured."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from process import Failed, environment

KEY, SECRET = "bench", "bench-bench-bench"
BUCKET = "bench"


class MinioServer:
    def __init__(self, log):
        program = subprocess.run([pathlib.Path(__file__).parent.parent / "tools/minio.sh"],
                                 stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        memory = "/dev/shm"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="matome-bench-",
                                                    dir=memory if pathlib.Path(memory).is_dir() else None))
        (self.folder / "data" / BUCKET).mkdir(parents=True)  # A folder is a bucket.
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        env = environment() | {"MINIO_ROOT_USER": KEY, "MINIO_ROOT_PASSWORD": SECRET, "MINIO_BROWSER": "off",
                               "MINIO_UPDATE": "off"}
        with open(log, "a") as out:
            self.process = subprocess.Popen(
                [program, "server", "--address", f"127.0.0.1:{self.port}", self.folder / "data"],
                env=env, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        deadline = time.monotonic() + 60
        while not self.answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.stop()
                raise Failed(f"MinIO does not start; see {log}")
            time.sleep(0.01)

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.sendall(b"GET /minio/health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return b" 200 " in connection.recv(100)
        except OSError:
            return False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def variables(self):
        return {"S3_ENDPOINT": self.url, "S3_ACCESS_KEY": KEY, "S3_SECRET": SECRET}

    def cpu(self):
        """Processor seconds of the server so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
