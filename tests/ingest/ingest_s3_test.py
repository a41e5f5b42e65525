# SPDX-License-Identifier: Apache-2.0
"""`matome ingest` into a bucket of a real server.

usage: ingest_s3_test.py MATOME [TEST]...
"""
import pathlib
import random
import sys
import unittest

sys.dont_write_bytecode = True
import program  # noqa: E402
import reference_converter as reference  # noqa: E402
import vectors  # noqa: E402
from bucket import Bucket  # noqa: E402
from random_payload import RandomPayload  # noqa: E402
from vectors import ID, OTHER_ID, day_payload  # noqa: E402

MATOME = program.Program(sys.argv.pop(1))


class S3Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = program.scratch()
        cls.addClassCleanup(scratch.cleanup)
        cls.work = pathlib.Path(scratch.name)
        cls.bucket = Bucket(cls.work / "bucket")
        cls.addClassCleanup(cls.bucket.close)
        cls.lakes = 0

    def lake(self):
        type(self).lakes += 1
        return f"lake{self.lakes}"

    def ingest(self, lake, members):
        archive = program.file_of(self.work / "p.tar.gz", program.pack(members))
        MATOME.ingest(f"{self.bucket.url}/{lake}", [archive], environment=self.bucket.environment)

    def objects(self, lake):
        """As in a directory; user metadata must say the same as the files do."""
        objects = {}
        for key in self.bucket.keys(f"{lake}/data/"):
            data, metadata = self.bucket.get(key)
            stored = program.read_object(program.file_of(self.work / "o.parquet", data))
            self.assertEqual(metadata, stored.metadata, key)
            objects[key.removeprefix(f"{lake}/")] = stored
        return objects

    def test_vectors(self):
        for vector in vectors.VECTORS:
            if vector.batch_rows != 200_000 or vector.name.startswith("§6.1"):
                continue
            with self.subTest(vector.name):
                lake = self.lake()
                for members in vector.payloads:
                    self.ingest(lake, members)
                vectors.check(self, vector, self.objects(lake))

    def test_random_payloads_that_follow_each_other(self):
        for seed in range(10):
            with self.subTest(f"seed {seed}"):
                lake, expected = self.lake(), reference.Lake(program.SOURCE)
                first_day = RandomPayload(seed).days[0]
                for number in range(3):
                    members = RandomPayload(f"{seed}/{number}", calm=True, first_day=first_day).deliver().members
                    before = dict(expected.objects)
                    try:
                        expected.deliver(reference.convert_members(members))
                    except reference.Undecided:
                        expected.objects = before
                        break
                    self.ingest(lake, members)
                self.assertIsNone(program.difference(expected.objects, self.objects(lake)))

    def test_at_once(self):
        for round_number in range(5):
            lake = self.lake()
            archives = program.put_archives(self.work / lake, [
                program.pack(day_payload(6, ID)), program.pack(day_payload(12, OTHER_ID))])
            waiting = random.Random(round_number).sample(archives, 2)
            for _ in range(100):
                running = [(path, MATOME.start(f"{self.bucket.url}/{lake}", [path],
                                               environment=self.bucket.environment)) for path in waiting]
                waiting = []
                for path, process in running:
                    _, errors = process.communicate()
                    self.assertIn(process.returncode, (0, 11, 75), errors)
                    waiting += [path] if process.returncode else []
                if not waiting:
                    break
            objects = self.objects(lake)
            self.assertEqual({stored.metadata["manifestid"] for stored in objects.values()}, {OTHER_ID})
            self.assertEqual(len(objects), 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
