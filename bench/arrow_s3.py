#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The reports of a month in a bucket, as Arrow's data sets. Variables say where, as for matome.

usage: arrow_s3.py put FOLDER PREFIX            copies a lake into the bucket
       arrow_s3.py read PREFIX ACCOUNT SOURCE YYYY-MM THREADS
                                                lists and decodes the needed columns, and prints JSON
"""
import json
import os
import sys
import time

import pyarrow
import pyarrow.dataset
import pyarrow.fs

BUCKET = "bench"
# What the summary needs, as in bare_decode.cc.
COLUMNS = {
    ("daily/", "pod_usage"): """interval_start namespace node pod pod_labels resource_id
        pod_usage_cpu_core_seconds pod_request_cpu_core_seconds pod_effective_usage_cpu_core_seconds
        pod_limit_cpu_core_seconds pod_usage_memory_byte_seconds pod_request_memory_byte_seconds
        pod_effective_usage_memory_byte_seconds pod_limit_memory_byte_seconds node_capacity_cpu_cores
        node_capacity_memory_bytes""",
    ("", "pod_usage"): "interval_start node node_capacity_cpu_core_seconds node_capacity_memory_byte_seconds",
    ("daily/", "storage_usage"): """interval_start namespace pod persistentvolumeclaim persistentvolume
        storageclass csi_volume_handle persistentvolume_labels persistentvolumeclaim_labels
        persistentvolumeclaim_capacity_bytes persistentvolumeclaim_capacity_byte_seconds
        volume_request_storage_byte_seconds persistentvolumeclaim_usage_byte_seconds""",
    ("daily/", "node_labels"): "interval_start node node_labels",
    ("daily/", "namespace_labels"): "interval_start namespace namespace_labels",
}


def file_system():
    return pyarrow.fs.S3FileSystem(access_key=os.environ["S3_ACCESS_KEY"], secret_key=os.environ["S3_SECRET"],
                                   endpoint_override=os.environ["S3_ENDPOINT"], region="us-east-1")


def data_set(files, prefix, granularity, account, report, source, month):
    folder = (f"{BUCKET}/{prefix}/data/parquet/{granularity}{account}/OCP/{report}/source={source}/"
              f"year={month[:4]}/month={month[5:]}")
    return pyarrow.dataset.dataset(folder, filesystem=files, format="parquet")


def main():
    if sys.argv[1] == "put":
        pyarrow.fs.copy_files(sys.argv[2], f"{BUCKET}/{sys.argv[3]}", destination_filesystem=file_system())
        return
    prefix, account, source, month, threads = sys.argv[2:]
    start = time.perf_counter()
    pyarrow.set_cpu_count(int(threads))
    files = file_system()
    rows = 0
    for (granularity, report), columns in COLUMNS.items():
        rows += data_set(files, prefix, granularity, account, report, source, month).to_table(
            columns=columns.split()).num_rows
    print(json.dumps({"rows": rows, "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
