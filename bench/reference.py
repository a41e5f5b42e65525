#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the reference file of a generated month: reference.py LAKE ACCOUNT SOURCE YYYY-MM KEY,... FILE

The node list is taken from the daily pod rows, so that no run has to derive roles. YAML in the form of
JSON, which the rival reads too.
"""
import json
import pathlib
import sys

import duckdb

lake, account, source, month, keys, file = sys.argv[1:]
folder = (f"{lake}/data/parquet/daily/{account}/OCP/pod_usage/source={source}/"
          f"year={month[:4]}/month={month[5:]}")
rows = duckdb.sql(
    "SELECT node, resource_id, coalesce(max(node_role), 'worker') "
    f"FROM read_parquet({sorted(map(str, pathlib.Path(folder).rglob('*.parquet')))!r}) "
    "WHERE node <> '' AND resource_id <> '' GROUP BY ALL ORDER BY ALL").fetchall()
names = ("node", "resource_id", "node_role")
pathlib.Path(file).write_text(json.dumps(
    {"enabled_tag_keys": keys.split(","), "nodes": [dict(zip(names, row)) for row in rows]}, indent=1) + "\n")
