// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "catalog/month_catalog.h"
#include "pipeline/month_plan.h"

namespace matome::pipeline {

/// Days that one worker does together, because row groups span them; usually one.
struct WorkUnit {
  std::vector<DayPlan*> days;  // Ascending.
  std::vector<const catalog::RowGroupRef*>
      row_groups;     // In the order in which they are read: by report, then by key.
  int64_t bytes = 0;  // Compressed, of the columns needed.
  int64_t estimated_memory_bytes = 0;  // For admission; what is really used is measured.
};

/// Cuts the days that need work into units: two days are in one unit when some row group may hold
/// rows of both, so that every row group is decoded once. Refers to `plan`.
std::vector<WorkUnit> CutIntoUnits(MonthPlan& plan);

}  // namespace matome::pipeline
