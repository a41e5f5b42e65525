// SPDX-License-Identifier: Apache-2.0
#include "ingest/report_columns.h"

#include <algorithm>
#include <array>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

namespace matome::ingest {
namespace {

constexpr DailyColumn Key(std::string_view name) { return {name, DailyUse::kKey}; }
constexpr DailyColumn Max(std::string_view name) { return {name, DailyUse::kMaximum}; }
constexpr DailyColumn Sum(std::string_view name) { return {name, DailyUse::kSum}; }
constexpr DailyColumn New(DailyColumn column) {
  column.is_new = true;
  return column;
}
constexpr DailyColumn Computed(DailyColumn column) {
  column.is_computed = true;
  return column;
}

constexpr std::array kStorageUsage = {
    Key("namespace"),
    Key("pod"),
    New(Key("node")),
    Key("persistentvolumeclaim"),
    Key("persistentvolume"),
    Key("storageclass"),
    New(Key("csi_driver")),
    New(Key("csi_volume_handle")),
    Key("persistentvolume_labels"),
    Key("persistentvolumeclaim_labels"),
    Max("report_period_start"),
    Max("report_period_end"),
    Max("persistentvolumeclaim_capacity_bytes"),
    Sum("persistentvolumeclaim_capacity_byte_seconds"),
    Sum("volume_request_storage_byte_seconds"),
    Sum("persistentvolumeclaim_usage_byte_seconds"),
};

constexpr std::array kPodUsage = {
    Key("namespace"),
    Key("node"),
    Key("pod"),
    Key("pod_labels"),
    Max("report_period_start"),
    Max("report_period_end"),
    Max("resource_id"),
    Sum("pod_usage_cpu_core_seconds"),
    Sum("pod_request_cpu_core_seconds"),
    Computed(Sum("pod_effective_usage_cpu_core_seconds")),
    Sum("pod_limit_cpu_core_seconds"),
    Sum("pod_usage_memory_byte_seconds"),
    Sum("pod_request_memory_byte_seconds"),
    Computed(Sum("pod_effective_usage_memory_byte_seconds")),
    Sum("pod_limit_memory_byte_seconds"),
    Max("node_capacity_cpu_cores"),
    Sum("node_capacity_cpu_core_seconds"),
    Max("node_capacity_memory_bytes"),
    Sum("node_capacity_memory_byte_seconds"),
    New(Max("node_role")),
};

constexpr std::array kNodeLabels = {
    Key("node"),
    Key("node_labels"),
    Max("report_period_start"),
    Max("report_period_end"),
};

constexpr std::array kNamespaceLabels = {
    Key("namespace"),
    Key("namespace_labels"),
    Max("report_period_start"),
    Max("report_period_end"),
};

constexpr std::array kVmUsage = {
    Key("namespace"),
    Key("node"),
    Key("vm_name"),
    Key("vm_labels"),
    Max("report_period_start"),
    Max("report_period_end"),
    Max("resource_id"),
    Max("vm_instance_type"),
    Max("vm_os"),
    Max("vm_guest_os_arch"),
    Max("vm_guest_os_name"),
    Max("vm_guest_os_version"),
    Max("vm_cpu_limit_cores"),
    Max("vm_cpu_request_cores"),
    Max("vm_cpu_request_sockets"),
    Max("vm_cpu_request_threads"),
    Max("vm_memory_limit_bytes"),
    Max("vm_memory_request_bytes"),
    Max("vm_device"),
    Max("vm_volume_mode"),
    Max("vm_persistentvolumeclaim_name"),
    Sum("vm_uptime_total_seconds"),
    Sum("vm_cpu_limit_core_seconds"),
    Sum("vm_cpu_request_core_seconds"),
    Sum("vm_cpu_request_socket_seconds"),
    Sum("vm_cpu_request_thread_seconds"),
    Sum("vm_cpu_usage_total_seconds"),
    Sum("vm_memory_limit_byte_seconds"),
    Sum("vm_memory_request_byte_seconds"),
    Sum("vm_memory_usage_byte_seconds"),
    Sum("vm_disk_allocated_size_byte_seconds"),
};

constexpr std::array kGpuUsage = {
    Key("node"),
    Key("namespace"),
    Key("pod"),
    Key("gpu_uuid"),
    New(Key("mig_instance_id")),
    Max("report_period_start"),
    Max("report_period_end"),
    Max("gpu_model_name"),
    Max("gpu_vendor_name"),
    Max("gpu_memory_capacity_mib"),
    New(Max("mig_profile")),
    New(Max("mig_strategy")),
    New(Max("mig_slice_count")),
    New(Max("gpu_max_slices")),
    New(Max("mig_memory_capacity_mib")),
    Sum("gpu_pod_uptime"),
};

constexpr std::array kReports = {CsvReport::kStorageUsage, CsvReport::kPodUsage,
                                 CsvReport::kNodeLabels,   CsvReport::kNamespaceLabels,
                                 CsvReport::kVmUsage,      CsvReport::kGpuUsage};

constexpr std::array<std::string_view, 4> kDates = {"report_period_start", "report_period_end",
                                                    kIntervalStart, kIntervalEnd};

constexpr std::array<std::string_view, 17> kEscaped = {
    "namespace",
    "pod",
    "node",
    "persistentvolumeclaim",
    "persistentvolume",
    "storageclass",
    "resource_id",
    "vm_name",
    "gpu_uuid",
    "gpu_model_name",
    "gpu_vendor_name",
    "csi_driver",
    "csi_volume_handle",
    "node_role",
    "vm_instance_type",
    "vm_os",
    "vm_device",
};

constexpr std::array<std::string_view, 13> kLimited = {
    "pod_usage_cpu_core_seconds",
    "pod_request_cpu_core_seconds",
    "pod_limit_cpu_core_seconds",
    "pod_usage_memory_byte_seconds",
    "pod_request_memory_byte_seconds",
    "pod_limit_memory_byte_seconds",
    "node_capacity_cpu_core_seconds",
    "node_capacity_memory_bytes",
    "node_capacity_memory_byte_seconds",
    "persistentvolumeclaim_capacity_bytes",
    "persistentvolumeclaim_capacity_byte_seconds",
    "volume_request_storage_byte_seconds",
    "persistentvolumeclaim_usage_byte_seconds",
};

// Numbers that no suffix of the daily columns tells: texts are maxima, too.
bool IsNumber(const DailyColumn& column) {
  if (column.use == DailyUse::kSum) return true;
  constexpr std::array<std::string_view, 5> suffixes = {"_cores", "_sockets", "_threads", "_bytes",
                                                        "_mib"};
  return column.use == DailyUse::kMaximum &&
         std::ranges::any_of(suffixes,
                             [&](std::string_view end) { return column.name.ends_with(end); });
}

absl::flat_hash_map<std::string_view, ColumnKind> MakeKinds() {
  absl::flat_hash_map<std::string_view, ColumnKind> kinds;
  for (const auto date : kDates) kinds[date] = ColumnKind::kDate;
  for (const auto report : kReports) {
    for (const auto& column : DailyColumnsOf(report)) {
      // The effective ones are computed: a CSV has none, and what it has by that name is text.
      if (column.is_computed) continue;
      if (IsNumber(column)) kinds[column.name] = ColumnKind::kNumber;
      if (column.use == DailyUse::kKey && column.name.ends_with("_labels")) {
        kinds[column.name] = ColumnKind::kLabels;
      }
    }
  }
  kinds["mig_memory_capacity_mib"] = ColumnKind::kNumberOrNull;
  kinds["mig_slice_count"] = kinds["gpu_max_slices"] = ColumnKind::kIntegerOrNull;
  return kinds;
}

std::string Lowered(std::string_view text) {
  std::string lowered(text);
  for (char& byte : lowered) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  return lowered;
}

}  // namespace

std::span<const DailyColumn> DailyColumnsOf(CsvReport report) {
  switch (report) {
    case CsvReport::kStorageUsage:
      return kStorageUsage;
    case CsvReport::kPodUsage:
      return kPodUsage;
    case CsvReport::kNodeLabels:
      return kNodeLabels;
    case CsvReport::kNamespaceLabels:
      return kNamespaceLabels;
    case CsvReport::kVmUsage:
      return kVmUsage;
    case CsvReport::kGpuUsage:
      return kGpuUsage;
  }
  return {};
}

std::string_view ReportType(CsvReport report) {
  switch (report) {
    case CsvReport::kStorageUsage:
      return "storage_usage";
    case CsvReport::kPodUsage:
      return "pod_usage";
    case CsvReport::kNodeLabels:
      return "node_labels";
    case CsvReport::kNamespaceLabels:
      return "namespace_labels";
    case CsvReport::kVmUsage:
      return "vm_usage";
    case CsvReport::kGpuUsage:
      return "gpu_usage";
  }
  return "";
}

ColumnRule RuleOf(std::string_view column) {
  static const auto kinds = MakeKinds();
  ColumnRule rule;
  if (const auto kind = kinds.find(Lowered(column)); kind != kinds.end()) rule.kind = kind->second;
  rule.escaped = std::ranges::find(kEscaped, column) != kEscaped.end();
  rule.limited = std::ranges::find(kLimited, column) != kLimited.end();
  rule.has_label_keys = rule.kind == ColumnKind::kLabels && column != "vm_labels";
  return rule;
}

std::optional<CsvReport> ReportOfHeader(std::span<const std::string> columns) {
  const absl::flat_hash_set<std::string_view> names(columns.begin(), columns.end());
  const auto has = [&names](std::string_view name) { return names.contains(name); };
  if (!std::ranges::all_of(kDates, has)) return std::nullopt;
  for (const auto report : kReports) {
    const auto is_there = [&](const DailyColumn& column) {
      return column.is_new || column.is_computed || has(column.name);
    };
    if (std::ranges::all_of(DailyColumnsOf(report), is_there)) return report;
  }
  return std::nullopt;
}

}  // namespace matome::ingest
