# SPDX-License-Identifier: Apache-2.0
"""Runs programs and takes their time, processor time and peak memory."""
import os
import pathlib
import signal
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass

MIB = 1 << 20


class Failed(Exception):
    """A measurement that cannot count."""


@dataclass
class Run:
    wall: float  # Seconds from before the start of the process to its end.
    cpu: float  # Of all its threads, user and system.
    peak_bytes: int  # Resident.
    status: int  # Negative: the signal that ended it.
    stdout: str
    server_cpu: float = 0  # Of a server beside it, meanwhile.


def environment():
    """Ours, less what would configure matome."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MATOME_")}


def run(command, *, env=None, log=None, stop_after=None):
    """Runs to the end, or sends SIGTERM after `stop_after` seconds; then `wall` counts from the signal."""
    with tempfile.TemporaryFile("w+") as stdout, open(log or os.devnull, "a") as stderr:
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                   stdout=stdout, stderr=stderr, env=env or environment())
        if stop_after is not None:
            time.sleep(stop_after)
            start = time.perf_counter()
            process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        stdout.seek(0)
        return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, process.returncode,
                   stdout.read())


def must_run(command, **options):
    result = run(command, **options)
    if result.status != 0:
        where = f"; see {options['log']}" if options.get("log") else ""
        raise Failed(f"ended with {result.status}{where}: {' '.join(map(str, command))}")
    return result


def warm(folder):
    """Reads all files below the folder, so that they are in the page cache."""
    for file in pathlib.Path(folder).rglob("*"):
        if file.is_file():
            with open(file, "rb", buffering=0) as stream:
                while stream.read(4 * MIB):
                    pass


def spread(values, digits=3):
    """Median, and in brackets the least and the most."""
    return (f"{statistics.median(values):.{digits}f} "
            f"({min(values):.{digits}f}–{max(values):.{digits}f})")


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
