// SPDX-License-Identifier: Apache-2.0
#include "datagen/report_layout.h"

#include <array>

namespace matome::datagen {
namespace {

constexpr std::string_view kPodKeys[] = {"namespace", "node", "pod", "pod_labels"};
constexpr std::string_view kPodAttributes[] = {"resource_id", "node_role"};
constexpr NumberColumn kPodNumbers[] = {
    {"pod_usage_cpu_core_seconds"},
    {"pod_request_cpu_core_seconds"},
    {"pod_limit_cpu_core_seconds"},
    {"pod_usage_memory_byte_seconds"},
    {"pod_request_memory_byte_seconds"},
    {"pod_limit_memory_byte_seconds"},
    {"node_capacity_cpu_cores", DailyNumber::kMax},
    {"node_capacity_cpu_core_seconds"},
    {"node_capacity_memory_bytes", DailyNumber::kMax},
    {"node_capacity_memory_byte_seconds"},
};
constexpr LargerColumn kPodLarger[] = {
    {"pod_effective_usage_cpu_core_seconds", PodRow::kUsageCpu, PodRow::kRequestCpu},
    {"pod_effective_usage_memory_byte_seconds", PodRow::kUsageMemory, PodRow::kRequestMemory},
};
constexpr std::string_view kPodHourly[] = {
    "report_period_start",
    "report_period_end",
    "interval_start",
    "interval_end",
    "node",
    "namespace",
    "pod",
    "pod_usage_cpu_core_seconds",
    "pod_request_cpu_core_seconds",
    "pod_limit_cpu_core_seconds",
    "pod_usage_memory_byte_seconds",
    "pod_request_memory_byte_seconds",
    "pod_limit_memory_byte_seconds",
    "node_capacity_cpu_cores",
    "node_capacity_cpu_core_seconds",
    "node_capacity_memory_bytes",
    "node_capacity_memory_byte_seconds",
    "node_role",
    "resource_id",
    "pod_labels",
    "pod_effective_usage_cpu_core_seconds",
    "pod_effective_usage_memory_byte_seconds",
};
constexpr std::string_view kPodDaily[] = {
    "namespace",
    "node",
    "pod",
    "pod_labels",
    "interval_start",
    "report_period_start",
    "report_period_end",
    "resource_id",
    "pod_usage_cpu_core_seconds",
    "pod_request_cpu_core_seconds",
    "pod_effective_usage_cpu_core_seconds",
    "pod_limit_cpu_core_seconds",
    "pod_usage_memory_byte_seconds",
    "pod_request_memory_byte_seconds",
    "pod_effective_usage_memory_byte_seconds",
    "pod_limit_memory_byte_seconds",
    "node_capacity_cpu_cores",
    "node_capacity_cpu_core_seconds",
    "node_capacity_memory_bytes",
    "node_capacity_memory_byte_seconds",
    "node_role",
};

constexpr std::string_view kStorageKeys[] = {"namespace",
                                             "pod",
                                             "node",
                                             "persistentvolumeclaim",
                                             "persistentvolume",
                                             "storageclass",
                                             "csi_driver",
                                             "csi_volume_handle",
                                             "persistentvolume_labels",
                                             "persistentvolumeclaim_labels"};
constexpr NumberColumn kStorageNumbers[] = {
    {"persistentvolumeclaim_capacity_bytes", DailyNumber::kMax},
    {"persistentvolumeclaim_capacity_byte_seconds"},
    {"volume_request_storage_byte_seconds"},
    {"persistentvolumeclaim_usage_byte_seconds"},
};
constexpr std::string_view kStorageHourly[] = {
    "report_period_start",
    "report_period_end",
    "interval_start",
    "interval_end",
    "namespace",
    "pod",
    "node",
    "persistentvolumeclaim",
    "persistentvolume",
    "storageclass",
    "csi_driver",
    "csi_volume_handle",
    "persistentvolumeclaim_capacity_bytes",
    "persistentvolumeclaim_capacity_byte_seconds",
    "volume_request_storage_byte_seconds",
    "persistentvolumeclaim_usage_byte_seconds",
    "persistentvolume_labels",
    "persistentvolumeclaim_labels",
};
constexpr std::string_view kStorageDaily[] = {
    "namespace",
    "pod",
    "node",
    "persistentvolumeclaim",
    "persistentvolume",
    "storageclass",
    "csi_driver",
    "csi_volume_handle",
    "persistentvolume_labels",
    "persistentvolumeclaim_labels",
    "interval_start",
    "report_period_start",
    "report_period_end",
    "persistentvolumeclaim_capacity_bytes",
    "persistentvolumeclaim_capacity_byte_seconds",
    "volume_request_storage_byte_seconds",
    "persistentvolumeclaim_usage_byte_seconds",
};

constexpr std::string_view kNodeLabelKeys[] = {"node", "node_labels"};
constexpr std::string_view kNodeLabelHourly[] = {
    "report_period_start", "report_period_end", "interval_start", "interval_end", "node",
    "node_labels"};
constexpr std::string_view kNodeLabelDaily[] = {"node", "node_labels", "interval_start",
                                                "report_period_start", "report_period_end"};

constexpr std::string_view kNamespaceLabelKeys[] = {"namespace", "namespace_labels"};
constexpr std::string_view kNamespaceLabelHourly[] = {"report_period_start", "report_period_end",
                                                      "interval_start",      "interval_end",
                                                      "namespace",           "namespace_labels"};
constexpr std::string_view kNamespaceLabelDaily[] = {
    "namespace", "namespace_labels", "interval_start", "report_period_start", "report_period_end"};

constexpr std::array<ReportLayout, kGeneratedReportCount> kLayouts = {{
    {"pod_usage", "pod-usage", kPodKeys, kPodAttributes, kPodNumbers, kPodLarger, kPodHourly,
     kPodDaily},
    {"storage_usage",
     "storage-usage",
     kStorageKeys,
     {},
     kStorageNumbers,
     {},
     kStorageHourly,
     kStorageDaily},
    {"node_labels", "node-usage", kNodeLabelKeys, {}, {}, {}, kNodeLabelHourly, kNodeLabelDaily},
    {"namespace_labels",
     "namespace-usage",
     kNamespaceLabelKeys,
     {},
     {},
     {},
     kNamespaceLabelHourly,
     kNamespaceLabelDaily},
}};

}  // namespace

const ReportLayout& LayoutOf(GeneratedReport report) {
  return kLayouts[static_cast<size_t>(report)];
}

}  // namespace matome::datagen
