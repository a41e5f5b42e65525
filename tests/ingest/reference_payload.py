# SPDX-License-Identifier: Apache-2.0
"""Reads operator payloads for reference_converter.py: archives, manifests, CSVs, dates.

Written from docs/design/payload.md alone.
"""
import dataclasses
import datetime
import gzip
import io
import itertools
import json
import re
import tarfile
import uuid
import zlib

from reference_columns import ESCAPED, KEYS, NA_WORDS, REQUIRED

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1)
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)


class Refused(Exception):
    """Nothing of the payload is written."""


class FileFailed(Exception):
    """One CSV of the payload is not converted, or not wholly."""


# --- dates -----------------------------------------------------------------------------------------------------------

DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)"
                  r"(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII)


def parse_date(text):
    """A datetime without a zone, as written, and the offset: None where none is written."""
    match = DATE.fullmatch(text)
    if not match:
        raise ValueError(f"not a date: {text!r}")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    midnight = datetime.datetime(int(year), int(month), int(day))
    time = [int(part or 0) for part in (hour, minute, second)]
    if time == [24, 0, 0] and not int(fraction or 0):
        moment = midnight + DAY
    else:
        moment = midnight.replace(hour=time[0], minute=time[1], second=time[2],
                                  microsecond=int((fraction or "")[:6].ljust(6, "0")))
    if zone is None:
        return moment, None
    if zone == "Z":
        return moment, datetime.timedelta()
    digits = zone[1:].replace(":", "").ljust(4, "0")
    if int(digits[:2]) > 23 or int(digits[2:]) > 59:
        raise ValueError(f"no such offset: {text!r}")
    offset = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return moment, -offset if zone[0] == "-" else offset


def parse_csv_date(text):
    """The instant, as a datetime of UTC without a zone, and the offset."""
    moment, offset = parse_date(text.replace(" +0000 UTC", ""))
    instant = moment - (offset or datetime.timedelta())
    if not 1677 <= instant.year <= 2262:
        raise ValueError(f"outside 1677..2262: {text!r}")
    return instant, offset


def milliseconds(moment):
    return (moment - EPOCH) // datetime.timedelta(milliseconds=1)


# --- manifest --------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Manifest:
    id: str
    date: datetime.date
    files: list
    version: str = ""
    daily: bool = False
    hours: dict = dataclasses.field(default_factory=dict)  # Of each day of start..end.

    @property
    def cut(self):
        return self.daily or not self.version


def manifest_time(value, field):
    try:
        if isinstance(value, str) and not re.fullmatch(r"[+-]?\d+(\.\d*)?", value, re.ASCII):
            moment, offset = parse_date(value)
            return moment.replace(tzinfo=datetime.timezone(offset or datetime.timedelta()))
        if isinstance(value, (int, float, str)) and not isinstance(value, bool):
            return datetime.datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise Refused(f"manifest.json: {field} is no timestamp: {value!r}")


def safe_name(value, field):
    if not isinstance(value, str) or not value or "/" in value or "\\" in value or ".." in value:
        raise Refused(f"manifest.json: {field} is no plain name: {value!r}")
    return value


def name_list(fields, field):
    names = fields.get(field)
    if names is None:
        return []
    if not isinstance(names, list):
        raise Refused(f"manifest.json: {field} is no list")
    return [safe_name(name, field) for name in names]


def boolean(fields, field):
    value = fields.get(field, False)
    if isinstance(value, str):
        value = {"true": 1, "t": 1, "yes": 1, "y": 1, "on": 1, "1": 1,
                 "false": 0, "f": 0, "no": 0, "n": 0, "off": 0, "0": 0}.get(value.lower())
    if not isinstance(value, (int, float)) or value not in (0, 1):
        raise Refused(f"manifest.json: {field} is no boolean")
    return bool(value)


