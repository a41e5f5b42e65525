#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures whole runs of matome beside its rivals on this machine, and prints the ratios as Markdown.

What is measured and how is told in README.md. Nothing is timed before all rows of matome and DuckDB
were found equal.
"""
import argparse
import csv
import datetime
import json
import os
import pathlib
import platform
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
ACCOUNT = "org1234567"
SOURCE = "6f0d5a52-6b1c-4b52-9c0e-3f4f0d6c2a11"
MONTH = "2026-10"
KEYS = "app,env,pod_template_hash,team,tier,version"
SUMMARY_TABLE = "reporting_ocpusagelineitem_daily_summary"
MIB = 1 << 20

# Flags of `matome generate` by size; the names are the hourly pod rows, about.
LAKES = {
    "1M": {"nodes": 50, "pods-per-node": 27, "days": 31},
    "10M": {"nodes": 440, "pods-per-node": 31, "days": 31},
    "100M": {"nodes": 4400, "pods-per-node": 31, "days": 31},
    # Ten times the rows of each day of 10M, for three days.
    "wide": {"nodes": 4400, "pods-per-node": 31, "days": 3},
}

# The most that a ratio may be, by size.
TARGETS = {
    "dry run / bare decode, wall": {"1M": 0.8, "10M": 1.2},
    "dry run / DuckDB computing, wall": {"1M": 1 / 10, "10M": 1 / 8},
    "to Parquet / DuckDB to Parquet, wall": {"1M": 0.4, "10M": 0.4},
    "dry run / bare decode, peak memory": {"1M": 1.3, "10M": 1.3},
}


class Failed(Exception):
    pass


@dataclass
class Run:
    """A finished process."""
    wall: float
    cpu: float
    peak_bytes: int
    status: int
    stdout: str


def finish(process, start, stdout):
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    stdout.seek(0)
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, process.returncode,
               stdout.read())


def spawn(command, stdout, environment=None):
    return subprocess.Popen([str(part) for part in command], stdout=stdout, cwd=ROOT,
                            stderr=subprocess.PIPE if False else None, env=environment)
