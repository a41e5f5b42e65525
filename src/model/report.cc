// SPDX-License-Identifier: Apache-2.0
#include "model/report.h"

#include <vector>

namespace matome::model {
namespace {

constexpr std::array<std::string_view, HourlyPod::kTextCount> kHourlyPodTexts = {"node"};
constexpr std::array<std::string_view, HourlyPod::kNumberCount> kHourlyPodNumbers = {
    "node_capacity_cpu_core_seconds", "node_capacity_memory_byte_seconds"};

constexpr std::array<std::string_view, DailyPod::kTextCount> kDailyPodTexts = {
    "namespace", "node", "pod", "pod_labels", "resource_id"};
constexpr std::array<std::string_view, DailyPod::kNumberCount> kDailyPodNumbers = {
    "pod_usage_cpu_core_seconds",
    "pod_request_cpu_core_seconds",
    "pod_effective_usage_cpu_core_seconds",
    "pod_limit_cpu_core_seconds",
    "pod_usage_memory_byte_seconds",
    "pod_request_memory_byte_seconds",
    "pod_effective_usage_memory_byte_seconds",
    "pod_limit_memory_byte_seconds",
    "node_capacity_cpu_cores",
    "node_capacity_memory_bytes"};

constexpr std::array<std::string_view, DailyStorage::kTextCount> kDailyStorageTexts = {
    "namespace",
    "pod",
    "persistentvolumeclaim",
    "persistentvolume",
    "storageclass",
    "csi_volume_handle",
    "persistentvolume_labels",
    "persistentvolumeclaim_labels"};
constexpr std::array<std::string_view, DailyStorage::kNumberCount> kDailyStorageNumbers = {
    "persistentvolumeclaim_capacity_bytes", "persistentvolumeclaim_capacity_byte_seconds",
    "volume_request_storage_byte_seconds", "persistentvolumeclaim_usage_byte_seconds"};

constexpr std::array<std::string_view, DailyLabels::kTextCount> kNodeLabelsTexts = {"node",
                                                                                    "node_labels"};
constexpr std::array<std::string_view, DailyLabels::kTextCount> kNamespaceLabelsTexts = {
    "namespace", "namespace_labels"};

constexpr std::array<std::string_view, NodeRolePod::kTextCount> kNodeRolePodTexts = {
    "namespace", "node", "resource_id", "node_role"};

}  // namespace

std::string_view ReportType(Report report) {
  switch (report) {
    case Report::kPodUsageHourly:
    case Report::kPodUsageDaily:
      return "pod_usage";
    case Report::kStorageUsageDaily:
      return "storage_usage";
    case Report::kNodeLabelsDaily:
      return "node_labels";
    case Report::kNamespaceLabelsDaily:
      return "namespace_labels";
  }
  return "";
}

bool IsDaily(Report report) { return report != Report::kPodUsageHourly; }

std::string_view ReportName(Report report) {
  switch (report) {
    case Report::kPodUsageHourly:
      return "pod_usage (hourly)";
    case Report::kPodUsageDaily:
      return "pod_usage (daily)";
    case Report::kStorageUsageDaily:
      return "storage_usage (daily)";
    case Report::kNodeLabelsDaily:
      return "node_labels (daily)";
    case Report::kNamespaceLabelsDaily:
      return "namespace_labels (daily)";
  }
  return "";
}

Projection SummaryProjection(Report report) {
  switch (report) {
    case Report::kPodUsageHourly:
      return {kHourlyPodTexts, kHourlyPodNumbers};
    case Report::kPodUsageDaily:
      return {kDailyPodTexts, kDailyPodNumbers};
    case Report::kStorageUsageDaily:
      return {kDailyStorageTexts, kDailyStorageNumbers};
    case Report::kNodeLabelsDaily:
      return {kNodeLabelsTexts, {}};
    case Report::kNamespaceLabelsDaily:
      return {kNamespaceLabelsTexts, {}};
  }
  return {};
}

Projection NodeRoleProjection(Report report) {
  if (report == Report::kPodUsageDaily) return {kNodeRolePodTexts, {}};
  return {kNodeLabelsTexts, {}};
}

std::span<const std::string_view> KnownColumns(Report report) {
  static const auto columns = [] {
    std::array<std::vector<std::string_view>, kReports.size()> all;
    for (const Report each : kReports) {
      auto& names = all[static_cast<size_t>(each)];
      const Projection summary = SummaryProjection(each);
      names = {kIntervalStart};
      names.insert(names.end(), summary.texts.begin(), summary.texts.end());
      names.insert(names.end(), summary.numbers.begin(), summary.numbers.end());
    }
    all[static_cast<size_t>(Report::kPodUsageDaily)].push_back(
        kNodeRolePodTexts[NodeRolePod::kNodeRole]);
    return all;
  }();
  return columns[static_cast<size_t>(report)];
}

}  // namespace matome::model
