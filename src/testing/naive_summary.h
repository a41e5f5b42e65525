// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "testing/dataset.h"

namespace matome::testing {

/// Where each number stands in `ExpectedRow::numbers`.
enum NumberColumn : size_t {
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
  kPersistentvolumeclaimCapacityGigabyte,
  kPersistentvolumeclaimCapacityGigabyteMonths,
  kVolumeRequestStorageGigabyteMonths,
  kPersistentvolumeclaimUsageGigabyteMonths,
  kNumberColumns,
};

/// One output row: the columns of semantics §7.2 that differ between rows, and the CSI handle.
/// Text NULL is nullopt. Labels are canonical text (NaiveCanonicalText). Numbers are not rounded.
struct ExpectedRow {
  std::string kind;  ///< "pod", "storage" or "unallocated".
  int64_t usage_start_day = 0;
  std::optional<std::string> data_source;
  std::optional<std::string> namespace_;
  std::optional<std::string> node;
  std::optional<std::string> resource_id;
  std::optional<std::string> pod_labels;
  std::optional<std::string> volume_labels;
  std::optional<std::string> all_labels;
  std::optional<std::string> persistentvolumeclaim;
  std::optional<std::string> persistentvolume;
  std::optional<std::string> storageclass;
  std::optional<std::string> csi_volume_handle;
  std::optional<int32_t> cost_category_id;
  bool has_infrastructure_usage_cost = false;
  std::array<std::optional<double>, kNumberColumns> numbers;
};

/// A day's rows, or why the day fails.
struct NaiveDay {
  std::vector<ExpectedRow> rows;
  std::optional<std::string> error;
};

/// What a row does that cannot be used: one whose labels cannot be read, or one of the result that
/// does not fit its columns.
enum class BadRows : uint8_t {
  kFailTheDay,
  kLeftOut,  ///< As if it were not there; of the result, when all else is computed.
};

/// The daily summary, computed literally: every join written out copy by copy (semantics §5),
/// sums in row order. Holds every day of the range; a day fails by itself.
std::map<int64_t, NaiveDay> NaiveSummary(const Dataset& dataset,
                                         const SummaryParameters& parameters,
                                         BadRows bad_rows = BadRows::kFailTheDay);

/// The node table the rows themselves imply (semantics §4.3), over all rows passed except those
/// without interval_start. One entry per (node, resource id), ordered by them.
std::vector<NodeRole> NaiveDerivedRoles(const Dataset& dataset);

}  // namespace matome::testing
