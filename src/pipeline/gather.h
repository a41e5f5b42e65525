// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "base/status.h"
#include "catalog/month_catalog.h"
#include "model/day.h"
#include "model/report.h"
#include "pipeline/parallel.h"
#include "pipeline/read_ahead.h"
#include "scan/row_group_scan.h"

namespace matome::pipeline {

/// What a gathering pass goes over.
struct GatherScope {
  bool (*concerns)(model::Report);
  model::DayRange days;
  ReadAhead::ProjectionOf projection;
};

/// Scans the row groups of some reports that may hold rows of the days, each into a Collector of
/// its own, made from the report. `take` gets what Collector::Take() gave and what the scan cost,
/// one call at a time, in no order.
///
/// Returns how many row groups were passed over because their content is damaged. Any other error
/// ends the pass: what is only out of reach now must not count as not there.
template <typename Collector, typename Take>
base::Result<int64_t> GatherRows(const MonthInput& input, const catalog::MonthCatalog& catalog,
                                 const GatherScope& scope, int threads,
                                 const std::atomic<bool>& stop, Take take) {
  for (const auto& file : catalog.files) {
    if (!scope.concerns(file.report) || file.status.ok() ||
        file.status.code() == base::Code::kBadInput)
      continue;
    return base::Status(file.status).WithContext(input.store.Describe(file.file.object.key));
  }
  std::vector<RowGroupsOfUnit> groups;
  for (const auto& group : catalog.row_groups) {
    if (scope.concerns(catalog.files[group.file].report) && group.days.first <= scope.days.last &&
        scope.days.first <= group.days.last)
      groups.push_back({&group});
  }
  ReadAhead lake(input, catalog, groups, scope.projection, ReadAhead::Kept::kStays, stop);
  std::mutex mutex;  // Guards the next two, and `take`.
  base::Status failure;
  int64_t damaged = 0;
  ParallelFor(groups.size(), threads, [&](size_t index, int) {
    const ReadAhead::AtWork at_work(lake, index);
    const auto& group = *groups[index].front();
    const auto& file = catalog.files[group.file];
    for (int tries_left = MayReadAgain(lake) ? 1 : 0;; --tries_left) {
      Collector collector(file.report);
      const auto scanned =
          scan::ScanRowGroup(lake, file, group, scope.projection(file.report),
                             scan::ScanOptions{.days = scope.days}, stop, collector);
      if (scanned.ok()) {
        auto found = std::move(collector).Take();
        const std::lock_guard lock(mutex);
        take(std::move(found), *scanned);
        return;
      }
      const bool is_damaged = scanned.status().code() == base::Code::kBadInput;
      if (is_damaged && tries_left > 0) continue;
      const std::lock_guard lock(mutex);
      if (is_damaged) {
        ++damaged;
      } else if (failure.ok()) {
        failure = scanned.status();
        failure = std::move(failure).WithContext(lake.Describe(file.file.object.key));
      }
      return;
    }
  });
  if (stop) return base::Status(base::Code::kInterrupted, "interrupted");
  MATOME_RETURN_IF_ERROR(failure);
  return damaged;
}

}  // namespace matome::pipeline
