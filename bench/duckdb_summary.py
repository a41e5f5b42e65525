#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daily summary of a source's month by DuckDB: the rival that bench/run.py measures.

The work is in duckdb_summary.sql; this makes the views and macros that depend on the parameters.
Prints one JSON object: rows by kind, the seconds from connecting to the end, and those of each part.
"""
import argparse
import calendar
import json
import pathlib
import time

import duckdb

USAGE_COST = '{"cpu": 0.000000000, "memory": 0.000000000, "storage": 0.000000000}'
DEFAULT_CATEGORIES = [
    {"pattern": pattern, "cost_category_id": 1}
    for pattern in ("openshift-%", "kube-%", "Platform unallocated", "openshift")
]
VIEWS = {
    "hourly_pods": ("", "pod_usage"),
    "daily_pods": ("daily/", "pod_usage"),
    "daily_storage": ("daily/", "storage_usage"),
    "daily_node_labels": ("daily/", "node_labels"),
    "daily_namespace_labels": ("daily/", "namespace_labels"),
}
SQL = pathlib.Path(__file__).with_suffix(".sql")


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def literal(value):
    return "NULL" if value is None else quoted(value) if isinstance(value, str) else str(value)


def label_macros(enabled_keys):
    """Maps of the allowed keys as lists, a place for each key; none is allowed if none is enabled."""
    keys = sorted({*enabled_keys, "vm_kubevirt_io_name"}, key=str.encode) if enabled_keys else []
    if not keys:
        yield "CREATE MACRO kept_values(text) AS CASE WHEN text IS NOT NULL THEN []::VARCHAR[] END"
        yield "CREATE MACRO merged(a, b, c, d) AS []::VARCHAR[]"
        yield "CREATE MACRO label_json(kept) AS CASE WHEN kept IS NOT NULL THEN '{}' END"
        return
    paths = ", ".join(quoted(f"$.{json.dumps(key)}") for key in keys)
    values = ", ".join(f"coalesce(d[{i}], c[{i}], b[{i}], a[{i}])" for i in range(1, len(keys) + 1))
    pairs = ", ".join(f"{quoted(json.dumps(key))} || ':' || to_json(kept[{i}])"
                      for i, key in enumerate(keys, 1))
    yield (f"CREATE MACRO kept_values(text) AS CASE WHEN text IS NOT NULL "
           f"THEN json_extract_string(text, [{paths}]) END")
    yield f"CREATE MACRO merged(a, b, c, d) AS [{values}]"
    yield (f"CREATE MACRO label_json(kept) AS CASE WHEN kept IS NOT NULL "
           f"THEN '{{' || concat_ws(',', {pairs}) || '}}' END")


def prepare(connection, options, reference):
    year, month = map(int, options.month.split("-"))
    last = calendar.monthrange(year, month)[1]
    if options.bucket:
        import arrow_s3
        store = arrow_s3.file_system()
    for view, (granularity, report) in VIEWS.items():
        if options.bucket:
            scan = f"{view}_in_bucket"
            connection.register(scan, arrow_s3.data_set(store, options.lake, granularity, options.account, report,
                                                        options.source, options.month))
        else:
            folder = (f"{options.lake}/data/parquet/{granularity}{options.account}/OCP/{report}/"
                      f"source={options.source}/year={year}/month={month:02}")
            files = [str(file) for file in sorted(pathlib.Path(folder).rglob("*.parquet"))]
            scan = f"read_parquet([{', '.join(map(quoted, files))}], hive_partitioning = false)"
        connection.execute(
            f"CREATE TEMP VIEW {view} AS SELECT *, interval_start::DATE AS day FROM {scan} "
            f"WHERE interval_start >= TIMESTAMP '{options.month}-01' "
            f"AND interval_start < TIMESTAMP '{options.month}-{last:02}' + INTERVAL 1 DAY")
    connection.execute("CREATE TEMP TABLE roles(node VARCHAR, resource_id VARCHAR, node_role VARCHAR)")
    connection.execute("CREATE TEMP TABLE cost_categories(pattern VARCHAR, cost_category_id INTEGER)")
    for table, rows in (("roles", reference.get("nodes", [])),
                        ("cost_categories", reference.get("cost_categories", DEFAULT_CATEGORIES))):
        if rows:
            values = ", ".join(f"({', '.join(map(literal, row.values()))})" for row in rows)
            connection.execute(f"INSERT INTO {table} VALUES {values}")
    for macro in label_macros(reference.get("enabled_tag_keys", [])):
        connection.execute(macro)
    for name, value in {"source": options.source, "usage_cost": USAGE_COST,
                        "cluster_id": reference.get("cluster_id", options.source),
                        "cluster_alias": reference.get("cluster_alias"),
                        "report_period_id": reference.get("report_period_id", 0)}.items():
        connection.execute(f"SET VARIABLE {name} = {literal(value)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lake", required=True)
    parser.add_argument("--bucket", action="store_true",
                        help="the lake is a prefix of the bucket, read through Arrow's data sets (arrow_s3.py)")
    parser.add_argument("--account", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--month", required=True)
    parser.add_argument("--reference", required=True, help="YAML in the form of JSON")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--output", help="write the rows to this Parquet file; otherwise only compute")
    options = parser.parse_args()
    reference = json.loads(pathlib.Path(options.reference).read_text())

    start = time.perf_counter()
    parts = {}
    connection = duckdb.connect(config={"threads": options.threads, "preserve_insertion_order": False})
    prepare(connection, options, reference)
    parts["prepare"] = time.perf_counter() - start
    for statement in duckdb.extract_statements(SQL.read_text()):
        before = time.perf_counter()
        connection.execute(statement)
        parts[statement.query.split(" AS")[0].split()[-1]] = time.perf_counter() - before
    before = time.perf_counter()
    if options.output:
        connection.execute(f"COPY (FROM summary) TO {quoted(options.output)} "
                           "(FORMAT parquet, COMPRESSION snappy)")
        parts["write"] = time.perf_counter() - before
    else:
        # All columns are evaluated and none is kept.
        columns = connection.execute("DESCRIBE SELECT * FROM summary").fetchall()
        used = ", ".join(f"{'sum' if kind == 'DOUBLE' else 'count'}({name})" for name, kind, *_ in columns)
        connection.execute(f"SELECT {used} FROM summary").fetchall()
        parts["result"] = time.perf_counter() - before
    seconds = time.perf_counter() - start
    rows = {kind: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for kind, table in (("pod", "pod_result"), ("storage", "storage_rows"),
                                ("unallocated", "unallocated_rows"))}
    print(json.dumps({"seconds": round(seconds, 4), "rows": rows,
                      "parts": {name: round(part, 4) for name, part in parts.items()}}))


if __name__ == "__main__":
    main()
