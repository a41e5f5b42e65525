# SPDX-License-Identifier: Apache-2.0
"""Summarises reports that a program of others makes, and checks the totals against sums taken from its CSVs.

koku-nise is run as a program, with the packages that tools/python/nise.txt pins.
"""
import collections
import csv
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
MATOME = pathlib.Path(sys.argv.pop(1))
SOURCE = "7f5f1f6e-5f0c-4a53-9d9e-2d6b1f1f0001"
GIB = 2.0**30
MONTH_SECONDS = 86400 * 31


def number(text):
    return float(text) if text else 0.0


class NiseTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        work = pathlib.Path(cls.temporary.name)
        python = [HERE.parents[1] / "tools" / "python_with.sh", "nise"]
        subprocess.run([*python, "-m", "nise", "report", "ocp", "--static-report-file",
                        HERE / "static_report.yml", "--ocp-cluster-id", "my-cluster", "--write-monthly",
                        "-s", "2025-10-01", "-e", "2025-10-04"],
                       cwd=work, check=True, stdout=subprocess.DEVNULL)
        cls.reports = {}
        for path in sorted(work.glob("*.csv")):
            with open(path, newline="", encoding="utf-8") as file:
                cls.reports[path.stem.split("-")[-1]] = list(csv.DictReader(file))
        subprocess.run([*python, HERE / "csv_to_lake.py", *sorted(work.glob("*.csv")),
                        "--lake", work / "lake", "--source", SOURCE], check=True)
        cls.outcome = json.loads(subprocess.run(
            [MATOME, "summarize", work / "lake", "--output", work / "summary", "--format", "csv",
             "--source", SOURCE, "--start", "2025-10-01", "--end", "2025-10-31", "--tag-keys", "app,env,team,tier",
             "--cluster-id", "my-cluster", "--json", "--quiet"], check=True, stdout=subprocess.PIPE).stdout)
        cls.rows = []
        for path in sorted((work / "summary").rglob("part-0.csv")):
            with open(path, newline="", encoding="utf-8") as file:
                cls.rows += list(csv.DictReader(file))

    def kind(self, kind):
        unallocated = {"Platform unallocated", "Worker unallocated"}
        return [row for row in self.rows if kind == (
            "storage" if row["data_source"] == "Storage" else
            "unallocated" if row["namespace"] in unallocated else "pod")]

    def total(self, kind, column):
        return sum(number(row[column]) for row in self.kind(kind))

    def close(self, actual, expected, what):
        self.assertTrue(math.isclose(actual, expected, rel_tol=1e-9), f"{what}: {actual} is not {expected}")
        self.assertGreater(expected, 0, what)

    def capacity(self, column):
        largest = collections.defaultdict(float)
        for row in self.reports["ocp_pod_usage"]:
            key = (row["interval_start"], row["node"])
            largest[key] = max(largest[key], float(row[column]))
        return sum(largest.values())

    def test_pod_totals_are_those_of_the_reports(self):
        for column in ["usage", "request", "limit"]:
            self.close(self.total("pod", f"pod_{column}_cpu_core_hours"),
                       sum(float(row[f"pod_{column}_cpu_core_seconds"])
                           for row in self.reports["ocp_pod_usage"]) / 3600, column)
            self.close(self.total("pod", f"pod_{column}_memory_gigabyte_hours"),
                       sum(float(row[f"pod_{column}_memory_byte_seconds"])
                           for row in self.reports["ocp_pod_usage"]) / 3600 / GIB, column)
        self.close(self.total("pod", "pod_effective_usage_cpu_core_hours"),
                   sum(max(float(row["pod_usage_cpu_core_seconds"]), float(row["pod_request_cpu_core_seconds"]))
                       for row in self.reports["ocp_pod_usage"]) / 3600, "effective")

    def test_usage_and_unallocated_make_up_the_capacity(self):
        self.close(self.total("pod", "pod_usage_cpu_core_hours") + self.total("unallocated", "pod_usage_cpu_core_hours"),
                   self.capacity("node_capacity_cpu_core_seconds") / 3600, "cpu")
        self.close(self.total("pod", "pod_usage_memory_gigabyte_hours")
                   + self.total("unallocated", "pod_usage_memory_gigabyte_hours"),
                   self.capacity("node_capacity_memory_byte_seconds") / 3600 / GIB, "memory")

    def test_storage_totals_are_those_of_the_reports(self):
        for column, stored in [("persistentvolumeclaim_capacity_gigabyte_months",
                                "persistentvolumeclaim_capacity_byte_seconds"),
                               ("volume_request_storage_gigabyte_months", "volume_request_storage_byte_seconds"),
                               ("persistentvolumeclaim_usage_gigabyte_months",
                                "persistentvolumeclaim_usage_byte_seconds")]:
            self.close(self.total("storage", column),
                       sum(float(row[stored]) for row in self.reports["ocp_storage_usage"]) / MONTH_SECONDS / GIB,
                       column)

    def test_labels_merge_by_precedence(self):
        labels = {row["namespace"]: json.loads(row["pod_labels"]) for row in self.kind("pod")
                  if json.loads(row["pod_labels"]).get("app") in ("web", "db")}
        self.assertEqual(labels["data"], {"app": "db", "team": "blue"})
        self.assertEqual(labels["shop"]["team"], "red")
        volumes = [json.loads(row["volume_labels"]) for row in self.kind("storage")]
        self.assertIn({"app": "store", "env": "prod", "team": "red", "tier": "fast"}, volumes)


if __name__ == "__main__":
    unittest.main(verbosity=2)
