# SPDX-License-Identifier: Apache-2.0
"""A second converter of operator payloads, to hold `matome ingest` to.

Written from docs/design/payload.md alone, as plainly as its rules allow: rows are lists of Python texts, numbers are
Python's own float(), labels its own json.dumps(). A payload becomes day files, a day file batches, a batch an hourly
and a daily table; Lake.deliver() then decides what is stored.
"""
import dataclasses
import datetime
import gzip
import itertools
import json
import math
import re
import zlib

from reference_columns import (ABSURD, AGGREGATES, DATES, KEYS, LABELS, MODELS, NEW, NUMBERS, PERIOD, SLICES)
from reference_payload import (FileFailed, Losses, Refused, milliseconds, parse_csv_date, parse_manifest, read_csv,
                               report_of)

# --- columns ---------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Column:
    """`kind` is text, double, timestamp or timestamp_utc; a timestamp's values are milliseconds, NULL is None."""
    kind: str
    values: list


def number(text, losses, name):
    try:
        value = float(text)
    except ValueError:
        if text:
            losses.count("zeroed_numbers", name)
        return 0.0
    return None if math.isnan(value) else value


def slices(text, name):
    try:
        value = float(text)
        return value if name == "mig_memory_capacity_mib" and not math.isnan(value) else float(int(value))
    except (ValueError, OverflowError):
        return None


def label_map(text, losses=None, name=None):
    labels = {}
    for piece in text.split("|"):
        if piece.count(":") == 1:
            key, value = piece.split(":")
            labels[key.replace("label_", "")] = value
        elif piece and losses:
            losses.count("dropped_labels", name)
    return labels


def label_text(text):
    return json.dumps(label_map(text))


def date_column(name, texts):
    moments, offsets = [], set()
    for text in texts:
        try:
            moment, offset = parse_csv_date(text)
        except (ValueError, OverflowError) as error:
            raise FileFailed(f"{name}: {error}") from error
        moments.append(milliseconds(moment))
        offsets.add(offset)
    if len({offset or datetime.timedelta() for offset in offsets}) > 1:
        raise FileFailed(f"{name}: dates of several offsets")
    return Column("timestamp" if offsets == {None} else "timestamp_utc", moments)


def convert_columns(names, rows, losses):
    columns = {}
    for index, name in enumerate(names):
        texts = [row[index] for row in rows]
        kind = name.lower()
        if kind in DATES:
            columns[name] = date_column(name, texts)
        elif kind in NUMBERS:
            columns[name] = Column("double", [number(text, losses, name) for text in texts])
        elif kind in SLICES:
            columns[name] = Column("double", [slices(text, kind) for text in texts])
        elif kind in LABELS:
            columns[name] = Column("text", [json.dumps(label_map(text, losses, name)) for text in texts])
        else:
            columns[name] = Column("text", texts)
    return columns


def drop_absurd(columns, losses):
    suspects = [column.values for name, column in columns.items() if name in ABSURD]
    stays = [all(value is None or value <= 1e18 for value in row) for row in zip(*suspects)] if suspects else None
    if stays is None:
        return columns
    losses.absurd_rows += stays.count(False)
    return {name: Column(column.kind, list(itertools.compress(column.values, stays)))
            for name, column in columns.items()}


def add_effective_usage(columns):
    for unit in ["cpu_core", "memory_byte"]:
        pairs = zip(*(columns[f"pod_{kind}_{unit}_seconds"].values for kind in ["usage", "request"]))
        columns[f"pod_effective_usage_{unit}_seconds"] = Column(
            "double", [largest(pair) for pair in pairs])


