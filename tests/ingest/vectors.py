# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/design/payload.md §3.7, §4, §6.1 and §10, as payloads and what must be stored of them."""
import dataclasses
import datetime
import json

ID = "6f1c1c36-6d0e-4d5e-9d43-1c7c6a5b8f21"
OTHER_ID = "0d7f3d3e-55a4-4c0b-8f2b-0f5b7d1e9a10"
ABSENT = object()  # In place of values: there is no such column.

LABEL_TEXTS = {
    "": "{}", "NA": "{}", "null": "{}", "label_a": "{}", "label_a:1,label_b:2": "{}",
    "label_a:x|label_b:y": '{"a": "x", "b": "y"}',
    "label_b:1|label_a:2": '{"b": "1", "a": "2"}',
    "label_a:x|label_b:y|label_a:z": '{"a": "z", "b": "y"}',
    "label_a:x:y|label_b:z": '{"b": "z"}',
    "label_a:|label_b:": '{"a": "", "b": ""}',
    "|label_a:x||": '{"a": "x"}',
    "label_label_a:x": '{"a": "x"}',
    "app_label_x:1": '{"app_x": "1"}',
    ":v": '{"": "v"}',
    "label_:v": '{"": "v"}',
    "label_a: x ": '{"a": " x "}',
    "LABEL_a:x": '{"LABEL_a": "x"}',
    "label_é:ü": r'{"\u00e9": "\u00fc"}',
    "label_a:😀": r'{"a": "\ud83d\ude00"}',
    'label_a:"q"': r'{"a": "\"q\""}',
    "label_a:b\\c": r'{"a": "b\\c"}',
    "label_a:x/y&<z>": '{"a": "x/y&<z>"}',
    "label_a:\th\x7f": r'{"a": "\th\u007f"}',
}

# start, end, hours of days from the first day on.
HOURS = [
    ("2025-10-01T00:00:00Z", "2025-10-01T17:59:59Z", "2025-10-01", [18]),
    ("2025-10-01T00:00:00Z", "2025-10-02T00:00:00Z", "2025-10-01", [24, 0]),
    ("2025-10-30T12:00:00Z", "2025-11-02T05:59:59Z", "2025-10-30", [12, 24, 24, 6]),
    ("2025-10-31T00:00:00Z", "2025-11-01T05:59:59Z", "2025-10-31", [24, 6]),
    ("2025-10-01T05:30:00Z", "2025-10-01T06:00:01Z", "2025-10-01", [1]),
    ("2025-10-01T00:00:00+02:00", "2025-10-01T05:59:59+02:00", "2025-10-01", [4]),
]


def hour_text(hour, day="2025-10-01", minute="00:00"):
    return f"{day} {hour:02}:{minute} +0000 UTC"


def base_row(**changes):
    hour = changes.pop("hour", 0)
    day = changes.pop("day", "2025-10-01")
    return {"report_period_start": "2025-10-01 00:00:00 +0000 UTC",
            "report_period_end": "2025-11-01 00:00:00 +0000 UTC",
            "interval_start": hour_text(hour, day), "interval_end": hour_text(hour, day, "59:59")} | changes


def pod(**changes):
    return base_row(**{name: changes.pop(name) for name in ("hour", "day") if name in changes}) | {
        "node": "n1", "namespace": "ns", "pod": "p", "pod_usage_cpu_core_seconds": "1",
        "pod_request_cpu_core_seconds": "2", "pod_limit_cpu_core_seconds": "3", "pod_usage_memory_byte_seconds": "4",
        "pod_request_memory_byte_seconds": "5", "pod_limit_memory_byte_seconds": "6", "node_capacity_cpu_cores": "4",
        "node_capacity_cpu_core_seconds": "14400", "node_capacity_memory_bytes": "8",
        "node_capacity_memory_byte_seconds": "28800", "node_role": "worker", "resource_id": "i-1",
        "pod_labels": "label_a:x|label_b:y"} | changes


def storage(**changes):
    return base_row(**{name: changes.pop(name) for name in ("hour", "day") if name in changes}) | {
        "namespace": "ns", "pod": "p", "persistentvolumeclaim": "c", "persistentvolume": "v", "storageclass": "gp3",
        "persistentvolumeclaim_capacity_bytes": "10", "persistentvolumeclaim_capacity_byte_seconds": "36000",
        "volume_request_storage_byte_seconds": "7200", "persistentvolumeclaim_usage_byte_seconds": "3600",
        "persistentvolume_labels": "label_v:1", "persistentvolumeclaim_labels": ""} | changes


