# SPDX-License-Identifier: Apache-2.0
"""Random payloads with all the oddities that docs/design/payload.md speaks of; equal seeds make equal payloads."""
import dataclasses
import datetime
import gzip
import io
import json
import random
import tarfile
import uuid

import vectors

DATES = ["report_period_start", "report_period_end", "interval_start", "interval_end"]
TEXTS = ["", "NA", "null", "nan", "None", "#N/A", "none", "NAN", " NA", "NA ", "Null", "a&b", "a&amp;b", "<x>", "it's",
         'q"q', '"', '""', "a,b", "a\nb", "a\rb", "a\r\nb", "\n", " ", "\t", "é", "ü&é", "😀", "\ufeffx", "\u2028",
         "\u0085", "\x7f", "\x01", "a\0b", "NA\0b", "\0", "x" * 5000, "a|b", "%s", "\\", "\\n", "-1.#IND", "<NA>",
         "\U0010ffff", "\uffff", "z", "Z", "0", "1e5", "nvidia_com_gpu"]
NUMBERS = ["", "0", "-0", "1", "0.1", "+5", "5.", ".5", "1e5", "1E5", "1e+5", "1e-5", "1_000", "1_0.5_0e1_0", "1__0",
           "_1", "1_", "1_.5", "1._5", " 12 ", "\t7", "\u00a07\u2003", "٣", "１２", "1٢.५", "−5", "0x10", "1d", "1f",
           "true", "junk", "1,5", "inf", "-inf", "Infinity", "-INFINITY", "iNf", "infinit", "NAN", "+nan", " nan ",
           "nan", "-nan", "NaN", "null", "nan(1)", "1e400", "-1e400", "1e-400", "4.9e-324", "2.2250738585072011e-308",
           "9007199254740993", "123456789012345678901234567890", "1e18", "1000000000000000001", "1000000000000000128",
           "1e19", "-1e19", "1e16", "-1e16", "7.9", "-7.9", "--5", "+-5", "5 5", "1e", "e5", ".", "-.", "1e 5",
           "1" * 800,
           "0." + "0" * 400 + "1", "1e99999999999", "5\0junk", "\v8\f", "1_000_000.000001", "0b1", "1j", "12\u200b",
           "\x1f6", "\x856", "6\u3000", "\u180e6"]
KEYS = ["label_a", "label_b", "label_app", "app_label_x", "label_label_a", "label_", "", "LABEL_a", "label_é", "a b",
        "lablabel_el_a", 'label_"', "label_\\", "label_\t", "label_\x7f", "label_a.b/c-d"]
VALUES = ["", "x", "y", " x ", "ü", "😀", '"q"', "b\\c", "x/y&<z>", "\th\x7f", "a\nb", "a,b", "it's", "\u2028", "\x00",
          "\x1f", "\ud7ff", "1:2", "null", "true"]
MODELS = ["NVIDIA A100-SXM4-40GB", "Tesla T4", "NVIDIA A30", "NVIDIA--H100 (PCIe)", "GB200", "RTX PRO 6000 Blackwell",
          "RTX_PRO_5000", "a100", "A&B A30", "H200", "", "  A100  "]
PROFILES = ["", "", "1g.5gb", "2G.10GB", " 3g.20gb ", "1g.5gb+me", "g.gb", "10g.80gb", "1g.5", "all", "NA"]
NAMES = {"gpu_model_name": MODELS, "mig_profile": PROFILES,
         "gpu_vendor_name": ["nvidia_com_gpu", "nvidia", "nvidia_com_gpu ", "amd&co"]}
ROWS = {"pod_usage": vectors.pod, "storage_usage": vectors.storage, "node_labels": vectors.node_labels,
        "namespace_labels": vectors.namespace_labels, "vm_usage": vectors.vm, "gpu_usage": vectors.gpu}
