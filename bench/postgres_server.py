# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server for measurements: on a free port, with a folder of its own, durable as in production."""
import glob
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile

from process import Failed

USER = "postgres"
DATABASE = "bench"
# Room for what is measured, nothing that cheats: fsync and full page writes stay on.
SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "16GB", "checkpoint_timeout": "60min",
            "wal_compression": "off", "autovacuum": "off", "max_connections": "30"}


def programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    if found:
        return pathlib.Path(found[-1])
    initdb = shutil.which("initdb")
    if not initdb:
        raise Failed("no PostgreSQL server is installed; run tools/bootstrap.sh")
    return pathlib.Path(initdb).parent


class PostgresServer:
    def __init__(self, log):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="matome-bench-"))
        self.bin = programs()
        self.log = log
        # It refuses to run as root.
        self.account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        if self.account:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        data = self.folder / "data"
        self._call("initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C")
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        self._call("pg_ctl", "-D", data, "-w", "-l", self.folder / "log", "-o",
                   f"-p {self.port} -k {self.folder} {options}", "start")
        self.psql(f"CREATE DATABASE {DATABASE}", database="postgres")

    def _call(self, program, *arguments):
        change = {} if not self.account else {
            "user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        with open(self.log, "a") as log:
            subprocess.run([str(self.bin / program), *map(str, arguments)], check=True, cwd=self.folder,
                           stdin=subprocess.DEVNULL, stdout=log, stderr=log, **change)

    @property
    def url(self):
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{DATABASE}"

    def psql(self, *statements, database=DATABASE, file=None):
        """The output of the statements, unadorned."""
        command = [self.bin / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", self.port,
                   "-U", USER, "-d", database]
        if file:
            command += ["-f", file]
        for statement in statements:
            command += ["-c", statement]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"psql: {done.stderr.strip()}")
        return done.stdout

    def copy_command(self, statement):
        """The command of a psql that runs one statement, for who takes its time."""
        return [self.bin / "psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", self.port, "-U",
                USER, "-d", DATABASE, "-c", statement]

    def stop(self):
        self._call("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)
