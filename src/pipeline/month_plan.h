// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aggregate/node_roles.h"
#include "base/status.h"
#include "catalog/month_catalog.h"
#include "model/day.h"
#include "model/plan_result.h"
#include "model/summary_row.h"
#include "pipeline/ledger.h"
#include "pipeline/node_role_pass.h"
#include "pipeline/summarize.h"
#include "sink/day_tree.h"

namespace matome::pipeline {

/// What is to be done about one day, and what it was decided by.
struct DayPlan {
  model::Day day;
  model::PlanState state = model::PlanState::kEmpty;
  std::string why;
  Fingerprint fingerprint;
  std::set<uint32_t> files;          // Into the catalog's files.
  std::optional<std::string> stamp;  // Of the rows that are there now.
  base::Status status;               // Why the day cannot be done.
  std::vector<uint32_t>
      unreadable;  // Files whose footer cannot be read, when they are quarantined.

  bool needs_work() const {
    return status.ok() && state != model::PlanState::kUnchanged &&
           state != model::PlanState::kEmpty;
  }
};

/// Everything known about a source's month before its data pages are read.
struct MonthPlan {
  model::Month month;
  catalog::MonthCatalog catalog;
  Ledger ledger;
  std::vector<model::NodeRole> nodes;
  model::RunConstants constants;
  std::vector<DayPlan> days;  // Of the range, ascending.
  NodeRoleCounts node_role_counts;
  std::vector<std::string> warnings;
};

/// The parts of `days` that lie in each month, ascending.
std::vector<model::DayRange> SplitByMonth(model::DayRange days);

/// Lists objects, reads footers and the ledger, derives node roles where no reference gives them,
/// and decides for each day what to do. Writes nothing. `days` lie in one month. `tree` is null
/// when nothing is to be written anywhere. With DeriveRoles::kNo roles that the ledger does not
/// know stay unknown, and count as unchanged; no data page is read then.
enum class DeriveRoles : uint8_t { kYes, kNo };
base::Result<MonthPlan> PlanMonth(const store::ObjectStore& input, const SummarizeOptions& options,
                                  model::DayRange days, const sink::DayTree* tree,
                                  DeriveRoles derive_roles, const std::atomic<bool>& stop);

/// What `summarize` would read, and why: for people.
base::Result<model::PlanResult> PlanSource(const store::ObjectStore& input,
                                           const SummarizeOptions& options,
                                           const std::atomic<bool>& stop);

}  // namespace matome::pipeline
