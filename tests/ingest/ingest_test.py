# SPDX-License-Identifier: Apache-2.0
"""Holds `matome ingest` to the examples of docs/design/payload.md, and to the reference converter on random payloads.

usage: ingest_test.py MATOME [TEST]...

MATOME_INGEST_SEED (default 1) and MATOME_INGEST_ROUNDS (default 200) choose the random payloads.
"""
import gzip
import io
import json
import os
import pathlib
import random
import sys
import tarfile
import unittest

import pyarrow.parquet

sys.dont_write_bytecode = True
import program  # noqa: E402
import reference_converter as reference  # noqa: E402
import reference_payload  # noqa: E402
import vectors  # noqa: E402
from random_payload import RandomPayload  # noqa: E402
from vectors import ID, csv_text, payload, pod  # noqa: E402

MATOME = program.Program(sys.argv.pop(1))


class IngestTest(unittest.TestCase):
    def setUp(self):
        scratch = program.scratch()
        self.addCleanup(scratch.cleanup)
        self.work = pathlib.Path(scratch.name)
        self.lakes = 0

    def lake(self):
        self.lakes += 1
        return self.work / f"lake{self.lakes}"

    def ingest_data(self, data, **how):
        lake = self.lake()
        outcome = MATOME.ingest(lake, [program.file_of(self.work / "p.tar.gz", data)], **how)
        return program.read_lake(lake), outcome

    def expect_refused(self, data, what):
        before = self.tree()
        objects, _ = self.ingest_data(data, codes=(14,))
        self.assertEqual(objects, {}, what)
        self.assertEqual(self.tree() - before, set(), what)

    def tree(self):
        return {path for path in self.work.rglob("*") if path.is_file() and path.name != "p.tar.gz"
                and not path.relative_to(self.work).parts[0].startswith("lake")}


class Vectors(IngestTest):
    def test_vectors(self):
        for vector in vectors.VECTORS:
            with self.subTest(vector.name):
                lake = self.lake()
                options = [] if vector.batch_rows == 200_000 else ["--batch-rows", str(vector.batch_rows)]
                for members in vector.payloads:
                    MATOME.ingest(lake, [program.file_of(self.work / "p.tar.gz", program.pack(members))], *options)
                vectors.check(self, vector, program.read_lake(lake))