def hours_of_days(start, end):
    """Days as they are written, hours as UTC counts them."""
    hours = {}
    for number in range((end.date() - start.date()).days + 1):
        day = start.date() + number * DAY
        midnight = datetime.datetime(day.year, day.month, day.day, tzinfo=UTC)
        inside = min(end - midnight, DAY) - max(start - midnight, datetime.timedelta())
        hours[day] = max(0, -(-inside // HOUR))
    return hours


def parse_manifest(data):
    if len(data) > 10 << 20:
        raise Refused("manifest.json is larger than 10 MiB")
    try:
        fields = json.loads(data)
    except ValueError as error:
        raise Refused(f"manifest.json: {error}") from error
    if not isinstance(fields, dict):
        raise Refused("manifest.json is no object")
    try:
        identity = uuid.UUID(fields.get("uuid"))
    except (ValueError, TypeError, AttributeError) as error:
        raise Refused("manifest.json: uuid is none") from error
    if identity.version != 4:
        raise Refused("manifest.json: uuid is not of version 4")
    safe_name(fields.get("cluster_id"), "cluster_id")
    name_list(fields, "resource_optimization_files")
    start, end = (None if fields.get(field) is None else manifest_time(fields[field], field)
                  for field in ["start", "end"])
    version = fields.get("version")
    return Manifest(str(identity), manifest_time(fields.get("date"), "date").date(), name_list(fields, "files"),
                    version if isinstance(version, str) else "", boolean(fields, "daily_reports"),
                    hours_of_days(start, end) if start and end else {})


# --- the payload -----------------------------------------------------------------------------------------------------


def read_archive(data):
    """Members of the top level: name -> bytes."""
    members = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                leads_to = [name, member.linkname] if member.issym() or member.islnk() else [name]
                if any(path.startswith("/") or ".." in path.split("/") for path in leads_to):
                    raise Refused(f"the archive holds {member.name!r}")
                if member.isfile() and "/" not in name:
                    members[name] = archive.extractfile(member).read()
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError) as error:
        raise Refused(f"damaged archive: {error}") from error
    return members


# --- CSV -------------------------------------------------------------------------------------------------------------

FIELD = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"([^,\r\n]*)|([^,\r\n]*)')
BLANK_LINE = re.compile(r"[ \t]*(?:\r\n|\r|\n)|[ \t]+\Z")
LINE_END = re.compile(r"\r\n|\r|\n")


def csv_records(text):
    """Lists of fields. A quote in the middle of a field is a character like others."""
    position = 0
    while position < len(text):
        if blank := BLANK_LINE.match(text, position):
            position = blank.end()
            continue
        fields = []
        while True:
            match = FIELD.match(text, position)
            quoted, rest, plain = match.groups()
            if quoted is None and plain.startswith('"'):
                raise FileFailed("a quote is never closed")
            field = plain if quoted is None else quoted.replace('""', '"') + rest
            fields.append(field.split("\0", 1)[0])
            position = match.end()
            if not text.startswith(",", position):
                break
            position += 1
        yield fields
        if end := LINE_END.match(text, position):
            position = end.end()


def header_names(fields):
    names = []
    for index, field in enumerate(fields):
        name = field or f"Unnamed: {index}"
        if name in names:
            name = next(again for number in itertools.count(1)
                        if (again := f"{name}.{number}") not in names and again not in fields)
        names.append(name)
    return names


def report_of(names):
    return next((report for report in KEYS if REQUIRED[report] <= set(names)), None)


def escape(text):
    for character, escaped in [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#x27;")]:
        text = text.replace(character, escaped)
    return text


@dataclasses.dataclass
class Losses:
    """What of a CSV is not in its rows as it stood there."""
    rows_with_too_many_fields: int = 0
    absurd_rows: int = 0
    zeroed_numbers: dict = dataclasses.field(default_factory=dict)
    blanked_words: dict = dataclasses.field(default_factory=dict)
    dropped_labels: dict = dataclasses.field(default_factory=dict)

    def count(self, kind, column, number=1):
        counts = getattr(self, kind)
        counts[column] = counts.get(column, 0) + number


def read_csv(data, losses):
    """Names and rows of texts: blanked, cut at NUL, escaped."""
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise FileFailed(str(error)) from error
    records = csv_records(text)
    names = header_names(next(records, []))
    rows = []
    for fields in records:
        if len(fields) > len(names):
            losses.rows_with_too_many_fields += 1
            continue
        row = [""] * len(names)
        for index, field in enumerate(fields):
            if field not in NA_WORDS:
                row[index] = escape(field) if names[index] in ESCAPED else field
            elif field:
                losses.count("blanked_words", names[index])
        rows.append(row)
    return names, rows
