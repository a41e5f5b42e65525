# SPDX-License-Identifier: Apache-2.0
"""Holds the reference converter to the examples of docs/design/payload.md."""
import gzip
import io
import sys
import tarfile
import unittest

sys.dont_write_bytecode = True
import reference_converter as reference  # noqa: E402
import reference_payload  # noqa: E402
import vectors  # noqa: E402
from vectors import ID, csv_text, payload, pod  # noqa: E402

SOURCE = "7f5f1f6e-5f0c-4a53-9d9e-2d6b1f1f0001"


def converted(*rows, text=None, name="a.csv", **fields):
    return reference.convert_members(payload({name: text if text is not None else list(rows)}, **fields))


def archive(members):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as file:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return data.getvalue()


class ReferenceConverterTest(unittest.TestCase):
    def test_vectors(self):
        for vector in vectors.VECTORS:
            with self.subTest(vector.name):
                lake = reference.Lake(SOURCE)
                for members in vector.payloads:
                    conversion = reference.convert_members(members, vector.batch_rows)
                    self.assertEqual(conversion.failed, {})
                    lake.deliver(conversion)
                    if vector.tag_keys is not None:
                        self.assertEqual(conversion.tag_keys, vector.tag_keys)
                vectors.check(self, vector, lake.objects)

    def test_dates(self):
        for text, expected in {
                "2025-10-01 00:00:00 +0000 UTC": "2025-10-01", "2025-10-01": "2025-10-01",
                "2025-10-01T05": "2025-10-01T05:00", "2025-10-01 05:06": "2025-10-01T05:06",
                "2025-10-01T24:00:00": "2025-10-02", "2025-10-01T02:00:00+02:00": "2025-10-01",
                "2025-10-01T00:00:00.123456789": "2025-10-01T00:00:00.123"}.items():
            self.assertEqual(reference.milliseconds(reference.parse_csv_date(text)[0]), vectors.moment(expected), text)
        for text in ["", "2025-10-01 00:00:00 UTC", "2025-10-01 02:00:00 +0200 CEST", "2025-02-30", "2025-10-01T25:00",
                     "2025-10-01 00:00:00 +0000 UTC m=+1", "1676-12-31", "2263-01-01", "2025-10-1"]:
            with self.assertRaises(ValueError, msg=text):
                reference.parse_csv_date(text)

    def test_csv(self):
        header = list(pod())
        line = csv_text([pod()]).splitlines()[1]
        rows = "\n".join([",".join(header), line]) + "\n"
        good = converted(pod()).day_files[0].batches
        for text in [rows.replace("\n", "\r\n"), rows.replace("\n", "\r"), "\ufeff" + rows, "\n\n" + rows + "\n\r\n",
                     rows.replace("ns", '"ns"'), rows.replace(",p,", ",p\0rest,"), rows.replace(",p,", ',"p\0",'),
                     rows + line + ",more\n"]:
            self.assertEqual(converted(text=text).day_files[0].batches, good, text)
        for text in [rows + '"', rows + '"a""', "\n".join(reversed(rows.splitlines())), rows + "x,y\n",
                     rows.encode() + b"\xff"]:
            conversion = converted(text=text)
            self.assertEqual(conversion.day_files, [])
        self.assertEqual(converted(text="").failed, {})
        self.assertEqual(converted(text=rows.splitlines()[0]).day_files, [])
        names, _ = reference.read_csv(b"a,a,,a\n", reference.Losses())
        self.assertEqual(names, ["a", "a.1", "Unnamed: 2", "a.2"])

    def test_offsets(self):
        [file] = converted(pod(interval_start="2025-10-01T01:00:00+02:00")).day_files
        self.assertEqual((str(file.date), file.hours), ("2025-09-30", 1))
        self.assertEqual(file.batches[0][1]["interval_start"].values, [vectors.moment("2025-09-30")])
        both = converted(pod(interval_start="2025-10-01T01:00:00+02:00"),
                         pod(interval_start="2025-10-01T01:00:00+01:00", day="2025-10-01"))
        self.assertEqual(list(both.failed), [])  # Their days are 09-30 and 10-01.
        self.assertEqual(list(converted(pod(), pod(interval_start="2025-10-01T02:00:00+01:00")).failed), ["a.csv"])
        self.assertEqual(converted(pod(), pod(interval_start="2025-10-01T00:00:00Z")).failed, {})

    def test_manifest(self):
        for fields in [{"uuid": None}, {"uuid": "6f1c1c36-6d0e-1d5e-9d43-1c7c6a5b8f21"}, {"cluster_id": ""},
                       {"cluster_id": "a/b"}, {"date": None}, {"date": "yesterday"}, {"daily_reports": "maybe"},
                       {"listed": ["../a.csv"]}, {"listed": ["a.csv", 1]}, {"start": "x"}, {"listed": "a.csv"}]:
            with self.assertRaises(reference.Refused, msg=fields):
                converted(pod(), **fields)
        for fields in [{"version": None}, {"version": 4}, {"daily_reports": "yes"}, {"date": 1759320000},
                       {"date": "1759320000"}, {"date": "2025-10-01"}]:
            converted(pod(), **fields)
        self.assertEqual(len(converted(pod(), listed=["a.csv", "a.csv"]).day_files), 1)

    def test_archive(self):
        members = payload({"a.csv": [pod()]})
        data = archive(members)
        self.assertEqual(reference_payload.read_archive(data), members)
        self.assertEqual(reference_payload.read_archive(archive({"./" + name: content
                                                                 for name, content in members.items()})), members)
        for bad in [data[:-20], b"", b"junk", gzip.compress(gzip.decompress(data)[:700]), archive({"../a": b""}),
                    data[:40] + b"\xff\xff" + data[42:]]:
            with self.assertRaises(reference.Refused):
                reference_payload.read_archive(bad)

    def test_a_resent_payload_changes_nothing(self):
        lake = reference.Lake(SOURCE)
        conversion = converted(pod(), pod(day="2025-10-02"))
        lake.deliver(conversion)
        before = dict(lake.objects)
        lake.deliver(conversion)
        self.assertEqual(lake.objects, before)
        self.assertEqual(len(before), 4)
        self.assertIn(ID, next(iter(before)))


if __name__ == "__main__":
    unittest.main()
