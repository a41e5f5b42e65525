#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills `matome summarize` and `matome forget` at chosen moments, and looks at what they leave.

usage: kill_test.py MATOME KILL_AT_CALL_LIBRARY

A moment is a number of calls that change the file system: the library, preloaded, sends SIGKILL at that
call. Each round runs with other options than those that made the output, so that old and new
days differ. MATOME_KILL_ROUNDS (default 100) and MATOME_KILL_SEED choose how many, and which.
"""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile

MONTH = "2025-10"
TABLE = "reporting_ocpusagelineitem_daily_summary"
SOURCE = "3f0c7c1e-5d0e-4d5e-9d43-1c7c6a5b8f21"
OPTIONS = (["--cluster-id", "one", "--tag-keys", "app"], ["--cluster-id", "two", "--tag-keys", "environment,app"])
DAY_FILE = re.compile(rf"{TABLE}/source={SOURCE}/year=2025/month=10/day=\d+/part-0\.parquet")
DAY_LEFTOVER = re.compile(rf"{TABLE}/source={SOURCE}/year=2025/month=10/day=\d+/\.part-0\.[^/]+\.tmp")
OWN_FILE = re.compile(rf"_matome/ledger/source={SOURCE}/2025-10\.(json|lock)")
OWN_LEFTOVER = re.compile(rf"_matome/ledger/source={SOURCE}/\.[^/]+\.tmp")


class KillTest:
    def __init__(self, matome, library, folder, seed):
        self.matome = matome
        self.library = library
        self.folder = pathlib.Path(folder)
        self.random = random.Random(seed)
        self.what = "before the first round"
        self.killed = 0

    def run(self, arguments, kill_at=None, count_file=None):
        environment = dict(os.environ)
        if kill_at or count_file:
            environment["LD_PRELOAD"] = self.library
        if kill_at:
            environment["MATOME_KILL_AT_CALL"] = str(kill_at)
        if count_file:
            environment["MATOME_CALL_COUNT_FILE"] = str(count_file)
        done = subprocess.run([self.matome, *arguments], env=environment, cwd=self.folder, text=True,
                              capture_output=True, check=False)
        if done.returncode == -signal.SIGKILL and kill_at:
            self.killed += 1
        elif done.returncode != 0:
            self.fail(f"{' '.join(arguments)} ends with {done.returncode}: {done.stderr}")
        return done

    def summarize(self, output, which, **how):
        return self.run(["summarize", "lake", "--output", output, "--month", MONTH, "--quiet",
                         "--threads", str(self.random.randint(1, 3)), *OPTIONS[which]], **how)

    def forget(self, output, **how):
        return self.run(["forget", "--output", output, "--source", SOURCE, "--month", MONTH, "--quiet"], **how)

    def calls_of(self, step, *arguments):
        """How many moments there are to be killed at."""
        file = self.folder / "calls"
        step(*arguments, count_file=file)
        return int(file.read_text())

    def files(self, output):
        root = self.folder / output
        return {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}

    def days(self, output):
        return {name: path.read_bytes() for name, path in self.files(output).items() if DAY_FILE.fullmatch(name)}

    def fail(self, problem):
        sys.exit(f"{self.what}: {problem}")

    def check_killed(self, output, old, new):
        """Each day is as it was, or as it is to be; and nothing else is to be seen."""
        days = self.days(output)
        for name in old.keys() | new.keys():
            if days.get(name) not in (old.get(name), new.get(name)):
                self.fail(f"{name} is neither the old file nor the new one")
        for name, path in self.files(output).items():
            if not any(rule.fullmatch(name) for rule in (DAY_FILE, DAY_LEFTOVER, OWN_FILE, OWN_LEFTOVER)):
                self.fail(f"{name} should not be there")
            if name.endswith(".json"):
                json.loads(path.read_text())

    def check_done(self, output, new):
        if self.days(output) != new:
            self.fail("the next run did not make it right")
        for name in self.files(output):
            if DAY_LEFTOVER.fullmatch(name) or OWN_LEFTOVER.fullmatch(name):
                self.fail(f"the next run left {name}")

    def moments(self, count, calls):
        """`count` moments; none twice before each had its turn."""
        moments = []
        while len(moments) < count:
            moments += self.random.sample(range(1, calls + 1), calls)
        return moments[:count]

    def test_summarize(self, complete, rounds):
        """From complete output to complete output of the other options."""
        self.summarize("out", 0)
        calls = self.calls_of(self.summarize, "out", 1)
        print(f"summarize: {rounds} rounds over {calls} moments")
        state = 1
        for number, moment in enumerate(self.moments(rounds, calls)):
            self.what = f"summarize, round {number}, killed at call {moment} of {calls}"
            old, new = complete[state], complete[1 - state]
            self.summarize("out", 1 - state, kill_at=moment)
            self.check_killed("out", old, new)
            if self.random.random() < 0.3:
                again = self.random.randint(1, calls)
                self.what += f", then at call {again}"
                self.summarize("out", 1 - state, kill_at=again)
                self.check_killed("out", old, new)
            self.summarize("out", 1 - state)
            self.check_done("out", new)
            state = 1 - state

    def test_first(self, complete, rounds):
        """From nothing."""
        calls = self.calls_of(self.summarize, "first", 0)
        print(f"first summarize: {rounds} rounds over {calls} moments")
        for number, moment in enumerate(self.moments(rounds, calls)):
            self.what = f"first summarize, round {number}, killed at call {moment} of {calls}"
            shutil.rmtree(self.folder / "first")
            self.summarize("first", 0, kill_at=moment)
            self.check_killed("first", {}, complete[0])
            self.summarize("first", 0)
            self.check_done("first", complete[0])

    def test_forget(self, complete, rounds):
        self.summarize("forgotten", 0)
        calls = self.calls_of(self.forget, "forgotten")
        print(f"forget: {rounds} rounds over {calls} moments")
        for number, moment in enumerate(self.moments(rounds, calls)):
            self.what = f"forget, round {number}, killed at call {moment} of {calls}"
            self.summarize("forgotten", 0)
            self.forget("forgotten", kill_at=moment)
            self.check_killed("forgotten", complete[0], {})
            if number % 2 == 0:
                self.summarize("forgotten", 0)
                self.check_done("forgotten", complete[0])
            self.forget("forgotten")
            self.check_done("forgotten", {})

    def test(self, rounds):
        self.run(["generate", "--output", "lake", "--source", SOURCE, "--month", MONTH, "--days", "5", "--nodes", "2",
                  "--pods-per-node", "4", "--namespaces", "2", "--seed", "7", "--quiet"])
        complete = []
        for which in range(2):
            self.summarize(f"complete{which}", which)
            complete.append(self.days(f"complete{which}"))
        if len(complete[0]) != 5 or any(complete[0][name] == complete[1].get(name) for name in complete[0]):
            self.fail("the options should make five days differ")
        self.test_summarize(complete, rounds * 7 // 10)
        self.test_first(complete, rounds * 2 // 10)
        self.test_forget(complete, rounds - rounds * 7 // 10 - rounds * 2 // 10)
        # Threads share the calls, so a run may be through before its last moment.
        if self.killed < rounds * 9 // 10:
            self.fail(f"only {self.killed} runs were killed")
        print(f"{self.killed} runs were killed; every day was old or new, and the next run right")


def main():
    matome, library = (str(pathlib.Path(argument).resolve()) for argument in sys.argv[1:])
    seed = int(os.environ.get("MATOME_KILL_SEED", "1"))
    rounds = int(os.environ.get("MATOME_KILL_ROUNDS", "100"))
    print(f"MATOME_KILL_SEED={seed}")
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        KillTest(matome, library, folder, seed).test(rounds)


if __name__ == "__main__":
    main()