def node_labels(**changes):
    return base_row(**{name: changes.pop(name) for name in ("hour", "day") if name in changes}) | {
        "node": "n1", "node_labels": "label_zone:a"} | changes


def namespace_labels(**changes):
    return base_row(**{name: changes.pop(name) for name in ("hour", "day") if name in changes}) | {
        "namespace": "ns", "namespace_labels": "label_team:red"} | changes


def vm(**changes):
    measures = ["vm_uptime_total_seconds", "vm_cpu_limit_cores", "vm_cpu_limit_core_seconds", "vm_cpu_request_cores",
                "vm_cpu_request_core_seconds", "vm_cpu_request_sockets", "vm_cpu_request_socket_seconds",
                "vm_cpu_request_threads", "vm_cpu_request_thread_seconds", "vm_cpu_usage_total_seconds",
                "vm_memory_limit_bytes", "vm_memory_limit_byte_seconds", "vm_memory_request_bytes",
                "vm_memory_request_byte_seconds", "vm_memory_usage_byte_seconds",
                "vm_disk_allocated_size_byte_seconds"]
    texts = ["vm_instance_type", "vm_os", "vm_guest_os_arch", "vm_guest_os_name", "vm_guest_os_version", "vm_device",
             "vm_volume_mode", "vm_persistentvolumeclaim_name"]
    return base_row(**{name: changes.pop(name) for name in ("hour", "day") if name in changes}) | {
        "node": "n1", "resource_id": "i-1", "namespace": "ns", "vm_name": "vm"} | dict.fromkeys(texts, "t") | {
        name: str(number) for number, name in enumerate(measures)} | {"vm_labels": "label_v:1"} | changes


def gpu(**changes):
    return base_row(**{name: changes.pop(name) for name in ("hour", "day") if name in changes}) | {
        "node": "n1", "namespace": "ns", "pod": "p", "gpu_uuid": "GPU-1",
        "gpu_model_name": "NVIDIA A100-SXM4-40GB", "gpu_vendor_name": "nvidia_com_gpu",
        "gpu_memory_capacity_mib": "40960", "gpu_pod_uptime": "3600"} | changes


def without(row, *names):
    return {name: text for name, text in row.items() if name not in names}


def csv_line(fields):
    return ",".join('"' + field.replace('"', '""') + '"' if set(field) & set('",\r\n') else field
                    for field in fields) + "\n"


def csv_text(rows):
    names = list(rows[0])
    return csv_line(names) + "".join(csv_line(row[name] for name in names) for row in rows)


def payload(files, listed=None, **fields):
    """Members of an archive; a file is a list of rows or a text. Fields of None are left out of the manifest."""
    manifest = {"uuid": ID, "cluster_id": "my-cluster", "date": "2025-10-01T12:00:00Z", "version": "4.4.2",
                "daily_reports": True, "files": list(files) if listed is None else listed} | fields
    members = {name: (csv_text(rows) if isinstance(rows, list) else rows) for name, rows in files.items()}
    members["manifest.json"] = json.dumps({name: value for name, value in manifest.items() if value is not None})
    return {name: text.encode() if isinstance(text, str) else text for name, text in members.items()}


def day_payload(hours, identity, **fields):
    """The hours 0..n-1 of a day."""
    return payload({"a.csv": [pod(hour=hour) for hour in range(hours)]}, uuid=identity,
                   start="2025-10-01T00:00:00Z", end=f"2025-10-01T{hours - 1:02}:59:59Z", **fields)


def moment(text):
    return (datetime.datetime.fromisoformat(text) - datetime.datetime(1970, 1, 1)) // datetime.timedelta(
        milliseconds=1)


@dataclasses.dataclass
class Stored:
    """Of one base name: what hourly and daily object hold. A column that is not named may hold anything."""
    hourly: dict
    daily: dict
    hours: int = None
    hourly_names: list = None
    daily_names: list = None
    month: str = "10"
    kinds: dict = dataclasses.field(default_factory=dict)
    batch: int = 0


@dataclasses.dataclass
class Vector:
    name: str
    payloads: list
    stored: dict  # Base name -> Stored, or a list of them by batch.
    batch_rows: int = 200_000
    tag_keys: set = None


def base(number=0, day="2025-10-01", report="pod_usage", identity=ID):
    return f"{report}.{day}.{identity}.{number}"


