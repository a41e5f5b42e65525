# SPDX-License-Identifier: Apache-2.0
"""Payloads that a program of others makes, through `matome ingest` and `matome summarize`.

usage: ingest_nise_test.py MATOME [TEST]...

koku-nise is run as a program, with the packages that tools/python/nise.txt pins. What ingest writes is held to the
reference converter; what summarize makes of it, to sums taken straight from the CSVs.
"""
import collections
import csv
import email
import http.server
import io
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import threading
import unittest

sys.dont_write_bytecode = True
import program  # noqa: E402
import reference_converter as reference  # noqa: E402
import reference_payload  # noqa: E402

HERE = pathlib.Path(__file__).parent
MATOME = program.Program(sys.argv.pop(1))
GIB = 2.0**30
MONTH_SECONDS = {"10": 86400 * 31, "11": 86400 * 30}


class Uploads(http.server.BaseHTTPRequestHandler):
    """Takes payloads as the service does (a form with a file), and as an object store does."""
    received = []

    def do_POST(self):
        form = email.message_from_bytes(b"Content-Type: " + self.headers["Content-Type"].encode() + b"\r\n\r\n"
                                        + self.body())
        self.received += [part.get_payload(decode=True) for part in form.get_payload() if part.get_filename()]
        self.answer(202)

    def do_PUT(self):
        self.received.append(self.body())
        self.answer(200)

    def body(self):
        return self.rfile.read(int(self.headers["Content-Length"]))

    def answer(self, code):
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def run_nise(work, *options):
    work.mkdir(exist_ok=True)
    environment = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")} | {
        "INSIGHTS_ACCOUNT_ID": "1", "INSIGHTS_ORG_ID": "1", "S3_ACCESS_KEY": "k", "S3_SECRET_KEY": "k",
        "S3_BUCKET_NAME": "bucket"}
    done = subprocess.run([HERE.parents[1] / "tools" / "python_with.sh", "nise", "-m", "nise", "report", "ocp",
                           "--static-report-file", HERE / "everything.yml", "--ocp-cluster-id", "my-cluster",
                           "-s", "2025-10-30", "-e", "2025-11-02", *options],
                          cwd=work, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"nise {options}: {done.stdout}{done.stderr}")


def received_from_nise(work, *options):
    Uploads.received = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Uploads) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_address[1]}"
            run_nise(work, *(option.format(address) for option in options))
        finally:
            server.shutdown()
            thread.join()
    return Uploads.received


class NiseTest(unittest.TestCase):
    def setUp(self):
        scratch = program.scratch()
        self.addCleanup(scratch.cleanup)
        self.work = pathlib.Path(scratch.name)

    def unpacked(self, *options):
        (self.work / "upload").mkdir()
        run_nise(self.work, "--insights-upload", "upload", *options)
        folders = sorted(path.parent for path in self.work.glob("upload/*/*/manifest.json"))
        self.assertEqual(len(folders), 2)
        return folders, [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]

    def expected(self, payloads):
        lake = reference.Lake(program.SOURCE)
        for members in payloads:
            conversion = reference.convert_members(members)
            self.assertEqual(conversion.failed, {})
            lake.deliver(conversion)
        return lake.objects

    def check(self, payloads, inputs, reports=6):
        MATOME.ingest(self.work / "lake", inputs)
        objects = program.read_lake(self.work / "lake")
        self.assertIsNone(program.difference(self.expected(payloads), objects))
        self.assertEqual(len({key.split("/OCP/")[1].split("/")[0] for key in objects}), reports)
        return objects

    def test_daily_and_summary(self):
        folders, payloads = self.unpacked("--daily-reports", "--ros-ocp-info", "--file-row-limit", "150")
        self.check(payloads, folders)
        Summary(self, payloads, self.work).check()

    def test_split(self):
        archives = received_from_nise(self.work, "--insights-upload", "{}/x", "--daily-reports")
        self.assertGreater(len(archives), 10)
        parts = [reference_payload.read_archive(data) for data in archives]
        whole = collections.defaultdict(dict)
        for members in parts:
            whole[json.loads(members["manifest.json"])["uuid"]] |= members
        random.Random(1).shuffle(archives)
        self.check(whole.values(), program.put_archives(self.work / "split", archives))

    def test_whole(self):
        archives = received_from_nise(self.work, "--minio-upload", "{}")
        self.assertEqual(len(archives), 2)
        objects = self.check([reference_payload.read_archive(data) for data in archives],
                             program.put_archives(self.work / "whole", archives))
        self.assertTrue(all(stored.metadata["reportnumhours"] == "0" for stored in objects.values()))


