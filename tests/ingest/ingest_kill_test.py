# SPDX-License-Identifier: Apache-2.0
"""Kills `matome ingest` at chosen moments, resends payloads in any order and several at once.

usage: ingest_kill_test.py MATOME KILL_AT_CALL_LIBRARY [TEST]...

Three payloads hold the same two days with other hours, so that of each day another payload must stay. A moment is a
number of calls that change the file system (tests/differential/kill_at_call.cc). MATOME_KILL_ROUNDS (default 100) and
MATOME_KILL_SEED choose how many, and which.
"""
import collections
import os
import pathlib
import random
import signal
import sys
import unittest
import uuid

sys.dont_write_bytecode = True
import program  # noqa: E402
import reference_converter as reference  # noqa: E402
import vectors  # noqa: E402

MATOME = program.Program(sys.argv.pop(1))
LIBRARY = str(pathlib.Path(sys.argv.pop(1)).resolve())
SEED = int(os.environ.get("MATOME_KILL_SEED", "1"))
ROUNDS = int(os.environ.get("MATOME_KILL_ROUNDS", "100"))
DAYS = ["2025-10-31", "2025-11-01"]


def make_payload(number):
    """Of two days: 24 and 3 hours, 18 and 12, or 12 and 24."""
    first, last = [(0, 3), (6, 12), (12, 24)][number]
    hours = [(DAYS[0], hour) for hour in range(first, 24)] + [(DAYS[1], hour) for hour in range(last)]
    pods = [vectors.pod(day=day, hour=hour, pod=f"p{number}") for day, hour in hours]
    return vectors.payload(
        {"a.csv": pods[::2], "b.csv": pods[1::2],
         "c.csv": [vectors.storage(day=day, hour=hour) for day, hour in hours],
         "d.csv": [vectors.node_labels(day=day, hour=hour) for day, hour in hours]},
        uuid=str(uuid.UUID(int=number + 1, version=4)), start=f"{DAYS[0]}T{first:02}:00:00Z",
        end=f"{DAYS[1]}T{last - 1:02}:59:59Z")


class Kill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = program.scratch()
        cls.addClassCleanup(scratch.cleanup)
        cls.work = pathlib.Path(scratch.name)
        payloads = [make_payload(number) for number in range(3)]
        cls.inputs = []  # Of each payload the archives of its two forms: whole and split.
        for number, members in enumerate(payloads):
            manifest = {"manifest.json": members["manifest.json"]}
            parts = [program.pack(manifest | {name: members[name]}) for name in members.keys() - manifest.keys()]
            cls.inputs.append([program.put_archives(cls.work / f"whole{number}", [program.pack(members)]),
                               program.put_archives(cls.work / f"split{number}", parts)])
        lake = reference.Lake(program.SOURCE)
        for members in payloads:
            lake.deliver(reference.convert_members(members))
        # What each payload alone leaves, and all three.
        cls.alone = []
        for number, (whole, _) in enumerate(cls.inputs):
            MATOME.ingest(cls.work / f"alone{number}", whole)
            cls.alone.append(cls.objects(cls.work / f"alone{number}"))
        cls.all = {key: data for alone in cls.alone for key, data in alone.items()}
        cls.end = {key: cls.all[key] for key in lake.objects}
        cls.random = random.Random(SEED)
        print(f"MATOME_KILL_SEED={SEED} MATOME_KILL_ROUNDS={ROUNDS}")

    @staticmethod
    def objects(lake):
        return {key: path.read_bytes() for key, path in program.object_paths(lake).items()}

    def some_input(self, number):
        return self.random.choice(self.inputs[number])

    def check_any_moment(self, lake, what):
        """Every object is whole, and no day has objects of two payloads."""
        manifests = collections.defaultdict(set)
        for key, data in self.objects(lake).items():
            self.assertIn(key, self.all, what)
            self.assertEqual(data, self.all[key], f"{what}: {key}")
            report, day, manifest, _ = pathlib.PurePath(key).name.split(".", 3)
            manifests[report, day].add(manifest)
        self.assertTrue(all(len(of_day) == 1 for of_day in manifests.values()), f"{what}: {dict(manifests)}")

    def check_end(self, lake, what):
        objects = self.objects(lake)
        self.assertEqual(sorted(objects), sorted(self.end), what)
        self.assertEqual(objects, self.end, what)
        leftovers = [path for path in lake.rglob("*") if path.suffix == ".tmp"]
        self.assertEqual(leftovers, [], what)

    def deliver_all(self, lake):
        for number in self.random.sample(range(3), 3):
            MATOME.ingest(lake, self.some_input(number))

    def test_killed(self):
        file = self.work / "calls"
        MATOME.ingest(self.work / "counted", self.inputs[0][0])
        MATOME.ingest(self.work / "counted", self.inputs[2][0],
                      environment={"LD_PRELOAD": LIBRARY, "MATOME_CALL_COUNT_FILE": str(file)})
        calls = int(file.read_text())
        moments = []
        while len(moments) < ROUNDS:
            moments += self.random.sample(range(1, calls + 1), calls)
        killed = 0
        for round_number, moment in enumerate(moments[:ROUNDS]):
            lake = self.work / f"killed{round_number}"
            order = self.random.sample(range(3), 3)
            what = f"round {round_number}: {order}, killed at call {moment} of {calls}"
            if self.random.random() < 0.7:
                MATOME.ingest(lake, self.some_input(order[0]))
            code, _ = MATOME.ingest(lake, self.some_input(order[1]), "--threads", str(self.random.randint(1, 3)),
                                    codes=(0, -signal.SIGKILL), environment={
                                        "LD_PRELOAD": LIBRARY, "MATOME_KILL_AT_CALL": str(moment)})
            killed += code != 0
            self.check_any_moment(lake, what)
            if self.random.random() < 0.3:
                MATOME.ingest(lake, self.some_input(order[2]))
                self.check_any_moment(lake, what)
            self.deliver_all(lake)
            self.check_end(lake, what)
        print(f"{killed} of {ROUNDS} runs were killed, at {calls} moments")
        # A payload that is passed over makes few calls.
        self.assertGreater(killed, ROUNDS // 2)

    def test_several_at_once(self):
        for round_number in range(max(1, ROUNDS // 10)):
            lake = self.work / f"together{round_number}"
            waiting = [(number, form) for number in range(3) for form in range(2)]
            self.random.shuffle(waiting)
            for _ in range(100):
                running = [(which, MATOME.start(lake, self.inputs[which[0]][which[1]])) for which in waiting]
                waiting = []
                for which, process in running:
                    _, errors = process.communicate()
                    self.assertIn(process.returncode, (0, 11, 75), errors)
                    if process.returncode:
                        waiting.append(which)
                self.check_any_moment(lake, f"round {round_number}")
                if not waiting:
                    break
            self.check_end(lake, f"round {round_number}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
