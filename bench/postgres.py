#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures whole runs of matome into PostgreSQL beside a bare COPY of the same rows, as Markdown.

The floor is binary COPY by one psql of rows prepared beforehand into the same table: partitioned, with
all its indexes. Before every run the partition is emptied and a checkpoint made, so nobody pays for
another's pages. What is written is compared with the run to Parquet before a clock counts.
"""
import argparse
import json
import os
import pathlib
import statistics
import sys

from postgres_server import PostgresServer
from process import MIB, Failed, must_run, spread, table, warm
from run import ACCOUNT, KEYS, LAKES, MONTH, ROOT, SOURCE, Bench, processor

SCHEMA = ACCOUNT
TABLE = f"{SCHEMA}.reporting_ocpusagelineitem_daily_summary"
PARTITION = f"{TABLE}_{MONTH.replace('-', '_')}"
# What the summary fills; the rest stays NULL.
COLUMNS = """uuid report_period_id cluster_id cluster_alias data_source usage_start usage_end namespace node
 resource_id pod_labels pod_usage_cpu_core_hours pod_request_cpu_core_hours
 pod_effective_usage_cpu_core_hours pod_limit_cpu_core_hours pod_usage_memory_gigabyte_hours
 pod_request_memory_gigabyte_hours pod_effective_usage_memory_gigabyte_hours
 pod_limit_memory_gigabyte_hours node_capacity_cpu_cores node_capacity_cpu_core_hours
 node_capacity_memory_gigabytes node_capacity_memory_gigabyte_hours cluster_capacity_cpu_core_hours
 cluster_capacity_memory_gigabyte_hours persistentvolumeclaim persistentvolume storageclass volume_labels
 persistentvolumeclaim_capacity_gigabyte persistentvolumeclaim_capacity_gigabyte_months
 volume_request_storage_gigabyte_months persistentvolumeclaim_usage_gigabyte_months all_labels source_uuid
 infrastructure_usage_cost cost_category_id""".split()


class PostgresBench(Bench):
    def start(self):
        self.server = PostgresServer(self.log)
        schema = (ROOT / "tests/postgres/schema.sql").read_text().replace("org1234567", SCHEMA)
        script = self.out / "schema.sql"
        script.write_text(schema)
        self.server.psql(file=script)
        keys = ", ".join(f"(gen_random_uuid(), '{key}', true, 'OCP')" for key in KEYS.split(","))
        self.server.psql(
            f"INSERT INTO {SCHEMA}.reporting_tenant_api_provider (uuid, name, type) "
            f"VALUES ('{SOURCE}', 'bench', 'OCP')",
            f"INSERT INTO {SCHEMA}.reporting_enabledtagkeys (uuid, key, enabled, provider_type) VALUES {keys}")

    def database(self, lake, *more, threads=None):
        return [self.matome, "summarize", lake, "--source", SOURCE, "--schema", SCHEMA, "--month", MONTH,
                "--output", self.server.url, "--threads", threads or self.options.threads, "--json", "--quiet",
                *more]

    def empty(self):
        self.server.psql(f"TRUNCATE {PARTITION}", "DELETE FROM matome.day")
        self.indexes()
        self.server.psql("CHECKPOINT")
        os.sync()

    def indexes(self):
        """The partition must have every index of the table, else a run is cheaper than it looks."""
        count = int(self.server.psql(f"SELECT count(*) FROM pg_index WHERE indrelid = '{PARTITION}'::regclass"))
        wanted = int(self.server.psql(f"SELECT count(*) FROM pg_index WHERE indrelid = '{TABLE}'::regclass"))
        if count != wanted or wanted < 12:
            raise Failed(f"the partition has {count} indexes, the table {wanted}")

    def rows(self):
        return int(self.server.psql(f"SELECT count(*) FROM {TABLE}"))

    def size(self, size):
        lake, reference, _ = self.lake(size)
        lake_files = pathlib.Path(lake)
        to_parquet = self.summarize(lake, reference, "--month", MONTH, output="postgres-rival")
        first = must_run(self.database(lake, "--create-partitions", "--create-report-period",
                                       "--fill-reference-tables", "--cluster-id", "bench-cluster",
                                       "--writers", 1), log=self.log)
        made = json.loads(first.stdout)["totals"]["rows_written"]
        in_parquet = json.loads(must_run([*to_parquet, "--force"], log=self.log).stdout)["totals"]["rows_written"]
        if self.rows() != made or made != in_parquet:
            raise Failed(f"{self.rows()} rows in the table, {made} written, {in_parquet} to Parquet")
        prepared = self.server.folder / "rows.bin"
        columns = ", ".join(COLUMNS)
        self.server.psql(f"COPY (SELECT {columns} FROM {TABLE}) TO '{prepared}' (FORMAT binary)")
        copy = self.server.copy_command(f"\\copy {TABLE} ({columns}) FROM '{prepared}' WITH (FORMAT binary)")
        self.say(f"{size}: {self.rows()} rows, {prepared.stat().st_size // MIB} MiB of binary COPY")
        warm(lake_files)

        runs = {name: [] for name in ("copy", "one", "two", "parquet")}
        phases = {"one": [], "two": []}
        for turn in range(self.options.rounds):
            self.say(f"{size}: round {turn + 1} of {self.options.rounds}")
            for name, command in (("copy", copy), ("one", self.database(lake, "--writers", 1)),
                                  ("two", self.database(lake, "--writers", 2)),
                                  ("parquet", [*to_parquet, "--force"])):
                self.empty()
                result = must_run(command, log=self.log)
                runs[name].append(result)
                if name in phases:
                    phases[name].append(json.loads(result.stdout)["sources"][0]["commit_wall_seconds"])
        must_run(self.database(lake), log=self.log)
        self.server.psql("VACUUM ANALYZE " + TABLE)  # As a live database does by itself.
        unchanged = [must_run(self.database(lake), log=self.log).wall for _ in range(5)]
        one_day = []
        for _ in range(3):
            changed = next(file for file in sorted(lake_files.rglob("*.parquet"))
                           if "/daily/" in str(file) and "pod_usage" in str(file))
            os.utime(changed)
            one_day.append(must_run(self.database(lake), log=self.log))
        self.tell(size, runs, phases, unchanged, one_day)

    def tell(self, size, runs, phases, unchanged, one_day):
        wall = {name: [run.wall for run in several] for name, several in runs.items()}
        peak = {name: statistics.median(run.peak_bytes for run in several) / MIB
                for name, several in runs.items()}
        names = {"copy": "binary COPY of prepared rows, one session", "one": "matome --writers 1",
                 "two": "matome --writers 2", "parquet": "matome to Parquet"}
        print(f"\n### {size}: {self.rows():,} rows\n")
        print(table(["what", "wall, s", "commits, s", "peak MiB"],
                    [[names[name], spread(wall[name], 2), spread(phases[name], 2) if name in phases else "",
                      f"{peak[name]:.0f}"] for name in names]))
        median = {name: statistics.median(values) for name, values in wall.items()}
        commits = {name: statistics.median(values) for name, values in phases.items()}
        full = median["two"]
        lines = [("commits of one session / binary COPY", commits["one"] / median["copy"], 1.05),
                 ("commits of two sessions / of one", commits["two"] / commits["one"], 0.8),
                 ("whole run / its commits, one session", median["one"] / commits["one"], 1.1),
                 ("whole run / its commits, two sessions", median["two"] / commits["two"], 1.1),
                 ("unchanged month / full run", statistics.median(unchanged) / full, 0.02),
                 ("one changed day / full run", statistics.median(run.wall for run in one_day) / full, 1 / 15),
                 ("peak memory, MiB more than to Parquet", peak["two"] - peak["parquet"], 32)]
        print("\n" + table(["ratio of medians", "is", "must be at most", "reached"],
                           [[what, f"{value:.3f}", f"{most:.3f}", self.verdict(f"{size}: {what}", value, most)[1]]
                            for what, value, most in lines]), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", nargs="?", default=ROOT / "build/release")
    parser.add_argument("--data", default=ROOT / "build/bench")
    parser.add_argument("--sizes", default="1M,10M", help=f"of {', '.join(LAKES)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    bench = PostgresBench(options)
    bench.start()
    try:
        version = bench.server.psql("SHOW server_version").strip()
        print(f"## Into PostgreSQL {version}\n\n{os.cpu_count()} processors ({processor()}), shared with the "
              f"server; {options.threads} threads, {options.rounds} rounds interleaved; medians (least–most).")
        if os.getloadavg()[0] > 0.5:
            print(f"\n**The machine was not quiet**: load {os.getloadavg()[0]:.1f} at the start.")
        for size in options.sizes.split(","):
            bench.size(size)
        print("\n" + ("Not reached: " + "; ".join(bench.missed) if bench.missed else "All targets reached."))
    finally:
        bench.server.stop()


if __name__ == "__main__":
    try:
        main()
    except Failed as error:
        sys.exit(f"bench: {error}")
