// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "aggregate/day_aggregator.h"
#include "model/run_result.h"
#include "pipeline/day_commit.h"
#include "pipeline/memory_budget.h"
#include "pipeline/month_plan.h"
#include "pipeline/read_ahead.h"
#include "pipeline/summarize.h"
#include "pipeline/unit_worker.h"
#include "pipeline/work_unit.h"

namespace matome::pipeline {

/// The work on the days of a plan: units taken by workers, results gathered in a RunResult. All it
/// is made from outlives it.
class MonthRun {
 public:
  /// With `changed` days that failed because of kInputChanged are not results, but put there.
  MonthRun(const MonthInput& input, const SummarizeOptions& options, MonthPlan& plan,
           const MonthOutputs& outputs, const std::string& run_id, const Progress& progress,
           const std::atomic<bool>& stop, std::vector<model::DayResult>* changed,
           model::RunResult& result);

  void Run();

 private:
  void DayDone(model::DayResult day, const model::Audit& audit);
  void Tell(model::ProgressKind kind, const model::DayResult* day);
  void Retire(std::unique_ptr<UnitWorker>& worker);

  const SummarizeOptions& options_;
  MonthPlan& plan_;
  const std::vector<WorkUnit> units_;
  aggregate::NodeRoles roles_;
  aggregate::Rules rules_;
  DayCommitter committer_;
  MemoryBudget budget_;
  const Progress& progress_;
  std::mutex mutex_;  // Guards the four below while workers run.
  std::vector<model::DayResult>* changed_;
  model::RunResult& result_;
  std::map<model::Day, model::Audit> audits_;
  model::ProgressEvent progress_state_;
  ReadAhead read_ahead_;
  MonthContext context_;
};

}  // namespace matome::pipeline