def finish_gpus(columns):
    columns["gpu_vendor_name"].values = [
        "nvidia" if vendor == "nvidia_com_gpu" else vendor for vendor in columns["gpu_vendor_name"].values]
    models = columns["gpu_model_name"].values = [
        re.sub("[^A-Za-z0-9]+", " ", model).strip() for model in columns["gpu_model_name"].values]
    profiles = columns["mig_profile"].values if "mig_profile" in columns else []
    if not any(profiles):
        return
    for name in SLICES:
        columns.setdefault(name, Column("double", [None] * len(models)))
    counts, sizes, most = (columns[name].values for name in SLICES)
    for row, (profile, model) in enumerate(zip(list(profiles), models)):
        if not profile:
            continue
        form = re.fullmatch(r"(\d+)g\.(\d+)gb", profile.strip(), re.ASCII | re.IGNORECASE)
        counts[row], sizes[row] = (float(form[1]), float(form[2]) * 1024) if form else (None, None)
        if most[row] is None:
            most[row] = next((float(slices_of) for name, slices_of in MODELS.items() if name in model), None)
            if most[row] is None:
                for name in NEW["gpu_usage"]:
                    if name in columns:
                        columns[name].values[row] = None


# --- days ------------------------------------------------------------------------------------------------------------


def largest(values):
    return max((value for value in values if value is not None), default=None)


def compensated_sum(values):
    total = compensation = 0.0
    for value in values:
        if value is None:
            continue
        step = value - compensation
        after = total + step
        compensation = after - total - step
        if math.isnan(compensation):
            compensation = 0.0
        total = after
    return None if math.isnan(total) else total


def aggregate_days(report, columns):
    keys = [name for name in KEYS[report] if name in columns]
    day = 86_400_000
    days = [start // day * day for start in columns["interval_start"].values]
    groups = {}
    for row, key in enumerate(zip(*(columns[name].values for name in keys), days)):
        groups.setdefault(key, []).append(row)
    groups = sorted(groups.items(), key=lambda group: [(value is None, value) for value in group[0]])
    daily = {name: Column(columns[name].kind, [key[place] for key, _ in groups])
             for place, name in enumerate(keys + ["interval_start"])}
    for name, aggregate in (dict.fromkeys(PERIOD, max) | AGGREGATES[report]).items():
        if name in columns:
            combine = largest if aggregate is max else compensated_sum
            daily[name] = Column(columns[name].kind,
                                 [combine([columns[name].values[row] for row in rows]) for _, rows in groups])
    for name in NEW[report]:
        if name not in daily:
            daily[name] = Column("double" if name in SLICES else "text", [None] * len(groups))
    return daily


# --- conversion of a payload -----------------------------------------------------------------------------------------


@dataclasses.dataclass
class DayFile:
    """The rows of one CSV that go into one day's objects, or all of them where the payload is not cut into days."""
    report: str
    date: datetime.date
    manifest: str
    base: str
    hours: int
    replaces: bool
    batches: dict = dataclasses.field(default_factory=dict)  # Number -> (hourly columns, daily columns).


@dataclasses.dataclass
class Conversion:
    day_files: list = dataclasses.field(default_factory=list)
    failed: dict = dataclasses.field(default_factory=dict)  # Name of a CSV -> why.
    missing: list = dataclasses.field(default_factory=list)
    unknown: list = dataclasses.field(default_factory=list)
    losses: dict = dataclasses.field(default_factory=dict)
    tag_keys: set = dataclasses.field(default_factory=set)


def cut_day(text):
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text[:10], re.ASCII):
        raise FileFailed(f"interval_start: not a date: {text!r}")
    try:
        instant, offset = parse_csv_date(text)
        return instant.date() if offset else datetime.date.fromisoformat(text[:10])
    except (ValueError, OverflowError) as error:
        raise FileFailed(f"interval_start: {error}") from error


def cut_into_days(names, rows):
    place = names.index("interval_start")
    days = {}
    for row in rows:
        days.setdefault(cut_day(row[place]), []).append(row)
    return days


def convert_batch(report, names, rows, losses):
    columns = convert_columns(names, rows, losses)
    columns = drop_absurd(columns, losses)
    if not columns["interval_start"].values:
        return None
    if report == "pod_usage":
        add_effective_usage(columns)
    if report == "gpu_usage":
        finish_gpus(columns)
    return columns, aggregate_days(report, columns)


