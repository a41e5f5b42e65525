// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace matome::model {

/// The OpenShift reports, as Parquet data sets, that the summary reads.
enum class Report : uint8_t {
  kPodUsageHourly,  // Only for node capacity.
  kPodUsageDaily,
  kStorageUsageDaily,
  kNodeLabelsDaily,
  kNamespaceLabelsDaily,
};
inline constexpr std::array kReports = {Report::kPodUsageHourly, Report::kPodUsageDaily,
                                        Report::kStorageUsageDaily, Report::kNodeLabelsDaily,
                                        Report::kNamespaceLabelsDaily};

/// "pod_usage", as it stands in object keys.
std::string_view ReportType(Report report);
bool IsDaily(Report report);
/// For people: "pod_usage (hourly)".
std::string_view ReportName(Report report);

/// The column that says when a row's hour or day begins; every report has it.
inline constexpr std::string_view kIntervalStart = "interval_start";

// The columns that the summary needs, in the report's spelling. The enumerators index them, in
// blocks too.

struct HourlyPod {
  enum Text { kNode, kTextCount };
  enum Number { kCapacityCpuCoreSeconds, kCapacityMemoryByteSeconds, kNumberCount };
};

struct DailyPod {
  enum Text { kNamespace, kNode, kPod, kPodLabels, kResourceId, kTextCount };
  enum Number {
    kUsageCpu,
    kRequestCpu,
    kEffectiveCpu,
    kLimitCpu,
    kUsageMemory,
    kRequestMemory,
    kEffectiveMemory,
    kLimitMemory,
    kCapacityCpuCores,
    kCapacityMemoryBytes,
    kNumberCount
  };
};

struct DailyStorage {
  enum Text {
    kNamespace,
    kPod,
    kPersistentVolumeClaim,
    kPersistentVolume,
    kStorageClass,
    kCsiVolumeHandle,
    kVolumeLabels,
    kClaimLabels,
    kTextCount
  };
  enum Number {
    kCapacityBytes,
    kCapacityByteSeconds,
    kRequestByteSeconds,
    kUsageByteSeconds,
    kNumberCount
  };
};

/// Node labels and namespace labels have one shape: whose labels, and the labels.
struct DailyLabels {
  enum Text { kOwner, kLabels, kTextCount };
};

/// Daily pod rows as the derivation of node roles needs them (semantics §4.3).
struct NodeRolePod {
  enum Text { kNamespace, kNode, kResourceId, kNodeRole, kTextCount };
};

/// Which columns to read from a report, beside interval_start.
struct Projection {
  std::span<const std::string_view> texts;
  std::span<const std::string_view> numbers;
};

/// What the summary reads.
Projection SummaryProjection(Report report);
/// What deriving node roles reads, of kPodUsageDaily and kNodeLabelsDaily.
Projection NodeRoleProjection(Report report);
/// Every column that any projection of the report names, interval_start first.
std::span<const std::string_view> KnownColumns(Report report);

}  // namespace matome::model