USAGE, REQUEST = "pod_usage_cpu_core_seconds", "pod_request_cpu_core_seconds"
EFFECTIVE = "pod_effective_usage_cpu_core_seconds"
EFFECTIVE_MEMORY = "pod_effective_usage_memory_byte_seconds"
AB = '{"a": "x", "b": "y"}'
POD_DAILY = ["namespace", "node", "pod", "pod_labels", "interval_start", "report_period_start", "report_period_end",
             "resource_id", USAGE, REQUEST, EFFECTIVE, "pod_limit_cpu_core_seconds", "pod_usage_memory_byte_seconds",
             "pod_request_memory_byte_seconds", EFFECTIVE_MEMORY, "pod_limit_memory_byte_seconds",
             "node_capacity_cpu_cores", "node_capacity_cpu_core_seconds", "node_capacity_memory_bytes",
             "node_capacity_memory_byte_seconds", "node_role"]
GPU_DAILY = ["node", "namespace", "pod", "gpu_uuid", "interval_start", "report_period_start", "report_period_end",
             "gpu_model_name", "gpu_vendor_name", "gpu_memory_capacity_mib"]


def one(*rows, **fields):
    return [payload({"a.csv": list(rows)}, **fields)]


def pods(hourly, daily, **more):
    return {base(): Stored(hourly, daily, **more)}


def month_end():
    return {"a.csv": [pod(hour=23, day="2025-10-31"), pod(hour=0, day="2025-11-01")]}


MIG = ["mig_slice_count", "mig_memory_capacity_mib", "gpu_max_slices"]
WHOLE = {"daily_reports": False}

