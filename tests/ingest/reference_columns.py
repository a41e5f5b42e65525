# SPDX-License-Identifier: Apache-2.0
"""The columns of the operator's six reports, as docs/design/payload.md and semantics.md §2.6 list them."""

DATES = ["report_period_start", "report_period_end", "interval_start", "interval_end"]
PERIOD = DATES[:2]

# Of each report: its keys and its aggregates in the order of a daily file.
KEYS = {
    "storage_usage": ["namespace", "pod", "node", "persistentvolumeclaim", "persistentvolume", "storageclass",
                      "csi_driver", "csi_volume_handle", "persistentvolume_labels", "persistentvolumeclaim_labels"],
    "pod_usage": ["namespace", "node", "pod", "pod_labels"],
    "node_labels": ["node", "node_labels"],
    "namespace_labels": ["namespace", "namespace_labels"],
    "vm_usage": ["namespace", "node", "vm_name", "vm_labels"],
    "gpu_usage": ["node", "namespace", "pod", "gpu_uuid", "mig_instance_id"],
}
AGGREGATES = {
    "storage_usage": {
        "persistentvolumeclaim_capacity_bytes": max, "persistentvolumeclaim_capacity_byte_seconds": sum,
        "volume_request_storage_byte_seconds": sum, "persistentvolumeclaim_usage_byte_seconds": sum},
    "pod_usage": {
        "resource_id": max, "pod_usage_cpu_core_seconds": sum, "pod_request_cpu_core_seconds": sum,
        "pod_effective_usage_cpu_core_seconds": sum, "pod_limit_cpu_core_seconds": sum,
        "pod_usage_memory_byte_seconds": sum, "pod_request_memory_byte_seconds": sum,
        "pod_effective_usage_memory_byte_seconds": sum, "pod_limit_memory_byte_seconds": sum,
        "node_capacity_cpu_cores": max, "node_capacity_cpu_core_seconds": sum, "node_capacity_memory_bytes": max,
        "node_capacity_memory_byte_seconds": sum, "node_role": max},
    "node_labels": {},
    "namespace_labels": {},
    "vm_usage": dict.fromkeys(
        ["resource_id", "vm_instance_type", "vm_os", "vm_guest_os_arch", "vm_guest_os_name", "vm_guest_os_version",
         "vm_cpu_limit_cores", "vm_cpu_request_cores", "vm_cpu_request_sockets", "vm_cpu_request_threads",
         "vm_memory_limit_bytes", "vm_memory_request_bytes", "vm_device", "vm_volume_mode",
         "vm_persistentvolumeclaim_name"], max) | dict.fromkeys(
        ["vm_uptime_total_seconds", "vm_cpu_limit_core_seconds", "vm_cpu_request_core_seconds",
         "vm_cpu_request_socket_seconds", "vm_cpu_request_thread_seconds", "vm_cpu_usage_total_seconds",
         "vm_memory_limit_byte_seconds", "vm_memory_request_byte_seconds", "vm_memory_usage_byte_seconds",
         "vm_disk_allocated_size_byte_seconds"], sum),
    "gpu_usage": {
        "gpu_model_name": max, "gpu_vendor_name": max, "gpu_memory_capacity_mib": max, "mig_profile": max,
        "mig_strategy": max, "mig_slice_count": max, "gpu_max_slices": max, "mig_memory_capacity_mib": max,
        "gpu_pod_uptime": sum},
}
# Columns that some operators do not send; a daily file has them all the same.
NEW = {
    "storage_usage": ["node", "csi_driver", "csi_volume_handle"],
    "pod_usage": ["node_role"],
    "node_labels": [],
    "namespace_labels": [],
    "vm_usage": [],
    "gpu_usage": ["mig_instance_id", "mig_profile", "mig_strategy", "mig_slice_count", "gpu_max_slices",
                  "mig_memory_capacity_mib"],
}
COMPUTED = ["pod_effective_usage_cpu_core_seconds", "pod_effective_usage_memory_byte_seconds"]
REQUIRED = {report: {*DATES, *KEYS[report], *AGGREGATES[report]} - {*NEW[report], *COMPUTED} for report in KEYS}

SLICES = ["mig_slice_count", "mig_memory_capacity_mib", "gpu_max_slices"]
LABELS = {name for keys in KEYS.values() for name in keys if name.endswith("_labels")}
NUMBERS = {name for columns in AGGREGATES.values() for name in columns
           if name.endswith(("_seconds", "_cores", "_sockets", "_threads", "_bytes", "_uptime"))
           or name == "gpu_memory_capacity_mib"} - set(COMPUTED)
ESCAPED = {"namespace", "pod", "node", "persistentvolumeclaim", "persistentvolume", "storageclass", "resource_id",
           "vm_name", "gpu_uuid", "gpu_model_name", "gpu_vendor_name", "csi_driver", "csi_volume_handle", "node_role",
           "vm_instance_type", "vm_os", "vm_device"}
ABSURD = {f"pod_{kind}_{unit}_seconds" for kind in ["usage", "request", "limit"]
          for unit in ["cpu_core", "memory_byte"]} | {
    "node_capacity_cpu_core_seconds", "node_capacity_memory_bytes", "node_capacity_memory_byte_seconds",
    "persistentvolumeclaim_capacity_bytes", "persistentvolumeclaim_capacity_byte_seconds",
    "volume_request_storage_byte_seconds", "persistentvolumeclaim_usage_byte_seconds"}
NA_WORDS = {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A",
            "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}
MODELS = {"A30": 4, "A100": 7, "H100": 7, "H200": 7, "B200": 7, "RTX PRO 6000": 4, "RTX PRO 5000": 2}
