// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "aggregate/day_aggregator.h"
#include "aggregate/vocabulary.h"
#include "base/status.h"
#include "model/run_result.h"
#include "pipeline/day_commit.h"
#include "pipeline/memory_budget.h"
#include "pipeline/month_plan.h"
#include "pipeline/work_unit.h"
#include "store/object_store.h"

namespace matome::pipeline {

/// What all workers of a month share; everything outlives them.
struct MonthContext {
  const store::ObjectStore& input;
  const SummarizeOptions& options;
  const MonthPlan& plan;
  const aggregate::Rules& rules;
  DayCommitter& committer;
  MemoryBudget& budget;
  const std::atomic<bool>& stop;
  /// Called for each day as it is done, from the worker's thread.
  std::function<void(model::DayResult, const model::Audit&)> on_day;
};

/// Does work units one after the other: reads a unit's row groups, closes each day as soon as its
/// last row group of pods is done, and commits it. Keeps its vocabulary and buffers from unit to
/// unit. One thread.
class UnitWorker {
 public:
  UnitWorker(const MonthContext& context, int number);
  ~UnitWorker();

  /// Returns false when the unit does not fit into memory beside the others: then nothing of it
  /// counts, and it is to be run again, alone. Otherwise on_day was called for each of its days.
  bool Run(const WorkUnit& unit, bool alone);

  int64_t rows_read() const { return rows_read_; }
  int64_t bytes_read() const { return bytes_read_; }
  /// Adds in how many label texts each key stood, as far as they were counted.
  void AddKeyCounts(std::map<std::string, int64_t>& counts) const;

 private:
  class Attempt;

  int64_t allocated_bytes() const;
  void Renew();

  const MonthContext& context_;
  int number_;
  std::unique_ptr<aggregate::Vocabulary> vocabulary_;
  std::unique_ptr<aggregate::OutputCheck> output_check_;
  aggregate::RowGroupCodes codes_;
  std::vector<std::unique_ptr<aggregate::DayAggregator>> free_aggregators_;
  model::DaySummary summary_;
  std::map<std::string, int64_t> earlier_key_counts_;  // Of vocabularies given up.
  int64_t rows_read_ = 0;
  int64_t bytes_read_ = 0;
};

}  // namespace matome::pipeline
