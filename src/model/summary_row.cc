// SPDX-License-Identifier: Apache-2.0
#include "model/summary_row.h"

namespace matome::model {

std::string_view RowKindName(RowKind kind) {
  switch (kind) {
    case RowKind::kPod:
      return "pod";
    case RowKind::kStorage:
      return "storage";
    case RowKind::kUnallocated:
      return "unallocated";
  }
  return "";
}

std::string_view NumberName(Number number) {
  static constexpr std::array<std::string_view, kNumberCount> kNames = {
      "pod_usage_cpu_core_hours",
      "pod_request_cpu_core_hours",
      "pod_effective_usage_cpu_core_hours",
      "pod_limit_cpu_core_hours",
      "pod_usage_memory_gigabyte_hours",
      "pod_request_memory_gigabyte_hours",
      "pod_effective_usage_memory_gigabyte_hours",
      "pod_limit_memory_gigabyte_hours",
      "node_capacity_cpu_cores",
      "node_capacity_cpu_core_hours",
      "node_capacity_memory_gigabytes",
      "node_capacity_memory_gigabyte_hours",
      "cluster_capacity_cpu_core_hours",
      "cluster_capacity_memory_gigabyte_hours",
      "persistentvolumeclaim_capacity_gigabyte",
      "persistentvolumeclaim_capacity_gigabyte_months",
      "volume_request_storage_gigabyte_months",
      "persistentvolumeclaim_usage_gigabyte_months"};
  return kNames[static_cast<size_t>(number)];
}

std::string_view NameName(Name name) {
  static constexpr std::array<std::string_view, kNameCount> kNames = {
      "namespace",        "node",         "resource_id",      "persistentvolumeclaim",
      "persistentvolume", "storageclass", "csi_volume_handle"};
  return kNames[static_cast<size_t>(name)];
}

}  // namespace matome::model
