// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "base/status.h"
#include "catalog/month_catalog.h"
#include "model/cluster_topology.h"
#include "model/day.h"
#include "pipeline/read_ahead.h"

namespace matome::pipeline {

/// What the pass read, and what it could not read.
struct ReferencePassCounts {
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t unreadable_row_groups = 0;
};

/// Gathers what the daily pod, node-label and storage rows of some days show of the cluster
/// (semantics §4.3, §4.4), reading only the columns that this needs. Row groups with damaged
/// content are passed over: their days fail when they are summarised. In order of bytes; results do
/// not depend on threads.
base::Result<model::ClusterTopology> ReadClusterTopology(const MonthInput& input,
                                                         const catalog::MonthCatalog& catalog,
                                                         model::DayRange days, int threads,
                                                         const std::atomic<bool>& stop,
                                                         ReferencePassCounts& counts);

}  // namespace matome::pipeline
