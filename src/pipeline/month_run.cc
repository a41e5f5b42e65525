// SPDX-License-Identifier: Apache-2.0
#include "pipeline/month_run.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "observe/resources.h"
#include "pipeline/parallel.h"

namespace matome::pipeline {
namespace {

/// What the limit leaves for the work, after what the program is before its first. Measured once:
/// later the program holds freed memory of earlier sources, which is there to be used again.
int64_t BudgetOf(const SummarizeOptions& options, const MonthInput& input) {
  static const int64_t fixed_bytes =
      observe::CurrentResidentBytes() - (input.kept == nullptr ? 0 : input.kept->bytes());
  if (options.memory_limit_bytes == 0) return 0;
  return std::max<int64_t>(options.memory_limit_bytes - fixed_bytes - input.read_ahead_bytes, 1);
}

/// At most one output, the database, has an order of its own; it then holds for all.
const model::TextOrder* TextOrderOf(const MonthOutputs& outputs) {
  for (const auto& output : outputs) {
    if (const auto* order = output->text_order()) return order;
  }
  return nullptr;
}

std::vector<RowGroupsOfUnit> RowGroupsOf(const std::vector<WorkUnit>& units) {
  std::vector<RowGroupsOfUnit> row_groups;
  for (const auto& unit : units) row_groups.push_back(unit.row_groups);
  return row_groups;
}

}  // namespace

MonthRun::MonthRun(const MonthInput& input, const SummarizeOptions& options, MonthPlan& plan,
                   const MonthOutputs& outputs, const std::string& run_id, const Progress& progress,
                   const std::atomic<bool>& stop, std::vector<model::DayResult>* changed,
                   model::RunResult& result)
    : options_(options),
      plan_(plan),
      units_(CutIntoUnits(plan)),
      roles_(plan.nodes),
      rules_{
          .enabled_tag_keys = plan.reference.enabled_tag_keys.value_or(std::vector<std::string>{}),
          .cost_categories = plan.reference.cost_categories,
          .node_roles = &roles_,
          .storage_exists = plan.reference.storage_exists,
          .count_label_keys = !plan.reference.enabled_tag_keys,
          .semantics = options.semantics,
          .text_order = TextOrderOf(outputs)},
      committer_(options, plan, outputs, run_id),
      budget_(BudgetOf(options, input), std::max(options.threads, 1)),
      progress_(progress),
      changed_(changed),
      result_(result),
      read_ahead_(input, plan.catalog, RowGroupsOf(units_), model::SummaryProjection,
                  ReadAhead::Kept::kIsDropped, stop),
      context_{.input = read_ahead_,
               .options = options,
               .plan = plan,
               .rules = rules_,
               .committer = committer_,
               .budget = budget_,
               .stop = stop,
               .on_day = [this](model::DayResult day, const model::Audit& audit) {
                 DayDone(std::move(day), audit);
               }} {}

void MonthRun::Run() {
  for (const auto& unit : units_) progress_state_.bytes_total += unit.bytes;
  progress_state_.days_total = static_cast<int64_t>(plan_.days.size());
  Tell(model::ProgressKind::kPlanned, nullptr);
  for (const auto& day : plan_.days) {
    if (!day.needs_work()) DayDone(DayCommitter::ResultWithoutWork(day), {});
  }

  std::vector<std::unique_ptr<UnitWorker>> workers(
      static_cast<size_t>(std::max(options_.threads, 1)));
  std::mutex crowded_mutex;
  std::vector<size_t> crowded;  // Units to be run alone.
  ParallelFor(units_.size(), options_.threads, [&](size_t index, int number) {
    const ReadAhead::AtWork at_work(read_ahead_, index);
    auto& worker = workers[static_cast<size_t>(number)];
    if (!worker) worker = std::make_unique<UnitWorker>(context_, number);
    if (!worker->Run(units_[index], /*alone=*/false)) {
      const std::lock_guard lock(crowded_mutex);
      crowded.push_back(index);
    }
    const std::lock_guard lock(mutex_);
    progress_state_.bytes_done += units_[index].bytes;
  });
  std::sort(crowded.begin(), crowded.end());
  for (const size_t index : crowded) {
    if (!workers.front()) workers.front() = std::make_unique<UnitWorker>(context_, 0);
    for (size_t other = 1; other < workers.size(); ++other) Retire(workers[other]);
    workers.front()->Run(units_[index], /*alone=*/true);
  }
  for (auto& worker : workers) Retire(worker);
  result_.commit_wall_seconds += committer_.commit_wall_seconds();
  // In the order of days, so that examples do not depend on threads.
  for (const auto& [day, audit] : audits_) model::MergeAudit(audit, result_.audit);
  std::set<uint32_t> read;
  for (const auto& unit : units_) {
    for (const auto* group : unit.row_groups) read.insert(group->file);
  }
  result_.objects_read += static_cast<int64_t>(read.size());
  if (!crowded.empty()) {
    result_.warnings.push_back(
        fmt::format("{} of {} units did not fit into memory beside others and were done "
                    "alone; a larger --memory-limit would be faster",
                    crowded.size(), units_.size()));
  }
}

void MonthRun::DayDone(model::DayResult day, const model::Audit& audit) {
  const std::lock_guard lock(mutex_);
  if (changed_ != nullptr && day.status.code() == base::Code::kInputChanged) {
    changed_->push_back(std::move(day));
    return;
  }
  ++progress_state_.days_done;
  Tell(model::ProgressKind::kDayDone, &day);
  audits_[day.day] = audit;
  result_.days.push_back(std::move(day));
}

void MonthRun::Tell(model::ProgressKind kind, const model::DayResult* day) {
  if (!progress_) return;
  progress_state_.kind = kind;
  progress_state_.day = day;
  progress_(progress_state_);
}

void MonthRun::Retire(std::unique_ptr<UnitWorker>& worker) {
  if (!worker) return;
  result_.rows_read += worker->rows_read();
  result_.bytes_read += worker->bytes_read();
  worker->AddKeyCounts(result_.label_key_texts);
  worker.reset();
}

}  // namespace matome::pipeline