class Refused(IngestTest):
    def test_manifests(self):
        good = payload({"a.csv": [pod()]})
        for data in [b"", b"[]", b"{", b"\xff", b"null", b"{}" + b" " * (10 << 20)]:
            self.expect_refused(program.pack(good | {"manifest.json": data}), data[:20])
        self.expect_refused(program.pack({"a.csv": good["a.csv"]}), "no manifest")
        for fields in [{"uuid": None}, {"uuid": "6f1c1c36-6d0e-1d5e-9d43-1c7c6a5b8f21"}, {"uuid": 7},
                       {"cluster_id": None}, {"cluster_id": ""}, {"cluster_id": "a/b"}, {"cluster_id": ".."},
                       {"date": None}, {"date": "yesterday"}, {"daily_reports": "maybe"}, {"listed": ["../a.csv"]},
                       {"listed": ["a\\b.csv"]}, {"listed": ["/etc/passwd"]}, {"listed": ["a.csv", 1]},
                       {"listed": "a.csv"}, {"start": "x"}, {"end": {}}]:
            data = program.pack(payload({"a.csv": [pod()]}, **fields))
            self.expect_refused(data, fields)
            with self.assertRaises(reference.Refused):
                reference.convert_members(reference_payload.read_archive(data))

    def test_damage(self):
        chance = random.Random(1)
        data = program.pack(payload({"a.csv": [pod(pod=f"p{number}") for number in range(200)]}))
        tar = gzip.decompress(data)
        damaged = [b"", b"junk", gzip.compress(tar[:len(tar) // 3]), data[:-1], data[:10]]
        damaged += [data[:chance.randrange(20, len(data))] for _ in range(5)]
        for _ in range(15):
            place = chance.randrange(20, len(data) - 8)
            damaged.append(data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1:])
        for number, bad in enumerate(damaged):
            self.expect_refused(bad, f"damage {number}")

    def test_members_that_lead_elsewhere(self):
        good = payload({"a.csv": [pod()]})
        for name, kind, target in [("../evil.csv", tarfile.REGTYPE, ""), ("x/../../evil.csv", tarfile.REGTYPE, ""),
                                   (str(self.work / "evil.csv"), tarfile.REGTYPE, ""),
                                   ("b.csv", tarfile.SYMTYPE, "/etc/passwd"), ("b.csv", tarfile.SYMTYPE, "../x"),
                                   ("b.csv", tarfile.LNKTYPE, "../../etc/passwd")]:
            data = io.BytesIO()
            with tarfile.open(fileobj=data, mode="w:gz") as archive:
                for member_name, content in good.items():
                    member = tarfile.TarInfo(member_name)
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
                member = tarfile.TarInfo(name)
                member.type, member.linkname = kind, target
                archive.addfile(member)
            self.expect_refused(data.getvalue(), name)


class Inputs(IngestTest):
    """The ways to hand over one payload end in the same objects."""

    def test_ways_in(self):
        members = payload({"a.csv": [pod(), pod(hour=1)], "b.csv": [vectors.storage()]},
                          listed=["a.csv", "b.csv", "c.csv"])
        archive = program.pack(members)
        expected = self.work / "expected"
        MATOME.ingest(expected, [program.file_of(self.work / "p.tar.gz", archive)])
        expected = {key: path.read_bytes() for key, path in program.object_paths(expected).items()}
        self.assertEqual(len(expected), 4)
        manifest = {"manifest.json": members["manifest.json"]}
        split = program.put_archives(self.work / "split", [
            program.pack({"b.csv": members["b.csv"]} | manifest), program.pack(manifest | {"a.csv": members["a.csv"]})])
        ways = {
            "directory": [program.put_members(self.work / "directory", members)],
            "split": split, "directory of archives": [self.work / "split"], "twice": [self.work / "p.tar.gz"] * 2,
            "stdin": ["-"]}
        for way, inputs in ways.items():
            with self.subTest(way):
                lake = self.lake()
                MATOME.ingest(lake, inputs, stdin=archive if way == "stdin" else None)
                self.assertEqual({key: path.read_bytes() for key, path in program.object_paths(lake).items()}, expected)

    def test_without_a_manifest(self):
        data = csv_text([pod(), pod(hour=1), pod(day="2025-10-02", pod="q")]).encode()
        expected = reference.convert_members(payload({"a.csv": data.decode()})).day_files
        ways = {"file": [program.file_of(self.work / "a.csv", data)],
                "gzip": [program.file_of(self.work / "b.csv.gz", gzip.compress(data))],
                "directory": [program.put_members(self.work / "csvs", {"c.csv": data})]}
        for way, inputs in ways.items():
            with self.subTest(way):
                lake = self.lake()
                MATOME.ingest(lake, inputs, "--cluster-id", "my-cluster")
                objects = program.read_lake(lake)
                self.assertEqual(len(objects), 4)
                for file in expected:
                    for daily in (False, True):
                        [stored] = [stored for key, stored in objects.items()
                                    if str(file.date) in key and ("/daily/" in key) == daily]
                        self.assertEqual(stored.columns, file.batches[0][daily])
                        self.assertEqual(stored.metadata["reportnumhours"], str(file.hours))

    def test_many_batches(self):
        rows = 200_001
        names = list(vectors.node_labels())
        line = ",".join(vectors.node_labels(node="{}").values())
        text = "\n".join([",".join(names), *(line.format(number % 7) for number in range(rows))])
        members = payload({"a.csv": text})
        objects, _ = self.ingest_data(program.pack(members))
        lake = reference.Lake(program.SOURCE)
        lake.deliver(reference.convert_members(members))
        self.assertEqual(len(lake.objects), 4)
        self.assertIsNone(program.difference(lake.objects, objects))


class Delivery(IngestTest):
    """What a payload may take away, beside what the random payloads show."""

    def after(self, *payloads, codes=(0,)):
        """Base names of the hourly objects after the payloads, the last of which ends with one of `codes`."""
        lake = self.lake()
        for number, members in enumerate(payloads):
            MATOME.ingest(lake, [program.file_of(self.work / "p.tar.gz", program.pack(members))],
                          codes=codes if number + 1 == len(payloads) else (0,))
        return sorted(pathlib.PurePath(key).name for key in program.object_paths(lake) if "/daily/" not in key)

    def test_a_csv_that_fails_takes_nothing_away(self):
        broken = vectors.day_payload(12, vectors.OTHER_ID)
        broken["a.csv"] += b"x\n"
        self.assertEqual(self.after(vectors.day_payload(6, ID), broken, codes=(3, 14)),
                         [f"{vectors.base()}_0.parquet"])

    def test_a_csv_that_fails_keeps_no_other_back(self):
        rows = csv_text([pod()])
        both = payload({"a.csv": rows + "x\n", "b.csv": rows}, uuid=vectors.OTHER_ID,
                       start="2025-10-01T00:00:00Z", end="2025-10-01T11:59:59Z")
        self.assertEqual(self.after(vectors.day_payload(6, ID), both, codes=(3,)),
                         [f"{vectors.base(1, identity=vectors.OTHER_ID)}_0.parquet"])

    def test_other_reports_and_days_stay(self):
        fields = {"start": "2025-10-01T00:00:00Z", "end": "2025-10-02T05:59:59Z"}
        first = payload({"a.csv": [pod(), pod(day="2025-10-02")], "b.csv": [vectors.storage()]}, **fields)
        second = payload({"a.csv": [pod(day="2025-10-02")]}, uuid=vectors.OTHER_ID, **fields | {
            "end": "2025-10-02T06:59:59Z"})
        self.assertEqual(self.after(first, second), sorted(f"{base}_0.parquet" for base in [
            vectors.base(), vectors.base(day="2025-10-02", identity=vectors.OTHER_ID),
            vectors.base(1, report="storage_usage")]))

    def test_an_object_that_does_not_tell_its_hours_stays(self):
        lake = self.lake()
        lent = self.lake()
        MATOME.ingest(lent, [program.file_of(self.work / "p.tar.gz", program.pack(vectors.day_payload(1, ID)))])
        for key, path in program.object_paths(lent).items():
            foreign = program.file_of(lake / key.replace(ID, "77"), b"")
            pyarrow.parquet.write_table(pyarrow.parquet.read_table(path).replace_schema_metadata(None), foreign)
        MATOME.ingest(lake, [program.file_of(self.work / "p.tar.gz", program.pack(vectors.day_payload(6, ID)))])
        self.assertEqual(len(program.object_paths(lake)), 4)


class Random(IngestTest):
    def test_random_payloads(self):
        seed = int(os.environ.get("MATOME_INGEST_SEED", "1"))
        rounds = int(os.environ.get("MATOME_INGEST_ROUNDS", "200"))
        print(f"MATOME_INGEST_SEED={seed} MATOME_INGEST_ROUNDS={rounds}")
        totals = {"objects": 0, "rows": 0, "failed files": 0}
        for number in range(rounds):
            with self.subTest(f"MATOME_INGEST_SEED={seed + number} MATOME_INGEST_ROUNDS=1"):
                self.compare(seed + number, totals)
        print(", ".join(f"{count} {what}" for what, count in totals.items()))

    def deliveries(self, seed):
        """Now and then several that replace each other."""
        chance = random.Random(seed)
        if chance.random() < 0.75:
            return [RandomPayload(seed).deliver()] * chance.choice([1, 1, 1, 2])
        first_day = RandomPayload(seed).days[0]
        made = [RandomPayload(f"{seed}/{number}", calm=True, first_day=first_day).deliver()
                for number in range(chance.randint(2, 4))]
        return made + [chance.choice(made)]

    def expected(self, seed):
        lake, failed = reference.Lake(program.SOURCE), []
        deliveries = self.deliveries(seed)
        for delivery in deliveries:
            conversion = reference.convert_members(delivery.members)
            lake.deliver(conversion)
            failed.append(conversion.failed)
        return deliveries, failed, lake.objects

    def compare(self, seed, totals):
        while True:
            try:
                deliveries, failed, expected = self.expected(seed)
                break
            except reference.Undecided:
                seed += 1_000_000
        lake = self.lake()
        for number, (delivery, fails) in enumerate(zip(deliveries, failed)):
            folder = self.work / f"{seed}-{number}"
            inputs = program.put_archives(folder, delivery.archives) or [
                program.put_members(folder, delivery.members)]
            MATOME.ingest(lake, inputs, "--threads", str(1 + seed % 3), codes=(3, 14) if fails else (0,))
        objects = program.read_lake(lake)
        problem = program.difference(expected, objects)
        self.assertIsNone(problem, f"{MATOME.errors}\nthe reference: {failed}")
        totals["objects"] += len(objects)
        totals["rows"] += sum(len(stored.columns["interval_start"].values) for stored in objects.values())
        totals["failed files"] += sum(map(len, failed))


class Texts(IngestTest):
    """Every text of a kind."""

    def compare(self, rows):
        members = payload({"a.csv": rows})
        objects, _ = self.ingest_data(program.pack(members))
        lake = reference.Lake(program.SOURCE)
        conversion = reference.convert_members(members)
        self.assertEqual(conversion.failed, {})
        lake.deliver(conversion)
        self.assertIsNone(program.difference(lake.objects, objects))

    def test_digits_and_blanks(self):
        characters = [character for point in range(1, 0x110000) if not 0xD800 <= point < 0xE000
                      for character in [chr(point)] if character.isnumeric() or character.isspace()
                      or point in (0x1C, 0x1D, 0x1E, 0x1F, 0x180E, 0x200B, 0x2060, 0xFEFF)]
        self.compare([pod(pod=f"{number:05}", **{
            vectors.USAGE: character, vectors.REQUEST: f"{character}7", "pod_limit_cpu_core_seconds": f"1.{character}",
            "node_capacity_cpu_cores": f"7{character}"}) for number, character in enumerate(characters)])

    def test_characters_of_labels_and_names(self):
        points = [point for point in [*range(1, 0x3000), *range(0xFE00, 0x10400)] if not 0xD800 <= point < 0xE000]
        texts = ["".join(map(chr, points[first:first + 50])) for first in range(0, len(points), 50)]
        labels = ["".join(character for character in text if character not in "|:") for text in texts]
        self.compare([pod(pod=text, namespace=f"{number:05}", zone=text, pod_labels=f"label_{label}:{label}")
                      for number, (text, label) in enumerate(zip(texts, labels))])

    def test_words(self):
        words = sorted(reference_payload.NA_WORDS)
        words += [change(word) for word in words for change in (str.lower, str.upper, "{} ".format, '"{}'.format)]
        self.compare([pod(pod=word, namespace=f"{number:05}", zone=word, pod_labels=word, **{vectors.USAGE: word})
                      for number, word in enumerate(words)])

    def test_dates(self):
        good = ["2025-10-01", "2025-10-01T05", "2025-10-01 05", "2025-10-01T05:06", "2025-10-01 05:06:07",
                "2025-10-01T05:06:07.1", "2025-10-01T05:06:07.123456789", "2025-10-01T24:00:00", "2025-10-01T05Z",
                "2025-10-01T05:06Z", "2025-10-01 05:06:07.5Z", "2025-10-01T05:00:00+00:00", "2025-10-01T05:00:00-00:00",
                "2025-10-01T05:00:00+02:00", "2025-10-01T01:00:00+02:00", "2025-10-01T23:30:00-01:15",
                "2025-10-01T05:00:00+0530", "2025-10-01T05:00:00+14", "2024-02-29 00:00:00 +0000 UTC",
                "2025-10-01 +0000 UTC 05:00:00 +0000 UTC", "2025-12-31T23:59:59.999999999", "1677-12-31", "2262-01-01",
                "2025-10-01T23:00:00-23:59", "1970-01-01", "1969-12-31T23:00:00"]
        bad = ["2025-10-01 ", " 2025-10-01", "2025-10-01T", "2025-10-01T5", "2025-10-01T05:", "2025-10-01T05:6",
               "2025-10-01T05:06:", "2025-10-01T05:06:07.", "2025-10-01T05:06:60", "2025-10-01T05:60",
               "2025-10-01T25", "2025-13-01", "2025-00-10", "2025-10-00", "2025-02-29", "1900-02-29", "2025-10-32",
               "2025-1-01", "25-10-01", "2025-10-01 00:00:00 UTC", "2025-10-01 02:00:00 +0200 CEST",
               "2025-10-01 00:00:00 +0000 UTC m=+1", "2025-10-01T05:00:00 Z", "2025-10-01T05:00:00+2:00",
               "2025-10-01T05:00:00+02:", "2025-10-01T05:00:00+", "2025-10-01T05:00:00+24:00",
               "2025-10-01T05:00:00ZZ", "2025-10-01  05:00", "2025-10-01x05:00", "1676-12-31", "2263-01-01",
               "0001-01-01", "9999-12-31", "0000-01-01", "junk", "٢٠٢٥-10-01", "2025-10-01T٠٥",
               "2025-10-01T05:06:07.٥", "+2025-10-01", "-2025-10-01", "20251001", "2025/10/01", "2025-10-01\n"]
        # Of interval_end the text does not place the row.
        files = {f"{kind}-{number:02}-{column}.csv": [pod(**{column: text})]
                 for kind, texts in [("good", good), ("bad", bad)] for number, text in enumerate(texts)
                 for column in ["interval_start", "interval_end"]}
        members = payload(files)
        conversion = reference.convert_members(members)
        self.assertEqual({name for name in files if name.startswith("bad")}, set(conversion.failed))
        lake = reference.Lake(program.SOURCE)
        lake.deliver(conversion)
        objects, _ = self.ingest_data(program.pack(members), codes=(3,))
        self.assertIsNone(program.difference(lake.objects, objects), MATOME.errors)


class Readers(IngestTest):
    """Files as programs of others see them."""

    def setUp(self):
        super().setUp()
        files = {"pod.csv": [pod(hour=hour, zone="a") for hour in range(24)], "storage.csv": [vectors.storage()],
                 "nodes.csv": [vectors.node_labels()], "namespaces.csv": [vectors.namespace_labels()],
                 "vm.csv": [vectors.vm()], "gpu.csv": [vectors.gpu(mig_profile="1g.5gb"), vectors.gpu(mig_profile="")],
                 "utc.csv": [pod(interval_start="2025-10-02T00:00:00Z")]}
        self.root = self.lake()
        MATOME.ingest(self.root, [program.file_of(self.work / "p.tar.gz", program.pack(payload(files)))])
        self.paths = program.object_paths(self.root)
        self.objects = program.read_lake(self.root)
        self.assertEqual(len(self.paths), 14)

    def test_pandas(self):
        import pandas
        dtypes = {"text": ["object"], "double": ["float64"], "timestamp": ["datetime64[ms]"],
                  "timestamp_utc": ["datetime64[ms, UTC]"]}
        for key, path in self.paths.items():
            frame = pandas.read_parquet(path)
            for name, column in self.objects[key].columns.items():
                self.assertIn(str(frame[name].dtype), dtypes[column.kind], f"{key}: {name}")
            self.assertEqual(len(frame), len(self.objects[key].columns["interval_start"].values))

    def test_duckdb(self):
        import duckdb
        types = {"text": "VARCHAR", "double": "DOUBLE", "timestamp": "TIMESTAMP",
                 "timestamp_utc": "TIMESTAMP WITH TIME ZONE"}
        database = duckdb.connect(config={"threads": 1})
        for key, path in self.paths.items():
            described = database.execute(
                "DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning=false)", [str(path)]).fetchall()
            self.assertEqual({row[0]: row[1] for row in described},
                             {name: types[column.kind] for name, column in self.objects[key].columns.items()}, key)
        [[hours, usage]] = database.execute(
            "SELECT count(*), sum(pod_usage_cpu_core_seconds) FROM read_parquet(?)",
            [[str(path) for key, path in self.paths.items() if "pod_usage.2025-10-01" in key and "daily" not in key]]
        ).fetchall()
        self.assertEqual((hours, usage), (24, 24))

    def test_form(self):
        for key, path in self.paths.items():
            metadata = pyarrow.parquet.ParquetFile(path).metadata
            self.assertIn(b"ARROW:schema", metadata.metadata, key)
            self.assertTrue(all(self.objects[key].metadata.values()), key)
            for index in range(metadata.num_columns):
                column = metadata.row_group(0).column(index)
                what = f"{key}: {column.path_in_schema}"
                self.assertEqual(column.compression, "SNAPPY", what)
                self.assertIsNotNone(column.statistics, what)
                self.assertTrue(column.has_dictionary_page, what)
                if column.statistics.null_count < column.num_values:
                    self.assertTrue(column.statistics.has_min_max, what)


class DryRun(IngestTest):
    def test_nothing_is_written(self):
        data = program.pack(payload({"a.csv": [pod()]}))
        lake = self.lake()
        _, result = MATOME.ingest(lake, [program.file_of(self.work / "p.tar.gz", data)], "--dry-run")
        self.assertFalse(lake.exists() and program.object_paths(lake))
        self.assertIn(ID, json.dumps(result))


if __name__ == "__main__":
    unittest.main(verbosity=2)
