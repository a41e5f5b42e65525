#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures whole runs of matome beside its rivals on this machine, and prints the ratios as Markdown.

What is measured, and how, is told in README.md. Nothing is timed before all rows of matome and of
DuckDB were found equal.
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
import statistics
import sys

from process import MIB, Failed, environment, must_run, run, spread, table, warm

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
ACCOUNT = "org1234567"
SOURCE = "6f0d5a52-6b1c-4b52-9c0e-3f4f0d6c2a11"
MONTH = "2026-10"
KEYS = "app,env,pod_template_hash,team,tier,version"
SUMMARY_TABLE = "reporting_ocpusagelineitem_daily_summary"
PARTS = ("ratios", "memory", "interrupt", "generate", "instructions")
DEFAULT_PARTS = PARTS[:-1]

# Flags of `matome generate`; the names are the hourly pod rows, about.
LAKES = {
    "1M": {"nodes": 50, "pods-per-node": 27, "days": 31},
    "10M": {"nodes": 440, "pods-per-node": 31, "days": 31},
    "100M": {"nodes": 4400, "pods-per-node": 31, "days": 31},
    # Three days, each with ten times the rows of a day of 10M.
    "wide": {"nodes": 4400, "pods-per-node": 31, "days": 3},
}

# Contenders: name in the report.
CONTENDERS = {
    "dry": "matome --dry-run",
    "bare": "bare decode",
    "duckdb": "DuckDB, computing",
    "write": "matome to Parquet",
    "duckdb_write": "DuckDB to Parquet",
}

