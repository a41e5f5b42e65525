// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "aggregate/node_roles.h"
#include "base/status.h"
#include "catalog/month_catalog.h"
#include "model/day.h"
#include "model/ledger.h"
#include "model/plan_result.h"
#include "model/reference.h"
#include "model/summary_row.h"
#include "pipeline/node_role_pass.h"
#include "pipeline/read_ahead.h"
#include "pipeline/summarize.h"
#include "sink/month_output.h"

namespace matome::pipeline {

/// The open outputs of a month, in the order of SummarizeOptions::outputs.
using MonthOutputs = std::vector<std::unique_ptr<sink::MonthOutput>>;

/// What is to be done about a day in one output, and what it was decided by.
struct OutputDay {
  model::PlanState state = model::PlanState::kEmpty;
  std::string why;
  std::optional<std::string> stamp;         // Of the rows that are there now.
  std::optional<int64_t> earlier_pod_rows;  // Of the run that made them, if the ledger knows.

  bool needs_work() const {
    return state != model::PlanState::kUnchanged && state != model::PlanState::kEmpty;
  }
};

/// What is to be done about one day.
struct DayPlan {
  model::Day day;
  model::PlanState state = model::PlanState::kEmpty;  // Of all outputs together.
  std::string why;
  std::vector<OutputDay> outputs;  // By output; one where there is none.
  model::Fingerprint fingerprint;
  std::set<uint32_t> files;  // Into the catalog's files.
  base::Status status;       // Why the day cannot be done.
  std::vector<uint32_t>
      unreadable;  // Files whose footer cannot be read, when they are quarantined.
  std::optional<model::DayResult> earlier;  // What an output that is up to date remembers.

  bool needs_work() const {
    return status.ok() && state != model::PlanState::kUnchanged &&
           state != model::PlanState::kEmpty;
  }
};

/// Everything known about a source's month before its data pages are read.
struct MonthPlan {
  model::Month month;
  /// The output knows no report period, so that nothing is to be done; then no more is known.
  bool lacks_report_period = false;
  catalog::MonthCatalog catalog;
  model::ReferenceData reference;
  std::vector<model::NodeRole> nodes;
  std::optional<model::LedgerRoles> derived_roles;  // If they were derived for this plan.
  model::RunConstants constants;
  std::vector<DayPlan> days;  // Of the range, ascending.
  NodeRoleCounts node_role_counts;
  std::vector<std::string> warnings;
};

/// The parts of `days` that lie in each month, ascending.
std::vector<model::DayRange> SplitByMonth(model::DayRange days);

/// Opens a month of the source in every output of `options`.
base::Result<MonthOutputs> OpenOutputs(const SummarizeOptions& options, model::Month month,
                                       const std::string& run_id, sink::OpenFor purpose);

/// Reads reference data, lists objects, reads footers and ledgers, derives node roles where nothing
/// gives them, and decides for each day what to do. `days` lie in one month. kInputChanged: what
/// the roles are derived from is not as it was listed. With DeriveRoles::kNo roles that no ledger
/// knows stay unknown, and count as unchanged; no data page is read then.
enum class DeriveRoles : uint8_t { kYes, kNo };
base::Result<MonthPlan> PlanMonth(const MonthInput& input, const SummarizeOptions& options,
                                  model::DayRange days, const MonthOutputs& outputs,
                                  DeriveRoles derive_roles, const std::atomic<bool>& stop);

/// What `summarize` would read, and why: for people.
base::Result<model::PlanResult> PlanSource(const store::ObjectStore& input,
                                           const SummarizeOptions& options,
                                           const std::atomic<bool>& stop);

}  // namespace matome::pipeline