VECTORS = [
    Vector("1: base", one(pod()), pods(
        {EFFECTIVE: [2], EFFECTIVE_MEMORY: [5], "pod_labels": [AB], "interval_end": [moment("2025-10-01T00:59:59")]},
        {EFFECTIVE: [2], EFFECTIVE_MEMORY: [5], "pod_labels": [AB], "interval_start": [moment("2025-10-01")],
         "interval_end": ABSENT},
        hours=1, hourly_names=[*pod(), EFFECTIVE, EFFECTIVE_MEMORY], daily_names=POD_DAILY,
        kinds={"interval_start": "timestamp", "pod": "text", USAGE: "double"}), tag_keys={"a", "b"}),
    Vector("2: three equal rows", one(pod(), pod(), pod()), pods(
        {USAGE: [1, 1, 1]},
        {USAGE: [3], "node_capacity_cpu_core_seconds": [43200], "node_capacity_cpu_cores": [4]})),
    Vector("3: an absurd row alone", one(pod(**{USAGE: "1e19"})), {}),
    Vector("4: not absurd", one(pod(**{USAGE: "1e18"}), pod(hour=1, **{USAGE: "-1e19"})), pods(
        {USAGE: [1e18, -1e19]}, {USAGE: [-9e18], EFFECTIVE: [1e18]})),
    Vector("5: NaN", one(pod(**{USAGE: "NAN"})), pods({USAGE: [None], EFFECTIVE: [2]}, {USAGE: [0]})),
    Vector("6: NaN alone has no maximum", one(pod(node_capacity_cpu_cores="NAN")), pods(
        {"node_capacity_cpu_cores": [None]}, {"node_capacity_cpu_cores": [None]})),
    Vector("7: numbers", one(*(pod(pod=name, **{USAGE: text}) for name, text in zip(
        "abcd", ["1_000", " 12 ", "0x10", "inf"]))), pods(
        {"pod": list("abc"), USAGE: [1000, 12, 0]}, {"pod": list("abc"), USAGE: [1000, 12, 0]})),
    Vector("8: words that are nothing", one(pod(namespace="null", node_role="NA")), pods(
        *[{"namespace": [""], "node_role": [""]}] * 2)),
    Vector("9: escapes", one(pod(namespace="a&b", pod="it's")), pods(
        *[{"namespace": ["a&amp;b"], "pod": ["it&#x27;s"]}] * 2)),
    Vector("10: no node_role", one(without(pod(), "node_role")), pods(
        {"node_role": ABSENT}, {"node_role": [None]}, daily_names=POD_DAILY, kinds={"node_role": "text"})),
    Vector("11: a further column", one(pod(zone="NA")), pods(
        {"zone": [""]}, {"zone": ABSENT}, hourly_names=[*pod(), "zone", EFFECTIVE, EFFECTIVE_MEMORY])),
    Vector("12: a month end", [payload(month_end(), start="2025-10-31T00:00:00Z", end="2025-11-01T00:59:59Z")], {
        base(day="2025-10-31"): Stored({"pod": ["p"]}, {"pod": ["p"]}, hours=24),
        base(day="2025-11-01"): Stored({"pod": ["p"]}, {"pod": ["p"]}, hours=1, month="11")}),
    Vector("13: a month end, not cut", [payload(month_end(), **WHOLE, date="2025-11-01T01:00Z")], {
        "a": Stored({"pod": ["p", "p"]},
                    {"interval_start": [moment("2025-10-31"), moment("2025-11-01")]}, hours=0, month="11")}),
    Vector("14: more hours replace", [day_payload(6, ID), day_payload(12, OTHER_ID)], {
        base(identity=OTHER_ID): Stored({USAGE: [1] * 12}, {USAGE: [12]}, hours=12)}),
    Vector("14: fewer hours do not", [day_payload(12, ID), day_payload(6, OTHER_ID)], {
        base(): Stored({USAGE: [1] * 12}, {USAGE: [12]}, hours=12)}),
    Vector("14: as many hours do not", [day_payload(6, ID), day_payload(6, OTHER_ID)], {
        base(): Stored({USAGE: [1] * 6}, {USAGE: [6]}, hours=6)}),
    Vector("15: two CSVs of a day", [payload({"a.csv": [pod()], "b.csv": [pod(pod="q")]})], {
        base(0): Stored({"pod": ["p"]}, {"pod": ["p"]}), base(1): Stored({"pod": ["q"]}, {"pod": ["q"]})}),
    Vector("16: order of a daily file", one(
        pod(pod="a", day="2025-10-02"), pod(pod="a", day="2025-10-02", hour=3), pod(pod="a"), pod(pod="b", hour=5),
        **WHOLE), {"a": Stored({"pod": ["a", "a", "a", "b"]}, {
            "pod": ["a", "a", "b"], USAGE: [1, 2, 1],
            "interval_start": [moment("2025-10-01"), moment("2025-10-02"), moment("2025-10-01")]})}),
    Vector("17: batches", one(pod(), pod(), pod(**{USAGE: "1e19"}), pod(), pod()), {
        base(): [Stored({USAGE: [1, 1]}, {USAGE: [2]}), Stored({USAGE: [1]}, {USAGE: [1]}),
                 Stored({USAGE: [1]}, {USAGE: [1]})]}, batch_rows=2),
    Vector("18: storage", one(storage(), storage(hour=1, persistentvolumeclaim_capacity_bytes="20")), {
        base(report="storage_usage"): Stored({}, {
            "persistentvolumeclaim_capacity_bytes": [20], "persistentvolumeclaim_capacity_byte_seconds": [72000],
            "node": [None], "csi_driver": [None], "csi_volume_handle": [None]},
            daily_names=["namespace", "pod", "persistentvolumeclaim", "persistentvolume", "storageclass",
                         "persistentvolume_labels", "persistentvolumeclaim_labels", "interval_start",
                         "report_period_start", "report_period_end", "persistentvolumeclaim_capacity_bytes",
                         "persistentvolumeclaim_capacity_byte_seconds", "volume_request_storage_byte_seconds",
                         "persistentvolumeclaim_usage_byte_seconds", "node", "csi_driver", "csi_volume_handle"])}),
    Vector("19: VM", one(vm(vm_name="a&b", vm_guest_os_name="a&b")), {
        base(report="vm_usage"): Stored(*[{"vm_name": ["a&amp;b"], "vm_guest_os_name": ["a&b"],
                                           "vm_labels": ['{"v": "1"}']}] * 2)}, tag_keys=set()),
    Vector("20: two kinds of labels", one(node_labels() | namespace_labels()), {
        base(report="node_labels"): Stored(
            {"namespace": ["ns"], "namespace_labels": ['{"team": "red"}']},
            {"namespace": ABSENT, "namespace_labels": ABSENT, "node_labels": ['{"zone": "a"}']},
            daily_names=["node", "node_labels", "interval_start", "report_period_start", "report_period_end"])}),
    Vector("21: GPU", one(
        gpu(mig_profile="1g.5gb"), gpu(pod="q", mig_profile="2g.10gb", gpu_model_name="Tesla T4")), {
        base(report="gpu_usage"): Stored(*[{
            "gpu_model_name": ["NVIDIA A100 SXM4 40GB", "Tesla T4"], "gpu_vendor_name": ["nvidia", "nvidia"],
            "mig_profile": ["1g.5gb", None], "mig_slice_count": [1, None], "mig_memory_capacity_mib": [5120, None],
            "gpu_max_slices": [7, None]}] * 2,
            hourly_names=[*gpu(), "mig_profile", *MIG], kinds=dict.fromkeys(MIG, "double"))}),
    Vector("22: adjusted to UTC", one(pod(interval_start="2025-10-01T00:00:00Z")), pods(
        {"interval_start": [moment("2025-10-01")]}, {"interval_start": [moment("2025-10-01")]},
        hours=1, kinds={"interval_start": "timestamp_utc"})),
    Vector("§4", one(
        pod(pod="web", **{USAGE: "100", REQUEST: "150"}),
        pod(hour=1, pod="web", resource_id="i-2", **{USAGE: "200", REQUEST: "150"}, node_capacity_cpu_cores="8",
            node_capacity_cpu_core_seconds="28800", node_role=""),
        pod(hour=1, pod="web", resource_id="", pod_labels="label_b:y|label_a:x", **{USAGE: "7", REQUEST: "2"}),
        pod(hour=2, node="", pod="Web", resource_id="", pod_labels="", **{USAGE: "", REQUEST: "junk"}),
        pod(hour=2, pod="é", namespace="z&z")), pods({}, {
            "namespace": ["ns", "ns", "ns", "z&amp;z"], "node": ["", "n1", "n1", "n1"],
            "pod": ["Web", "web", "web", "é"], "pod_labels": ["{}", AB, '{"b": "y", "a": "x"}', AB],
            "resource_id": ["", "i-2", "", "i-1"], USAGE: [0, 300, 7, 1], REQUEST: [0, 300, 2, 2],
            EFFECTIVE: [0, 350, 7, 2], "node_capacity_cpu_cores": [4, 8, 4, 4],
            "node_capacity_cpu_core_seconds": [14400, 43200, 14400, 14400], "node_role": ["worker"] * 4})),
    Vector("§4: sums are compensated", one(
        *(pod(**{USAGE: text}) for text in ["1e16", "1", "1", "1", "1", "-1e16"]),
        *(pod(pod="q", **{USAGE: "0.1"}) for _ in range(10))), pods({}, {USAGE: [4, 1]})),
    Vector("§3.7", one(*(pod(pod=f"{number:02}", pod_labels=text) for number, text in enumerate(LABEL_TEXTS))), pods(
        *[{"pod_labels": list(LABEL_TEXTS.values())}] * 2)),
    *(Vector(f"§6.1: {start} to {end}", [payload(
        {"a.csv": [pod(day=str(datetime.date.fromisoformat(first) + datetime.timedelta(days=number)))
                   for number in range(len(hours))]}, start=start, end=end)], {
            base(day=str(day)): Stored({}, {}, hours=of_day or 1, month=f"{day.month:02}")
            for number, of_day in enumerate(hours)
            for day in [datetime.date.fromisoformat(first) + datetime.timedelta(days=number)]})
      for start, end, first, hours in HOURS),
]


def check(test, vector, objects):
    """`objects` are what the vector's payloads left: key -> reference_converter.StoredObject."""
    expected = {}
    for name, stored in vector.stored.items():
        for batch, table in enumerate(stored if isinstance(stored, list) else [stored]):
            for daily in (False, True):
                expected[f"month={table.month}/{name}{'_daily' if daily else ''}_{batch}.parquet"] = table, daily
    test.assertEqual(sorted("/".join(key.split("/")[-2:]) for key in objects), sorted(expected))
    for key, stored in objects.items():
        table, daily = expected["/".join(key.split("/")[-2:])]
        for name, values in (table.daily if daily else table.hourly).items():
            if values is ABSENT:
                test.assertNotIn(name, stored.columns, key)
            else:
                test.assertEqual(stored.columns[name].values, values, f"{key}: {name}")
        for name, kind in table.kinds.items():
            if name in stored.columns:
                test.assertEqual(stored.columns[name].kind, kind, f"{key}: {name}")
        names = table.daily_names if daily else table.hourly_names
        if names:
            test.assertEqual(list(stored.columns), names, key)
        if table.hours is not None:
            test.assertEqual(stored.metadata["reportnumhours"], str(table.hours), key)