NEW = {"pod_usage": ["node_role"], "storage_usage": ["node", "csi_driver", "csi_volume_handle"],
       "gpu_usage": ["gpu_pod_utilization", "gpu_max_slices", "mig_instance_id", "mig_profile", "mig_strategy"]}
FURTHER = ["zone", "Zone", "pod.1", "gpu_pod_utilization", "node_role", "foo_seconds", "foo_labels", "vm_labels",
           "NODE_CAPACITY_CPU_CORES", "persistentvolumeclaim_capacity_bytes", "é,\"x", "mig_slice_count"]
MONTH_ENDS = [datetime.date(2025, 10, 31), datetime.date(2025, 12, 31), datetime.date(2024, 2, 29)]


@dataclasses.dataclass
class Delivery:
    """What is handed over at once: archives, or a directory."""
    members: dict  # Of the payload as a whole: name -> bytes.
    archives: list  # Bytes of each; each holds the manifest. Empty: hand over a directory.


class RandomPayload:
    """`calm` leaves out what makes a file fail, so that payloads can follow each other."""

    def __init__(self, seed, calm=False, first_day=None):
        self.random = random.Random(seed)
        self.calm = calm
        self.number_columns = set()
        first = first_day or self.random.choice([datetime.date(2025, 10, 1), *MONTH_ENDS])
        self.days = [first + datetime.timedelta(days=day) for day in range(self.random.randint(1, 3))]
        self.names = {}

    def chance(self, probability):
        return self.random.random() < probability

    # Cells.

    def name(self, column):
        if self.chance(0.06):
            return self.random.choice(NAMES.get(column, TEXTS) if self.chance(0.7) else TEXTS)
        pool = self.names.setdefault(column, [f"{column[:4]}-{number}" for number in range(self.random.randint(1, 3))])
        return self.random.choice(NAMES[column] if column in NAMES and self.chance(0.8) else pool)

    def number(self):
        if self.chance(0.08):
            return self.random.choice(NUMBERS)
        return self.random.choice([f"{self.random.uniform(0, 1e4):.6f}", str(self.random.randint(0, 10**12)),
                                   repr(self.random.uniform(-1, 1) * 10.0 ** self.random.randint(-20, 15))])

    def labels(self):
        if self.chance(0.3):
            return self.random.choice(["", "label_a:x|label_b:y", "label_b:y|label_a:x", "NA", "junk", "|:||a:b:c|"])
        pieces = [f"{self.random.choice(KEYS)}:{self.random.choice(VALUES)}" for _ in range(self.random.randint(0, 5))]
        return "|".join(pieces + ["label_c:1"] * self.chance(0.5))

    def date(self, day, hour, form):
        if form == "nasty":
            form = self.random.choice(["operator", "naive", "T", "Z", "zero", "short"])
        if self.chance(0.01):
            return f"{day}T24:00:00" + (self.offset if form == "offset" else "")
        clock = f"{hour:02}:{self.random.choice(['00:00', '00:00.5', '30:15.123456789', '00']) }" if self.chance(
            0.1) else f"{hour:02}:00:00"
        if form == "offset":
            return f"{day}T{clock}{self.offset}"
        return {"operator": f"{day} {clock} +0000 UTC", "naive": f"{day} {clock}", "T": f"{day}T{clock}",
                "Z": f"{day}T{clock}Z", "zero": f"{day} {clock}+00:00",
                "short": f"{day}T{hour:02}" if hour else str(day)}[form]

    # Rows.

    def row(self, report, columns, form):
        hour = self.random.randint(0, 23)
        day = self.random.choice(self.days)
        cells = {}
        for column in columns:
            if column in DATES:
                cells[column] = self.date(day.replace(day=1) if column.startswith("report") else day,
                                          0 if column.startswith("report") else hour, form)
            elif column.lower().endswith("_labels") and column != "foo_labels":
                cells[column] = self.labels()
            elif column in self.number_columns or (column in NEW.get(report, []) and column.endswith("slices")):
                cells[column] = self.number()
            else:
                cells[column] = self.name(column)
        return [cells[column] for column in columns]

    def columns(self, report):
        full = ROWS[report]()
        self.number_columns = {name for name, text in full.items() if text.isdigit()} | {
            "NODE_CAPACITY_CPU_CORES", "persistentvolumeclaim_capacity_bytes"}
        columns = [name for name in full if name != "node_role"]
        columns += [name for name in NEW.get(report, []) if self.chance(0.5)]
        known = {name for row in ROWS.values() for name in row()}
        for name in FURTHER:
            if self.chance(0.04) and name not in columns and not (report == "gpu_usage" and name.startswith("mig")):
                columns.append(name)
        if self.chance(0.2):
            self.random.shuffle(columns)
        elif self.chance(0.1):  # Another report's column is no reason to take the CSV for that report's.
            columns += [name for name in [self.random.choice(sorted(known))] if name not in columns]
        return columns

    # CSV.

    def field(self, text, quoting):
        if quoting == "odd" and self.chance(0.02) and text and text[:2] != "20" and not set(text) & set('",\r\n\0'):
            return self.random.choice([f'{text}"', f'a"{text}', f'"{text}"b', f'"{text}""c"', f'"{text}"b"c'])
        if quoting == "all" or set(text) & set('",\r\n') or (quoting == "odd" and self.chance(0.2)):
            return '"' + text.replace('"', '""') + '"'
        return text

    def csv(self, report):
        """Bytes of a CSV."""
        odd = self.random.random()
        if odd < 0.04:
            return self.random.choice(["", "\n\r\n\r", "a,b,c\n1,2,3\n", "\ufeff", ",".join(ROWS[report]()) + "\n",
                                       ",".join(ROWS[report]()), "x" * 3000]).encode()
        columns = self.columns(report)
        self.offset = self.random.choice(["+02:00", "-05:30", "+0545", "+14:00"])
        form = self.random.choice(["operator"] * 6 + ["naive", "T", "Z", "zero", "short", "nasty", "offset"])
        quoting = self.random.choice(["few", "few", "all", "odd"])
        end = self.random.choice(["\n", "\n", "\n", "\r\n", "\r"])
        header = list(columns)
        if self.chance(0.06):
            header.append(self.random.choice(columns[-3:]))
            columns = [*columns, "twice"]
        comma = "," * self.chance(0.05)
        lines = [",".join(self.field(name, "few") for name in header) + comma]
        for _ in range(self.random.choice([1, 3, 10, 40])):
            fields = [self.field(text, quoting) for text in self.row(report, columns, form)]
            if self.chance(0.03) and set(columns[:4]) == set(DATES):
                fields = fields[:self.random.randint(4, len(fields))]
            elif self.chance(0.02):
                fields += ["more"] * self.random.randint(1, 3)
            lines.append(",".join(fields) + comma)
            if self.chance(0.02):
                lines.append(self.random.choice(["", "", "  ", "\t"]))
            if self.chance(0.1):
                lines.append(lines[-1])
        if not self.calm and self.chance(0.08):
            where = self.random.randint(1, len(lines))
            broken = lines[min(where, len(lines) - 1)]
            lines.insert(where, self.random.choice([
                broken.replace("2025-", "2025/").replace("2024-", "1600-"), "x", '"' + broken,
                broken.replace(":00", ":99"), broken.replace("+0000 UTC", "+0200 CEST"), broken.replace(" ", "\r", 1),
                "," * (len(columns) - 1),
                broken.replace(str(self.days[0]), "0000-00-00"), broken.replace(str(self.days[0]), "2300-01-01"),
                broken.replace("20", "٢٠")]))
        data = ("\ufeff" * self.chance(0.1) + end.join(lines) + end * (not self.chance(0.2))).encode(
            "utf-8", "surrogatepass")
        if not self.calm and self.chance(0.03):
            place = self.random.randint(0, len(data))
            bad = self.random.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe9", b"\xf5\x80"])
            data = data[:place] + bad + data[place:]
        return data

    # Manifest and archives.

    def manifest(self, names):
        first, last = self.days[0], self.days[-1]
        fields = {
            "uuid": str(uuid.UUID(int=self.random.getrandbits(128), version=4)), "cluster_id": "my-cluster",
            "date": self.random.choice([f"{last}T12:00:00.123456789Z", f"{last} 23:30:00-05:00", str(last),
                                        f"{last}T00:30:00+02:00", 1759320000, "1759320000"]),
            "files": names, "version": self.random.choice(["4.4.2", "4.4.2", "4.4.2", "", None, 7]),
            "daily_reports": self.random.choice([True, True, "yes", 1, "True", False, "off"]),
            "certified": True, "cr_status": {"clusterVersion": "4.16"}, "unknown": [1, {"files": None}]}
        if self.calm:
            fields |= {"version": "4.4.2", "daily_reports": True}
        if self.calm or self.chance(0.6):
            start, end = self.random.randint(0, 23), self.random.randint(0, 23)
            if first == last:
                start, end = min(start, end), max(start, end)
            fields |= {"start": f"{first}T{start:02}:00:00Z", "end": f"{last}T{end:02}:59:59Z"}
        elif self.chance(0.2):
            fields |= {"start": "0001-01-01T00:00:00Z", "end": "0001-01-01T00:00:00Z"}
        elif self.chance(0.3):
            fields |= {"start": None, "end": None}
        if self.chance(0.5):
            fields["resource_optimization_files"] = ["ros.csv"]
        for name in ["daily_reports", "version", "certified", "cr_status"]:
            if not self.calm and self.chance(0.05):
                del fields[name]
        return fields

    def archive(self, members):
        data = io.BytesIO()
        form = self.random.choice([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
        with tarfile.open(fileobj=data, mode="w", format=form) as archive:
            if self.chance(0.3):
                folder = tarfile.TarInfo("")
                folder.type = tarfile.DIRTYPE
                archive.addfile(folder)
            order = list(members.items())
            self.random.shuffle(order)
            dot = "./" * self.chance(0.1)
            for name, content in order:
                member = tarfile.TarInfo(dot + name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        tar = data.getvalue()
        if self.chance(0.1):  # A gzip file of two members.
            return gzip.compress(tar[:1000]) + gzip.compress(tar[1000:])
        return gzip.compress(tar, self.random.choice([1, 6]))

    def deliver(self):
        reports = [self.random.choice(["pod_usage", "pod_usage", *ROWS]) for _ in range(self.random.randint(1, 5))]
        stem = self.random.choice(["cm-openshift", "_openshift_usage é", "20251001 (1)"])
        members = {}
        for number, report in enumerate(reports):
            name = f"x{stem}-{number}.csv"
            members[name] = self.csv(report)
            if not self.calm and self.chance(0.05):
                members[name + ".gz"] = gzip.compress(members.pop(name))
            elif not self.calm and self.chance(0.03):
                members[name.removesuffix(".csv")] = members.pop(name)
        names = list(members)
        if self.chance(0.1):
            names.insert(self.random.randint(0, len(names)), self.random.choice(names))
        if self.chance(0.2):
            names.insert(self.random.randint(0, len(names)), "not-here.csv")
        extra = {}
        if self.chance(0.2):
            extra["ros.csv"] = b"a,b\n1,2\n"
        if self.chance(0.1):
            extra["folder/not-here.csv"] = members[next(iter(members))]
        manifest = {"manifest.json": json.dumps(self.manifest(names),
                                                ensure_ascii=self.chance(0.5)).encode()}
        how = self.random.choice(["one", "one", "split", "directory"])
        if how == "split":
            archives = [self.archive({name: content} | manifest) for name, content in members.items()]
            self.random.shuffle(archives)
            if self.chance(0.3):
                archives.append(self.random.choice(archives))
        else:
            archives = [] if how == "directory" else [self.archive(members | extra | manifest)]
        return Delivery(members | manifest, archives)