def number(text):
    return float(text) if text else 0.0


class Summary:
    """Totals of the summary against those of the CSVs."""

    def __init__(self, test, payloads, work):
        self.test = test
        self.reports = collections.defaultdict(list)
        for members in payloads:
            for name in json.loads(members["manifest.json"])["files"]:
                rows = list(csv.DictReader(io.StringIO(members[name].decode())))
                columns = rows[0] if rows else {}
                self.reports["pod" if "pod_labels" in columns else
                             "storage" if "persistentvolume" in columns else "other"] += rows
        subprocess.run([MATOME.matome, "summarize", work / "lake", "--output", work / "summary", "--format", "csv",
                        "--source", program.SOURCE, "--start", "2025-10-30", "--end", "2025-11-02", "--tag-keys",
                        "app,env,team,tier,q", "--cluster-id", "my-cluster", "--quiet"],
                       check=True, stdout=subprocess.DEVNULL)
        self.rows = []
        for path in sorted((work / "summary").rglob("part-0.csv")):
            with open(path, newline="", encoding="utf-8") as file:
                self.rows += list(csv.DictReader(file))

    def kind(self, kind):
        return [row for row in self.rows if kind == (
            "storage" if row["data_source"] == "Storage" else
            "unallocated" if row["namespace"].endswith(" unallocated") else "pod")]

    def close(self, kind, column, expected):
        actual = sum(number(row[column]) for row in self.kind(kind))
        self.test.assertTrue(math.isclose(actual, expected, rel_tol=1e-9), f"{column}: {actual} is not {expected}")
        self.test.assertGreater(expected, 0, column)

    def check(self):
        pods, volumes = self.reports["pod"], self.reports["storage"]
        for column in ["usage", "request", "limit"]:
            self.close("pod", f"pod_{column}_cpu_core_hours",
                       sum(number(row[f"pod_{column}_cpu_core_seconds"]) for row in pods) / 3600)
            self.close("pod", f"pod_{column}_memory_gigabyte_hours",
                       sum(number(row[f"pod_{column}_memory_byte_seconds"]) for row in pods) / 3600 / GIB)
        self.close("pod", "pod_effective_usage_cpu_core_hours",
                   sum(max(number(row["pod_usage_cpu_core_seconds"]), number(row["pod_request_cpu_core_seconds"]))
                       for row in pods) / 3600)
        for stored, written in [("node_capacity_cpu_core_seconds", "cpu_core_hours"),
                                ("node_capacity_memory_byte_seconds", "memory_gigabyte_hours")]:
            capacity = collections.defaultdict(float)
            for row in pods:
                key = (row["interval_start"], row["node"])
                capacity[key] = max(capacity[key], number(row[stored]))
            hours = sum(capacity.values()) / 3600 / (GIB if "memory" in stored else 1)
            used = sum(number(row[f"pod_usage_{written}"]) for row in self.kind("pod"))
            self.close("unallocated", f"pod_usage_{written}", hours - used)
        # A volume that no pod mounts has capacity alone.
        known = {(row["namespace"], row["pod"]) for row in pods}
        for column, stored, mounted in [
                ("persistentvolumeclaim_capacity_gigabyte_months", "persistentvolumeclaim_capacity_byte_seconds",
                 False),
                ("volume_request_storage_gigabyte_months", "volume_request_storage_byte_seconds", True),
                ("persistentvolumeclaim_usage_gigabyte_months", "persistentvolumeclaim_usage_byte_seconds", True)]:
            self.close("storage", column, sum(
                number(row[stored]) / MONTH_SECONDS[row["interval_start"][5:7]] / GIB for row in volumes
                if not mounted or (row["namespace"], row["pod"]) in known))
        self.test.assertTrue(any(not row["pod"] for row in volumes))
        labels = [json.loads(row["pod_labels"]) for row in self.kind("pod") if row["namespace"] == "shop"]
        self.test.assertIn({"app": "web", "q": '"a,b"', "env": "last", "team": '"red"'}, labels)


if __name__ == "__main__":
    unittest.main(verbosity=2)
