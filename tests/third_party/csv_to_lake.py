# SPDX-License-Identifier: Apache-2.0
"""Turns an operator's CSV reports into the hourly and daily Parquet that `matome summarize` reads.

A test tool: rows are plain Python objects, days are cut by the text of interval_start, and the rules are those of
docs/design/semantics.md §2. Returns nothing that the test's own sums are taken from.
"""
import argparse
import collections
import csv
import datetime
import json
import pathlib

import pyarrow
import pyarrow.parquet

DATES = ["report_period_start", "report_period_end", "interval_start", "interval_end"]
KEYS = {
    "storage_usage": ["namespace", "pod", "node", "persistentvolumeclaim", "persistentvolume", "storageclass",
                      "csi_driver", "csi_volume_handle", "persistentvolume_labels", "persistentvolumeclaim_labels"],
    "pod_usage": ["namespace", "node", "pod", "pod_labels"],
    "node_labels": ["node", "node_labels"],
    "namespace_labels": ["namespace", "namespace_labels"],
}
MAXIMA = {
    "storage_usage": ["persistentvolumeclaim_capacity_bytes"],
    "pod_usage": ["resource_id", "node_capacity_cpu_cores", "node_capacity_memory_bytes"],
    "node_labels": [],
    "namespace_labels": [],
}
SUMS = {
    "storage_usage": ["persistentvolumeclaim_capacity_byte_seconds", "volume_request_storage_byte_seconds",
                      "persistentvolumeclaim_usage_byte_seconds"],
    "pod_usage": ["pod_usage_cpu_core_seconds", "pod_request_cpu_core_seconds",
                  "pod_effective_usage_cpu_core_seconds", "pod_limit_cpu_core_seconds",
                  "pod_usage_memory_byte_seconds", "pod_request_memory_byte_seconds",
                  "pod_effective_usage_memory_byte_seconds", "pod_limit_memory_byte_seconds",
                  "node_capacity_cpu_core_seconds", "node_capacity_memory_byte_seconds"],
    "node_labels": [],
    "namespace_labels": [],
}


def report_type(header):
    for report, keys in KEYS.items():
        required = set(keys) - {"node", "csi_driver", "csi_volume_handle"} if report == "storage_usage" else set(keys)
        if required <= set(header):
            return report
    return None


def labels_json(text):
    labels = {}
    for piece in text.split("|"):
        parts = piece.split(":")
        if len(parts) == 2:
            labels[parts[0].replace("label_", "")] = parts[1]
    return json.dumps(labels)


def convert(name, text):
    if name in DATES:
        return datetime.datetime.fromisoformat(text.replace(" +0000 UTC", ""))
    if name.endswith("_labels"):
        return labels_json(text)
    if name.endswith(("_seconds", "_cores", "_bytes")):
        return float(text or 0)
    return text


def read_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        report = report_type(reader.fieldnames or [])
        rows = [{name: convert(name, text) for name, text in row.items()} for row in reader] if report else []
    if report == "pod_usage":
        for row in rows:
            for unit in ["cpu_core", "memory_byte"]:
                row[f"pod_effective_usage_{unit}_seconds"] = max(
                    row[f"pod_usage_{unit}_seconds"], row[f"pod_request_{unit}_seconds"])
    return report, rows


def daily(report, rows, day):
    keys = [key for key in KEYS[report] if key in rows[0]]
    groups = collections.defaultdict(list)
    for row in rows:
        groups[tuple(row[key] for key in keys)].append(row)
    result = []
    for values, members in sorted(groups.items()):
        row = dict(zip(keys, values))
        row["interval_start"] = datetime.datetime.combine(day, datetime.time())
        for column in ["report_period_start", "report_period_end"] + MAXIMA[report]:
            row[column] = max(member[column] for member in members)
        for column in SUMS[report]:
            row[column] = sum(member[column] for member in members)
        result.append(row)
    return result


def write(path, rows):
    def type_of(name):
        if name in DATES:
            return pyarrow.timestamp("ms")
        return pyarrow.float64() if isinstance(rows[0][name], float) else pyarrow.string()

    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {name: pyarrow.array([row[name] for row in rows], type_of(name)) for name in rows[0]}
    pyarrow.parquet.write_table(pyarrow.table(columns), path, compression="snappy")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", nargs="+", type=pathlib.Path)
    parser.add_argument("--lake", required=True, type=pathlib.Path)
    parser.add_argument("--source", required=True)
    parser.add_argument("--account", default="org1234567")
    options = parser.parse_args()
    for number, path in enumerate(sorted(options.csv)):
        report, rows = read_rows(path)
        by_day = collections.defaultdict(list)
        for row in rows:
            by_day[row["interval_start"].date()].append(row)
        for day, members in by_day.items():
            below = (f"{options.account}/OCP/{report}/source={options.source}/year={day.year}/month={day.month:02}/"
                     f"{report}.{day}.1.{number}")
            root = options.lake / "data" / "parquet"
            write(root / f"{below}_0.parquet", members)
            write(root / "daily" / f"{below}_daily_0.parquet", daily(report, members, day))


if __name__ == "__main__":
    main()
