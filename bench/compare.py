#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares two summaries in Parquet, all rows and columns: compare.py LEFT RIGHT

Each is a file or a folder. Texts and dates must be equal, numbers within 1e-9 of the larger one, and
those that are differences from a capacity within 1e-9 of the capacity. Rows are matched by all their texts and
dates; of rows that these do not tell apart, by the order of their numbers. Ends with 1 and examples if the
summaries differ, otherwise prints the rows of each kind.
"""
import pathlib
import sys

import duckdb

TOLERANCE = 1e-9
CAPACITIES = {"cpu": "node_capacity_cpu_core_hours", "memory": "node_capacity_memory_gigabyte_hours"}


def scan(path):
    path = pathlib.Path(path)
    files = sorted(map(str, path.rglob("*.parquet"))) if path.is_dir() else [str(path)]
    return f"read_parquet({files!r}, hive_partitioning = false)"


def differences(left, right):
    """What differs, and the row, at most five a day."""
    columns = duckdb.sql(f"DESCRIBE SELECT * FROM {scan(left)}").fetchall()
    if columns != duckdb.sql(f"DESCRIBE SELECT * FROM {scan(right)}").fetchall():
        sys.exit("the columns differ")
    numbers = [name for name, kind, *_ in columns if kind == "DOUBLE"]
    keys = [name for name, kind, *_ in columns if kind != "DOUBLE" and name != "uuid"]
    days = [row[0] for row in duckdb.sql(
        f"SELECT DISTINCT usage_start FROM {scan(left)} UNION SELECT DISTINCT usage_start FROM {scan(right)} "
        "ORDER BY ALL").fetchall()]

    def equal(name):
        a, b = f"a.{name}", f"b.{name}"
        scale = f"greatest(abs({a}), abs({b}))"
        family = next((part for part in CAPACITIES if name.startswith("pod_") and part in name), None)
        if family:
            scale = f"greatest({scale}, coalesce(abs(a.{CAPACITIES[family]}), 0))"
        return f"({a} IS NOT DISTINCT FROM {b} OR coalesce(abs({a} - {b}) <= {TOLERANCE} * {scale}, false))"

    for day in days:
        side = ("SELECT *, row_number() OVER (PARTITION BY {keys} ORDER BY {order}) AS copy "
                "FROM {table} WHERE usage_start = DATE '{day}'")
        order = ", ".join(f"{name}::FLOAT" for name in numbers)
        a, b = (side.format(keys=", ".join(keys), order=order, table=scan(path), day=day)
                for path in (left, right))
        same_key = " AND ".join(f"a.{key} IS NOT DISTINCT FROM b.{key}" for key in (*keys, "copy"))
        wrong = ", ".join(f"CASE WHEN NOT {equal(name)} THEN '{name}' END" for name in numbers)
        yield from duckdb.sql(
            f"WITH a AS MATERIALIZED ({a}), b AS MATERIALIZED ({b}), joined AS ("
            "SELECT CASE WHEN b.copy IS NULL THEN 'left only' WHEN a.copy IS NULL THEN 'right only' "
            f"ELSE nullif(concat_ws(', ', {wrong}), '') END AS problem, "
            f"{', '.join(f'coalesce(a.{key}, b.{key}) AS {key}' for key in keys)} "
            f"FROM a FULL JOIN b ON {same_key}) "
            "SELECT problem, usage_start, data_source, namespace, node, persistentvolumeclaim, all_labels "
            "FROM joined WHERE problem IS NOT NULL LIMIT 5").fetchall()


def kinds(path):
    return dict(duckdb.sql(
        "SELECT CASE WHEN data_source = 'Pod' AND infrastructure_usage_cost IS NULL THEN 'unallocated' "
        f"ELSE lower(data_source) END AS kind, count(*) FROM {scan(path)} GROUP BY ALL ORDER BY ALL").fetchall())


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    left, right = sys.argv[1:]
    problems = []
    for problem in differences(left, right):
        problems.append(problem)
        if len(problems) == 20:
            break
    if problems or kinds(left) != kinds(right):
        sys.exit("\n".join([f"{kinds(left)} and {kinds(right)}", *map(str, problems)]))
    print(kinds(left))


if __name__ == "__main__":
    main()