# What is compared, of what, and the most that the ratio may be by size. "own" is the rival's own
# clock, which leaves out the start of Python; matome's is always the whole process.
RATIOS = [
    ("`--dry-run` / bare decode", "dry", "bare", "wall", {"1M": 0.8, "10M": 1.2}),
    ("the same, processor time", "dry", "bare", "cpu", {}),
    ("`--dry-run` / DuckDB computing", "dry", "duckdb", "own", {"1M": 1 / 10, "10M": 1 / 8}),
    ("the same, processor time", "dry", "duckdb", "cpu", {}),
    ("to Parquet / DuckDB to Parquet", "write", "duckdb_write", "own", {"1M": 0.4, "10M": 0.4}),
    ("the same, processor time", "write", "duckdb_write", "cpu", {}),
    ("`--dry-run` / bare decode, peak memory", "dry", "bare", "peak", {"1M": 1.3, "10M": 1.3}),
    ("`--dry-run` / DuckDB computing, peak memory", "dry", "duckdb", "peak", {}),
]


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = pathlib.Path(options.build).resolve()
        self.folder = pathlib.Path(options.data).resolve()
        self.out = self.folder / "out"
        self.out.mkdir(parents=True, exist_ok=True)
        self.log = self.out / "stderr.log"
        self.log.write_text("")
        self.matome = self.build / "matome"
        self.samples = []  # (size, contender, measure, value), for the CSV.
        self.missed = []

    def python(self):
        """The Python that has DuckDB, and its environment."""
        if not hasattr(self, "_python"):
            told = must_run([ROOT / "tools/python_with.sh", "bench", "-c",
                             "import os, sys; print(sys.executable); print(os.environ['PYTHONPATH'])"],
                            log=self.log).stdout.split("\n")
            self._python = told[0], environment() | {"PYTHONPATH": told[1], "PYTHONDONTWRITEBYTECODE": "1"}
        return self._python

    def script(self, name, *arguments):
        python, env = self.python()
        return [python, HERE / name, *arguments], env

    def lake(self, size):
        """The generated month and its reference file, made when they are not there."""
        lake, reference = self.folder / size, self.folder / f"{size}.reference.yaml"
        flags = {**LAKES[size], "label-keys": 6, "month": MONTH, "seed": 1, "source": SOURCE}
        stamp = self.folder / f"{size}.json"
        if not stamp.exists() or json.loads(stamp.read_text()).get("flags") != flags:
            self.say(f"generating {size}")
            shutil.rmtree(lake, ignore_errors=True)
            made = must_run([self.matome, "generate", "--output", lake, "--json", "--quiet",
                             *(word for name, value in flags.items() for word in (f"--{name}", value))],
                            log=self.log)
            command, env = self.script("reference.py", lake, ACCOUNT, SOURCE, MONTH, KEYS, reference)
            must_run(command, env=env, log=self.log)
            stamp.write_text(json.dumps({"flags": flags, "made": json.loads(made.stdout)}, indent=1))
            os.sync()
        warm(lake)
        return lake, reference, json.loads(stamp.read_text())["made"]

    def summarize(self, lake, reference, *more, output="nowhere", threads=None):
        return [self.matome, "summarize", lake, "--reference", reference, "--source", SOURCE,
                "--output", self.out / output, "--threads", threads or self.options.threads,
                "--json", "--quiet", *more]

    def commands(self, lake, reference):
        threads = self.options.threads
        common = ("--lake", lake, "--account", ACCOUNT, "--source", SOURCE, "--month", MONTH,
                  "--reference", reference, "--threads", threads)
        return {
            "dry": (self.summarize(lake, reference, "--month", MONTH, "--dry-run"), None),
            "bare": ([self.build / "bare_decode", lake, ACCOUNT, SOURCE, MONTH, threads], None),
            "duckdb": self.script("duckdb_summary.py", *common),
            "write": (self.summarize(lake, reference, "--month", MONTH, output="matome"), None),
            "duckdb_write": self.script("duckdb_summary.py", *common,
                                        "--output", self.out / "duckdb.parquet"),
        }

    def once(self, commands, name):
        """One run of a contender, from a state without its output."""
        shutil.rmtree(self.out / "matome", ignore_errors=True)
        (self.out / "duckdb.parquet").unlink(missing_ok=True)
        if "write" in name:
            os.sync()  # So that nobody pays for another's pages.
        command, env = commands[name]
        return must_run(command, env=env, log=self.log)

    def check_answers(self, size, commands):
        """All rows of both must be equal; returns the rows read and those made."""
        self.say(f"{size}: comparing the rows of matome and DuckDB")
        written = json.loads(self.once(commands, "write").stdout)["totals"]
        matome = self.out / "checked"
        shutil.rmtree(matome, ignore_errors=True)
        shutil.move(self.out / "matome", matome)
        self.once(commands, "duckdb_write")
        command, env = self.script("compare.py", matome / SUMMARY_TABLE, self.out / "duckdb.parquet")
        kinds = must_run(command, env=env, log=self.log).stdout.strip()
        shutil.rmtree(matome)
        decoded = json.loads(self.once(commands, "bare").stdout)["rows"]
        dry = json.loads(self.once(commands, "dry").stdout)["totals"]
        if not written["rows_read"] == dry["rows_read"] == decoded:
            raise Failed(f"rows read: {written['rows_read']} and {dry['rows_read']} by matome, {decoded} decoded")
        if written["rows_written"] != dry["rows_written"]:
            raise Failed("the dry run makes other rows than the run")
        return written["rows_read"], kinds

    def ratios(self, size):
        lake, reference, made = self.lake(size)
        commands = self.commands(lake, reference)
        rows_read, kinds = self.check_answers(size, commands)
        values = {name: {"wall": [], "cpu": [], "peak": [], "own": []} for name in commands}
        order = random.Random(size)
        for number in range(self.options.rounds):
            self.say(f"{size}: round {number + 1} of {self.options.rounds}, load {os.getloadavg()[0]:.1f}")
            for name in order.sample(list(commands), len(commands)):
                result = self.once(commands, name)
                told = json.loads(result.stdout)
                values[name]["wall"].append(result.wall)
                values[name]["cpu"].append(result.cpu)
                values[name]["peak"].append(result.peak_bytes)
                values[name]["own"].append(told["seconds"] if "seconds" in told else result.wall)
        self.samples += [(size, name, measure, value) for name, measures in values.items()
                         for measure, samples in measures.items() for value in samples]
        self.print_ratios(size, made, rows_read, kinds, values)

    def print_ratios(self, size, made, rows_read, kinds, values):
        print(f"\n### {size}: {made['pod_hourly_rows']:,} hourly pod rows, {rows_read:,} rows read, "
              f"{made['bytes'] / MIB:.0f} MiB\n\nRows made, equal in matome and DuckDB: {kinds}\n")
        rows = []
        for name, measures in values.items():
            rows.append([CONTENDERS[name], spread(measures["wall"]),
                         spread(measures["own"]) if "duckdb" in name else "",
                         spread(measures["cpu"]), f"{statistics.median(measures['peak']) / MIB:.0f}"])
        print(table(["what", "wall, s", "own clock, s", "processor, s", "peak MiB"], rows))
        rows = []
        for what, ours, theirs, measure, targets in RATIOS:
            mine = statistics.median(values[ours]["wall" if measure == "own" else measure])
            other = statistics.median(values[theirs][measure])
            rows.append([what, f"{mine / other:.2f}", f"{other / mine:.1f}×",
                         *self.verdict(f"{size}: {what}", mine / other, targets.get(size))])
        print("\n" + table(["ratio of medians", "ours / theirs", "theirs / ours", "must reach", "reached"],
                           rows), flush=True)

    def verdict(self, what, value, most):
        if most is None:
            return "", ""
        if value > most:
            self.missed.append(what)
        return (f"<= {most:g}" if most >= 0.2 else f">= {1 / most:g}×"), "yes" if value <= most else "**no**"

    def peak(self, lake, reference, first, last):
        """Median peak memory of five dry runs over these days, and the most rows that a day has."""
        peaks = []
        for _ in range(5):
            result = must_run(self.summarize(lake, reference, "--start", f"{MONTH}-{first:02}", "--end",
                                             f"{MONTH}-{last:02}", "--dry-run"), log=self.log)
            peaks.append(result.peak_bytes)
        days = json.loads(result.stdout)["sources"][0]["days"]
        return statistics.median(peaks), max(sum(day["rows"].values()) for day in days)

    def memory(self):
        print("\n### Memory of `--dry-run`\n")
        lake, reference, _ = self.lake("10M")
        few, groups = self.peak(lake, reference, 1, 3)
        many, _ = self.peak(lake, reference, 1, 30)
        lake, reference, _ = self.lake("wide")
        wide, wide_groups = self.peak(lake, reference, 1, 3)
        rows = [["10M, 3 days", f"{groups:,}", f"{few / MIB:.0f}", "", "", ""],
                ["10M, 30 days", f"{groups:,}", f"{many / MIB:.0f}", f"{many / few:.2f}",
                 *self.verdict("memory: ten times the days", many / few, 1.2)],
                ["3 days of ten times the rows", f"{wide_groups:,}", f"{wide / MIB:.0f}",
                 f"{wide / few:.2f}", "linear in the groups of the days in flight", ""]]
        print(table(["what", "rows out of the largest day", "peak MiB", "ratio to the first", "must reach",
                     "reached"], rows))
        per_group = (wide - few) / (wide_groups - groups) / self.options.threads
        print(f"\nThat is {per_group:.0f} bytes for each further row of a day in flight.", flush=True)
        self.samples += [("10M", "3 days", "peak", few), ("10M", "30 days", "peak", many),
                         ("wide", "3 days", "peak", wide)]

    def interrupt(self):
        print("\n### From SIGTERM to the end of the process, on 10M\n")
        lake, reference, _ = self.lake("10M")
        commands = self.commands(lake, reference)
        rows = []
        for name in ("dry", "write"):
            whole = statistics.median(self.once(commands, name).wall for _ in range(3))
            delays, moments = [], random.Random(name)
            tries = 0
            while len(delays) < self.options.interrupts:
                tries += 1
                if tries > 5 * self.options.interrupts:
                    raise Failed("the run ends before it can be interrupted")
                shutil.rmtree(self.out / "matome", ignore_errors=True)
                stopped = run(commands[name][0], log=self.log,
                              stop_after=whole * moments.uniform(0.05, 0.9))
                if stopped.status == 143:
                    delays.append(1000 * stopped.wall)
                elif stopped.status != 0:
                    raise Failed(f"SIGTERM ended the run with {stopped.status}")
            self.samples += [("10M", f"interrupted {name}", "ms", delay) for delay in delays]
            rows.append([CONTENDERS[name], len(delays), spread(delays, 1),
                         *self.verdict(f"interrupt: {name}", max(delays) / 1000, 1.0)])
        print(table(["what", "times", "ms", "seconds at most", "reached"], rows), flush=True)

    def generate(self):
        print("\n### `matome generate` on one thread\n")
        speeds, lake = [], self.out / "generated"
        for _ in range(self.options.rounds):
            shutil.rmtree(lake, ignore_errors=True)
            flags = LAKES["1M"].items()
            result = must_run([self.matome, "generate", "--output", lake, "--json", "--quiet", "--threads",
                               1, "--month", MONTH, *(word for name, value in flags
                                                      for word in (f"--{name}", value))], log=self.log)
            made = json.loads(result.stdout)
            rows, pod_rows = made["hourly_rows"] / 1e6, made["pod_hourly_rows"] / 1e6
            speeds.append((rows / result.wall, rows / result.cpu, pod_rows / result.cpu))
        shutil.rmtree(lake)
        wall, cpu, pods = ([speed[i] for speed in speeds] for i in range(3))
        self.samples += [("1M", "generate", "rows/s", 1e6 * value) for value in wall]
        print(table(["what", "million hourly rows/s", "must reach", "reached"],
                    [["whole process, wall", spread(wall, 2), ">= 1",
                      self.verdict("generate", 1 / statistics.median(wall), 1)[1]],
                     ["per second of processor", spread(cpu, 2), "", ""],
                     ["the same, of pods alone", spread(pods, 2), "", ""]]), flush=True)

    def instructions(self):
        print("\n### Instructions on one thread, by callgrind\n")
        rows = []
        for size in self.options.sizes.split(","):
            lake, reference, _ = self.lake(size)
            counts = []
            for command in (self.summarize(lake, reference, "--month", MONTH, "--dry-run", threads=1),
                            [self.build / "bare_decode", lake, ACCOUNT, SOURCE, MONTH, 1]):
                profile = self.out / "callgrind.out"
                must_run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", *command],
                         log=self.log)
                counts.append(next(int(line.split()[1]) for line in profile.read_text().splitlines()
                                   if line.startswith(("summary:", "totals:"))))
            self.samples += [(size, name, "instructions", count) for name, count in zip(("dry", "bare"), counts)]
            rows.append([size, *(f"{count / 1e6:,.0f}" for count in counts), f"{counts[0] / counts[1]:.2f}"])
        print(table(["lake", "`--dry-run`, millions", "bare decode, millions", "ratio"], rows), flush=True)

    def say(self, text):
        print(f"bench: {text}", file=sys.stderr, flush=True)

    def run(self):
        load = os.getloadavg()[0]
        version = must_run([self.matome, "--version"]).stdout.split("\n")[0]
        print(f"## Whole runs, {datetime.date.today()}\n\n{version}, DuckDB beside it on {os.cpu_count()} "
              f"processors ({processor()}), {self.options.threads} threads each, {self.options.rounds} "
              "rounds interleaved, files in the page cache; medians (least–most).")
        if load > 0.5:
            print(f"\n**The machine was not quiet**: load {load:.1f} at the start. Wall times say little; "
                  "look at processor times.")
        sys.stdout.flush()
        parts = self.options.parts.split(",")
        if "ratios" in parts:
            for size in self.options.sizes.split(","):
                self.ratios(size)
        for part in PARTS[1:]:
            if part in parts:
                getattr(self, part)()
        with open(self.out / "samples.csv", "w", newline="") as file:
            csv.writer(file).writerows([("lake", "what", "measure", "value"), *self.samples])
        print("\n" + ("Not reached: " + "; ".join(self.missed) if self.missed else "All targets reached."))


def processor():
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", nargs="?", default=ROOT / "build/release", help="with matome and bare_decode")
    parser.add_argument("--data", default=ROOT / "build/bench", help="where lakes and results go")
    parser.add_argument("--sizes", default="1M,10M", help=f"of {', '.join(LAKES)}")
    parser.add_argument("--parts", default=",".join(DEFAULT_PARTS),
                        help=f"of {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--interrupts", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if wrong := ({*options.sizes.split(",")} - {*LAKES}) | ({*options.parts.split(",")} - {*PARTS}):
        parser.error(f"unknown: {', '.join(sorted(wrong))}")
    try:
        Bench(options).run()
    except Failed as problem:
        sys.exit(f"bench: {problem}")


if __name__ == "__main__":
    main()
