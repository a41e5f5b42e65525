#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures whole runs of matome from a bucket to Parquet beside its rivals, and prints the ratios as Markdown.

The floor is the slower of two: the same run from a local directory, and a program that only fetches the
same ranges of the same objects with as many requests in flight. The server runs on the same machine.
Nothing is timed before the bytes that a run from the bucket writes were found to be those of a local run.
"""
import argparse
import filecmp
import json
import os
import random
import shutil
import statistics
import sys

from minio_server import BUCKET, MinioServer
from process import MIB, Failed, environment, must_run, spread, table
from run import ACCOUNT, LAKES, MONTH, ROOT, SOURCE, SUMMARY_TABLE, Bench, processor

CONTENDERS = {
    "s3": "matome from S3 to Parquet",
    "local": "matome from a directory to Parquet",
    "get": "the same GETs and nothing else",
    "arrow": "pyarrow: list, read, decode",
    "duckdb": "DuckDB over Arrow's data sets, computing",
}
READ_AHEAD_MIB = 64
# Three sources, as the files an hour of one are too few.
SMALL = {"nodes": 440, "pods-per-node": 31, "days": 31, "clusters": 3, "label-keys": 6, "month": MONTH, "seed": 1}


class S3Bench(Bench):
    def start(self):
        self.server = MinioServer(self.log)
        self.env = environment() | self.server.variables()

    def script(self, name, *arguments):
        """With pyarrow."""
        if not hasattr(self, "_python_s3"):
            told = must_run([ROOT / "tools/python_with.sh", "bench-s3", "-c",
                             "import os, sys; print(sys.executable); print(os.environ['PYTHONPATH'])"],
                            log=self.log).stdout.split("\n")
            self._python_s3 = told[0], self.env | {"PYTHONPATH": told[1], "PYTHONDONTWRITEBYTECODE": "1"}
        python, env = self._python_s3
        return [python, ROOT / "bench" / name, *arguments], env

    def put(self, lake, prefix):
        self.say(f"copying {lake} into the bucket")
        command, env = self.script("arrow_s3.py", "put", lake, prefix)
        must_run(command, env=env, log=self.log)

    def tree(self, output):
        folder = self.out / output / SUMMARY_TABLE
        return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*.parquet"))}

    def check(self, runs):
        """The bytes that runs into directories of these names write must be the same."""
        for name, (command, env) in runs.items():
            shutil.rmtree(self.out / name, ignore_errors=True)
            must_run(command, env=env, log=self.log)
        first, second = (self.tree(name) for name in runs)
        if not first or first.keys() != second.keys() or not all(
                filecmp.cmp(first[name], second[name], shallow=False) for name in first):
            raise Failed("the run from the bucket does not write what the local one does")

    def size(self, size):
        lake, reference, made = self.lake(size)
        self.put(lake, size)
        threads = self.options.threads
        from_s3 = self.summarize(f"s3://{BUCKET}/{size}", reference, "--month", MONTH, "--force", output="s3")
        gets = self.out / f"{size}.gets"
        must_run([self.build / "record_gets", self.server.port, gets, *from_s3], env=self.env, log=self.log)
        commands = {
            "s3": (from_s3, self.env),
            "local": (self.summarize(lake, reference, "--month", MONTH, "--force", output="local"), None),
            "get": ([self.build / "bare_get", self.server.url, gets, self.options.requests], self.env),
            "arrow": self.script("arrow_s3.py", "read", size, ACCOUNT, SOURCE, MONTH, threads),
            "duckdb": self.script("duckdb_summary.py", "--bucket", "--lake", size, "--account", ACCOUNT, "--source",
                                  SOURCE, "--month", MONTH, "--reference", reference, "--threads", threads),
        }
        self.check({name: commands[name] for name in ("local", "s3")})
        results = self.rounds(size, commands)
        self.tell(size, made, results)

    def rounds(self, what, commands):
        results = {name: [] for name in commands}
        order = random.Random(what)
        for number in range(self.options.rounds):
            self.say(f"{what}: round {number + 1} of {self.options.rounds}, load {os.getloadavg()[0]:.1f}")
            for name in order.sample(list(commands), len(commands)):
                os.sync()  # So that nobody pays for another's pages.
                command, env = commands[name]
                before = self.server.cpu()
                results[name].append(must_run(command, env=env, log=self.log))
                results[name][-1].server_cpu = self.server.cpu() - before
        return results

    def tell(self, size, made, results):
        own = {name: [json.loads(run.stdout).get("seconds", run.wall) for run in runs]
               for name, runs in results.items()}
        own["local"], own["s3"] = ([run.wall for run in results[name]] for name in ("local", "s3"))
        wall = {name: [run.wall for run in runs] for name, runs in results.items()}
        peak = {name: statistics.median(run.peak_bytes for run in runs) / MIB for name, runs in results.items()}
        self.samples += [(size, name, "wall", value) for name, values in wall.items() for value in values]
        fetched = json.loads(results["s3"][0].stdout)["sources"][0]["input_traffic"]
        got = json.loads(results["get"][0].stdout)
        print(f"\n### {size}: {made['pod_hourly_rows']:,} hourly pod rows, {made['bytes'] / MIB:.0f} MiB in the bucket\n")
        print(table(["what", "wall, s", "own clock, s", "processor, s", "the server's, s", "peak MiB"],
                    [[CONTENDERS[name], spread(wall[name]), "" if name in ("s3", "local") else spread(own[name]),
                      spread([run.cpu for run in runs]), spread([run.server_cpu for run in runs], 2),
                      f"{peak[name]:.0f}"] for name, runs in results.items()]))
        requests = ", ".join(f"{count} {kind}" for kind, count in fetched["requests"].items() if count)
        print(f"\nRequests: {requests}; {fetched['bytes_fetched'] / MIB:.1f} MiB fetched for "
              f"{fetched['bytes_wanted'] / MIB:.1f} MiB of columns, at most "
              f"{fetched['read_ahead_peak_bytes'] / MIB:.1f} MiB ahead; the workers waited "
              f"{fetched['worker_wait_seconds']:.3f} s. The bare program: {got['requests']} GETs, "
              f"{got['bytes'] / MIB:.1f} MiB.\n")
        mine = statistics.median(wall["s3"])
        floors = {name: statistics.median(own[name]) for name in ("local", "get")}
        floor = max(floors, key=floors.get)
        lines = [(f"from S3 / {CONTENDERS[floor]}, the larger", mine / floors[floor], 1.25),
                 ("from S3 / DuckDB", mine / statistics.median(own["duckdb"]), 1 / 3),
                 ("from S3 / pyarrow's decoding", mine / statistics.median(own["arrow"]), None),
                 ("peak memory, MiB more than from a directory", peak["s3"] - peak["local"], READ_AHEAD_MIB)]
        self.tell_ratios(size, lines)

    def tell_ratios(self, size, lines):
        rows = []
        for what, value, most in lines:
            if most is not None and value > most:
                self.missed.append(f"{size}: {what}")
            rows.append([what, f"{value:.2f}", "" if most is None else f"<= {most:.2f}",
                         "" if most is None else "yes" if value <= most else "**no**"])
        print(table(["ratio of medians", "is", "must be", "reached"], rows), flush=True)

    def small(self):
        """The same rows in a file an hour and in a file a day."""
        commands = {}
        made = {}
        for name, files in (("day", 1), ("hour", 24)):
            lake = self.folder / f"small-{name}"
            if not lake.exists():
                self.say(f"generating {lake}")
                must_run([self.matome, "generate", "--output", lake, "--quiet", "--files-per-day", files,
                          *(word for flag, value in SMALL.items() for word in (f"--{flag}", value))], log=self.log)
            made[name] = sum(1 for _ in lake.rglob("*.parquet"))
            self.put(lake, f"small-{name}")
            commands[name] = ([self.matome, "summarize", f"s3://{BUCKET}/small-{name}", "--all-sources", "--month",
                               MONTH, "--output", self.out / f"small-{name}", "--threads", self.options.threads,
                               "--force", "--json", "--quiet"], self.env)
            commands[f"{name}, local"] = (
                [lake if str(word).startswith("s3://") else word for word in commands[name][0]], None)
            gets = self.out / f"small-{name}.gets"
            must_run([self.build / "record_gets", self.server.port, gets, *commands[name][0]], env=self.env,
                     log=self.log)
            commands[f"{name}, the GETs alone"] = (
                [self.build / "bare_get", self.server.url, gets, self.options.requests], self.env)
        results = self.rounds("small", commands)
        print("\n### Small objects: the same rows, a file a day and a file an hour\n")
        rows, per_row = [], {}
        for name, runs in results.items():
            layout = name.split(",")[0]
            told = json.loads(runs[0].stdout)
            if "requests" in told:
                requests = told["requests"]
            else:
                count = told["totals"]["rows_read"]
                requests = sum(sum(source.get("input_traffic", {"requests": {}})["requests"].values())
                               for source in told["sources"])
            per_row[name] = statistics.median(run.wall for run in runs) / count * 1e9
            rows.append([f"a file a {name}", f"{made[layout]:,}", f"{count:,}", f"{requests:,}",
                         spread([run.wall for run in runs]), spread([run.cpu for run in runs]),
                         spread([run.server_cpu for run in runs], 2), f"{per_row[name]:.0f}",
                         f"{statistics.median(run.peak_bytes for run in runs) / MIB:.0f}"])
        print(table(["layout", "objects in the bucket", "rows read", "requests", "wall, s", "processor, s",
                     "the server's, s", "ns a row", "peak MiB"], rows) + "\n")
        self.tell_ratios("small", [("time a row, a file an hour / a file a day",
                                    per_row["hour"] / per_row["day"], 2.0),
                                   ("the same from a directory",
                                    per_row["hour, local"] / per_row["day, local"], None)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", nargs="?", default=ROOT / "build/release")
    parser.add_argument("--data", default=ROOT / "build/bench")
    parser.add_argument("--sizes", default="1M,10M", help=f"of {', '.join(LAKES)}; and small")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--requests", type=int, default=16, help="in flight, of the bare program")
    options = parser.parse_args()
    sizes = options.sizes.split(",")
    bench = S3Bench(options)
    bench.start()
    try:
        print(f"## From S3 (MinIO)\n\n{os.cpu_count()} processors ({processor()}), shared with the server, whose "
              f"objects are in memory; {options.threads} threads, {options.rounds} rounds interleaved; medians "
              "(least–most).")
        if os.getloadavg()[0] > 0.5:
            print(f"\n**The machine was not quiet**: load {os.getloadavg()[0]:.1f} at the start.")
        for size in sizes:
            if size == "small":
                bench.small()
            else:
                bench.size(size)
        print("\n" + ("Not reached: " + "; ".join(bench.missed) if bench.missed else "All targets reached."))
    finally:
        bench.server.stop()


if __name__ == "__main__":
    try:
        main()
    except Failed as error:
        sys.exit(f"bench: {error}")
