# SPDX-License-Identifier: Apache-2.0
"""Runs `matome ingest`, and reads a lake into the form in which the reference converter has it."""
import io
import json
import os
import pathlib
import struct
import subprocess
import tarfile
import tempfile

import pyarrow.parquet

from reference_columns import COMPUTED
from reference_converter import Column, StoredObject

SOURCE = "7f5f1f6e-5f0c-4a53-9d9e-2d6b1f1f0001"
KINDS = {("BYTE_ARRAY", "String"): "text", ("DOUBLE", "None"): "double"}


class Program:
    def __init__(self, matome):
        self.matome = pathlib.Path(matome).resolve()
        self.errors = ""  # What the last run said.

    def start(self, lake, payloads, *options, environment=None, **how):
        return subprocess.Popen(
            [self.matome, "ingest", *payloads, "--lake", lake, "--source", SOURCE, "--schema", "org1234567", "--quiet",
             "--json", *options], env=dict(os.environ) | (environment or {}), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **how)

    def ingest(self, lake, payloads, *options, codes=(0,), stdin=None, environment=None):
        """The exit code, and what is said in JSON."""
        process = self.start(lake, payloads, *options, environment=environment,
                             stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE)
        output, errors = process.communicate(stdin)
        self.errors = errors.decode()
        if process.returncode not in codes:
            raise AssertionError(f"{process.args} ends with {process.returncode}, not {codes}: {self.errors}")
        return process.returncode, json.loads(output) if output else None


def scratch():
    memory = "/dev/shm"
    return tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None)


def pack(members):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz", compresslevel=1) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return data.getvalue()


def put_members(folder, members):
    folder.mkdir(parents=True)
    for name, content in members.items():
        (folder / name).write_bytes(content)
    return folder


def put_archives(folder, archives):
    return [file_of(folder / f"{number}.tar.gz", data) for number, data in enumerate(archives)]


def file_of(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def column_kind(column):
    if column.physical_type == "INT64" and column.logical_type.type == "TIMESTAMP":
        form = json.loads(column.logical_type.to_json())
        if form["timeUnit"] == "milliseconds":
            return "timestamp_utc" if form["isAdjustedToUTC"] else "timestamp"
    return KINDS.get((column.physical_type, str(column.logical_type)), str(column))


def read_object(path):
    with pyarrow.parquet.ParquetFile(path) as file:
        schema = file.schema
        table = file.read()
        metadata = {key.decode(): value.decode() for key, value in (file.metadata.metadata or {}).items()}
        if file.metadata.num_row_groups != 1 or table.num_rows == 0:
            raise AssertionError(f"{path} has {file.metadata.num_row_groups} row groups, {table.num_rows} rows")
        if any(schema.column(index).max_definition_level != 1 for index in range(len(schema))):
            raise AssertionError(f"{path} has a REQUIRED column")
    columns = {}
    for index, name in enumerate(table.column_names):
        kind = column_kind(schema.column(index))
        values = table.column(index)
        if kind.startswith("timestamp"):
            values = values.cast(pyarrow.int64())
        columns[name] = Column(kind, values.to_pylist())
    return StoredObject(columns, {name: metadata.get(f"matome.{name}")
                                  for name in ["manifestid", "reportdatestart", "reportnumhours"]})


def object_paths(lake):
    """Of what a reader of the lake sees."""
    lake = pathlib.Path(lake)
    paths = {str(path.relative_to(lake)): path for path in (lake / "data").rglob("*") if path.is_file()}
    return {key: path for key, path in paths.items() if not any(part[0] in "._" for part in key.split("/"))}


def read_lake(lake):
    return {key: read_object(path) for key, path in object_paths(lake).items()}


def same(name, daily, expected, actual):
    if expected == actual:
        # A daily zero's sign depends on how it came to be; an hourly one's is that of the CSV.
        return daily or name in COMPUTED or not isinstance(expected, float) or (
            struct.pack("d", expected) == struct.pack("d", actual))
    return False


def object_difference(key, expected, actual):
    if expected.metadata != actual.metadata:
        return f"{key}: metadata {actual.metadata}, not {expected.metadata}"
    if list(expected.columns) != list(actual.columns):
        return f"{key}: columns {list(actual.columns)}, not {list(expected.columns)}"
    for name, column in expected.columns.items():
        other = actual.columns[name]
        if column.kind != other.kind:
            return f"{key}: {name} is of {other.kind}, not {column.kind}"
        if len(column.values) != len(other.values):
            return f"{key}: {len(other.values)} rows, not {len(column.values)}"
        for row, (value, found) in enumerate(zip(column.values, other.values)):
            if not same(name, "/daily/" in key, value, found):
                return f"{key}: row {row}: {name} is {found!r}, not {value!r}"
    return None


def difference(expected, actual):
    """In what two lakes differ, or None."""
    for key in sorted(expected.keys() - actual.keys()):
        return f"{key} is missing; there are {sorted(actual)}"
    for key, stored in sorted(actual.items()):
        problem = object_difference(key, expected[key], stored) if key in expected else f"{key} should not be there"
        if problem:
            return problem
    return None
