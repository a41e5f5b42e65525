// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>

#include "aggregate/day_aggregator.h"
#include "model/run_result.h"
#include "model/summary_row.h"
#include "observe/phase_timer.h"
#include "pipeline/month_plan.h"
#include "pipeline/summarize.h"
#include "sink/month_output.h"

namespace matome::pipeline {

/// Decides what becomes of a finished day, and commits it to the outputs that need it. Thread-safe
/// for different days.
class DayCommitter {
 public:
  /// All must outlive the committer. A dry run writes to no output.
  DayCommitter(const SummarizeOptions& options, MonthPlan& plan, const MonthOutputs& outputs,
               std::string run_id)
      : options_(options), plan_(plan), outputs_(outputs), run_id_(std::move(run_id)) {}

  /// Commits a day. `bad` is what could not be used; `result` has the day's counts so far, and gets
  /// its state.
  void Commit(const DayPlan& day, const model::DaySummary& summary,
              const aggregate::DayAggregator& aggregator, std::vector<model::BadInput> bad,
              int64_t bad_count, model::DayResult& result);

  /// Wall time during which days were being committed, once all are done.
  double commit_wall_seconds() const { return commit_time_.seconds(); }

  /// A day's result where nothing was done, from the plan.
  static model::DayResult ResultWithoutWork(const DayPlan& day);

 private:
  base::Status Write(const DayPlan& day, const model::DaySummary& summary,
                     const std::vector<model::NodeRole>& asked_roles, int64_t pod_rows_in,
                     model::DayResult& result);
  base::Status CheckNotVanished(const OutputDay& there, const model::DaySummary& summary,
                                int64_t pod_rows_in, const model::DayResult& result) const;

  const SummarizeOptions& options_;
  MonthPlan& plan_;
  const MonthOutputs& outputs_;
  std::string run_id_;
  observe::BusyTime commit_time_;
  std::mutex warnings_mutex_;  // Guards the plan's warnings while workers run.
};

}  // namespace matome::pipeline