def day_files_of(manifest, name, index, report, names, rows):
    if manifest.cut:
        place = names.index("interval_start")
        for day, members in cut_into_days(names, rows).items():
            hours = manifest.hours.get(day) or len({row[place] for row in members})
            yield DayFile(report, day, manifest.id, f"{report}.{day}.{manifest.id}.{index}", hours,
                          manifest.daily), members
    else:
        base = re.fullmatch(r"(.*)\.csv(?:\.gz)?", name, re.DOTALL)
        if not base:
            raise FileFailed("the name does not end in .csv")
        yield DayFile(report, manifest.date, manifest.id, base[1], 0, False), rows


def convert_file(manifest, name, index, data, conversion, batch_rows):
    losses = conversion.losses.setdefault(name, Losses())
    if name.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise FileFailed(f"damaged: {error}") from error
    names, rows = read_csv(data, losses)
    report = report_of(names)
    if not names or not report:
        if names:
            conversion.unknown.append(name)
        return
    made, keys = [], set()
    for file, members in day_files_of(manifest, name, index, report, names, rows):
        made.append(file)
        for batch, first in enumerate(range(0, len(members), batch_rows)):
            tables = convert_batch(report, names, members[first:first + batch_rows], losses)
            if tables:
                file.batches[batch] = tables
                for column in LABELS - {"vm_labels"}:
                    if column in tables[0]:
                        keys.update(key for text in set(tables[0][column].values) for key in json.loads(text))
    conversion.day_files += made
    conversion.tag_keys |= keys


def convert(manifest, members, batch_rows=200_000):
    conversion = Conversion()
    for index, name in enumerate(dict.fromkeys(manifest.files)):
        if name not in members:
            conversion.missing.append(name)
            continue
        try:
            convert_file(manifest, name, index, members[name], conversion, batch_rows)
        except FileFailed as error:
            conversion.failed[name] = str(error)
    return conversion


def convert_members(members, batch_rows=200_000):
    """Of an archive or a directory: name -> bytes."""
    if "manifest.json" not in members:
        raise Refused("no manifest.json")
    return convert(parse_manifest(members["manifest.json"]), members, batch_rows)


# --- the lake --------------------------------------------------------------------------------------------------------


class Undecided(Exception):
    """The rules leave open what becomes of a day: CSVs that differ in their hours, or no rows in place of some."""


@dataclasses.dataclass
class StoredObject:
    columns: dict
    metadata: dict


class Lake:
    """Objects by their keys, and the rules of delivering to them."""

    def __init__(self, source, account="org1234567"):
        self.source = source
        self.account = account
        self.objects = {}

    def prefix(self, file, daily):
        return (f"data/parquet/{'daily/' if daily else ''}{self.account}/OCP/{file.report}/source={self.source}/"
                f"year={file.date.year:04}/month={file.date.month:02}/")

    def keys_of_day(self, file):
        """What other manifests hold of the day."""
        prefixes = tuple(self.prefix(file, daily) for daily in (False, True))
        return [key for key, stored in self.objects.items() if key.startswith(prefixes)
                and stored.metadata["reportdatestart"] == str(file.date)
                and stored.metadata["manifestid"] != file.manifest]

    def deliver(self, conversion):
        hours = {}
        for file in conversion.day_files:
            hours.setdefault((file.report, file.date), set()).add(file.hours)
        for file in conversion.day_files:
            if file.replaces:
                others = self.keys_of_day(file)
                if others and (len(hours[file.report, file.date]) > 1 or not file.batches):
                    raise Undecided(file.base)
                if any(int(self.objects[key].metadata["reportnumhours"]) >= file.hours for key in others):
                    continue
                for key in others:
                    del self.objects[key]
            self.objects |= self.objects_of(file)

    def objects_of(self, file):
        metadata = {"manifestid": file.manifest, "reportdatestart": str(file.date),
                    "reportnumhours": str(file.hours)}
        return {f"{self.prefix(file, daily)}{file.base}{'_daily' if daily else ''}_{batch}.parquet":
                StoredObject(tables[daily], metadata)
                for batch, tables in file.batches.items() for daily in (False, True)}
