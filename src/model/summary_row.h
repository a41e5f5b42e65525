// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/interner.h"
#include "model/day.h"

namespace matome::model {

/// The three parts of the summary. Unallocated rows are written with data_source `Pod`.
enum class RowKind : uint8_t { kPod, kStorage, kUnallocated };
inline constexpr std::array kRowKinds = {RowKind::kPod, RowKind::kStorage, RowKind::kUnallocated};
std::string_view RowKindName(RowKind kind);

/// The numeric columns of a summary row, in table order (semantics §7.2).
enum class Number : uint8_t {
  kPodUsageCpuCoreHours,
  kPodRequestCpuCoreHours,
  kPodEffectiveUsageCpuCoreHours,
  kPodLimitCpuCoreHours,
  kPodUsageMemoryGigabyteHours,
  kPodRequestMemoryGigabyteHours,
  kPodEffectiveUsageMemoryGigabyteHours,
  kPodLimitMemoryGigabyteHours,
  kNodeCapacityCpuCores,
  kNodeCapacityCpuCoreHours,
  kNodeCapacityMemoryGigabytes,
  kNodeCapacityMemoryGigabyteHours,
  kClusterCapacityCpuCoreHours,
  kClusterCapacityMemoryGigabyteHours,
  kPersistentVolumeClaimCapacityGigabyte,
  kPersistentVolumeClaimCapacityGigabyteMonths,
  kVolumeRequestStorageGigabyteMonths,
  kPersistentVolumeClaimUsageGigabyteMonths,
  kCount
};
inline constexpr size_t kNumberCount = static_cast<size_t>(Number::kCount);
std::string_view NumberName(Number number);

/// The text columns of a summary row whose values are names.
enum class Name : uint8_t {
  kNamespace,
  kNode,
  kResourceId,
  kPersistentVolumeClaim,
  kPersistentVolume,
  kStorageClass,
  kCsiVolumeHandle,
  kCount
};
inline constexpr size_t kNameCount = static_cast<size_t>(Name::kCount);
std::string_view NameName(Name name);

/// The text columns of a summary row whose values are label maps.
enum class Labels : uint8_t { kPodLabels, kVolumeLabels, kAllLabels, kCount };
inline constexpr size_t kLabelsCount = static_cast<size_t>(Labels::kCount);

/// A dense number for one distinct label map; 0 is the NULL map, 1 the empty map.
using LabelSetId = uint32_t;
inline constexpr LabelSetId kNullLabelSet = 0;
inline constexpr LabelSetId kEmptyLabelSet = 1;

/// One row of the summary, without what is the same for a whole run (source, cluster, report
/// period). Names and label maps are codes into the dictionaries of the DaySummary that holds the
/// row.
struct SummaryRow {
  std::array<double, kNumberCount>
      numbers;  // Unrounded; meaningless where the bit in `present` is not set.
  std::array<base::TextId, kNameCount> names;
  std::array<LabelSetId, kLabelsCount> labels;
  uint32_t present = 0;  // Bit n: number n is not NULL.
  int32_t cost_category_id = 0;
  bool has_cost_category = false;
  RowKind kind = RowKind::kPod;

  bool has(Number number) const { return (present >> static_cast<unsigned>(number) & 1U) != 0; }
  double number(Number number) const { return numbers[static_cast<size_t>(number)]; }
  std::optional<double> value(Number number) const {
    return has(number) ? std::optional(this->number(number)) : std::nullopt;
  }
  void set(Number number, double value) {
    numbers[static_cast<size_t>(number)] = value;
    present |= 1U << static_cast<unsigned>(number);
  }
  void set(Number number, std::optional<double> value) {
    if (value) set(number, *value);
  }
  base::TextId name(Name name) const { return names[static_cast<size_t>(name)]; }
  base::TextId& name(Name name) { return names[static_cast<size_t>(name)]; }
  LabelSetId label(Labels labels_column) const {
    return labels[static_cast<size_t>(labels_column)];
  }
  LabelSetId& label(Labels labels_column) { return labels[static_cast<size_t>(labels_column)]; }
};

/// The whole summary of one day of one source, rows in order of first appearance.
///
/// The dictionaries belong to the worker that made the day: they are valid until it starts its next
/// task.
struct DaySummary {
  Day day;
  std::vector<SummaryRow> rows;
  std::array<const base::Interner*, kNameCount> dictionaries = {};
  /// Canonical JSON of a label map that is not NULL (semantics §8.5).
  std::function<std::string_view(LabelSetId)> label_json;

  std::string_view text(Name name, base::TextId id) const {
    return dictionaries[static_cast<size_t>(name)]->text(id);
  }
};

/// What is the same in every row of a source's month.
struct RunConstants {
  std::string source_uuid;
  std::string cluster_id;
  std::optional<std::string> cluster_alias;
  int32_t report_period_id = 0;
};

/// Longest text, in code points, that the table's varchar columns take.
inline constexpr int64_t kNameMaxLength = 253;
inline constexpr int64_t kClusterIdMaxLength = 50;
inline constexpr int64_t kClusterAliasMaxLength = 256;

/// Value of infrastructure_usage_cost in pod and storage rows.
inline constexpr std::string_view kInfrastructureUsageCost =
    R"({"cpu": 0.000000000, "memory": 0.000000000, "storage": 0.000000000})";

}  // namespace matome::model
