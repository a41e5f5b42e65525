// SPDX-License-Identifier: Apache-2.0
#include "pipeline/summarize.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "observe/phase_timer.h"
#include "observe/resources.h"
#include "pipeline/fingerprint.h"
#include "pipeline/memory_budget.h"
#include "pipeline/month_plan.h"
#include "pipeline/parallel.h"
#include "pipeline/unit_worker.h"

namespace matome::pipeline {
namespace {

std::string MakeRunId() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return fmt::format(
      "{:x}-{:x}", std::chrono::duration_cast<std::chrono::microseconds>(now).count(), ::getpid());
}

/// What the limit leaves for the work, after what the program is before its first. Measured once:
/// later the program holds freed memory of earlier sources, which is there to be used again.
int64_t BudgetOf(const SummarizeOptions& options) {
  static const int64_t fixed_bytes = observe::CurrentResidentBytes();
  if (options.memory_limit_bytes == 0) return 0;
  return std::max<int64_t>(options.memory_limit_bytes - fixed_bytes, 1);
}

void WarnOfBrokenFiles(const MonthPlan& plan, const store::ObjectStore& input,
                       model::RunResult& result) {
  for (const auto& file : plan.catalog.files) {
    if (file.status.ok()) continue;
    result.warnings.push_back(
        fmt::format("{}: {}", input.Describe(file.file.object.key), file.status.message()));
  }
}

/// At most one output, the database, has an order of its own; it then holds for all.
const model::TextOrder* TextOrderOf(const MonthOutputs& outputs) {
  for (const auto& output : outputs) {
    if (const auto* order = output->text_order()) return order;
  }
  return nullptr;
}

/// One month of a source, from its plan to its committed days.
class MonthRun {
 public:
  MonthRun(const store::ObjectStore& input, const SummarizeOptions& options, MonthPlan& plan,
           const MonthOutputs& outputs, const std::string& run_id, const Progress& progress,
           const std::atomic<bool>& stop, model::RunResult& result)
      : options_(options),
        plan_(plan),
        roles_(plan.nodes),
        rules_{.enabled_tag_keys =
                   plan.reference.enabled_tag_keys.value_or(std::vector<std::string>{}),
               .cost_categories = plan.reference.cost_categories,
               .node_roles = &roles_,
               .storage_exists = plan.reference.storage_exists,
               .count_label_keys = !plan.reference.enabled_tag_keys,
               .semantics = options.semantics,
               .text_order = TextOrderOf(outputs)},
        committer_(options, plan, outputs, run_id),
        budget_(BudgetOf(options), std::max(options.threads, 1)),
        progress_(progress),
        result_(result),
        context_{.input = input,
                 .options = options,
                 .plan = plan,
                 .rules = rules_,
                 .committer = committer_,
                 .budget = budget_,
                 .stop = stop,
                 .on_day = [this](model::DayResult day, const model::Audit& audit) {
                   DayDone(std::move(day), audit);
                 }} {}

  void Run() {
    auto units = CutIntoUnits(plan_);
    for (const auto& unit : units) progress_state_.bytes_total += unit.bytes;
    progress_state_.days_total = static_cast<int64_t>(plan_.days.size());
    Tell(model::ProgressKind::kPlanned, nullptr);
    for (const auto& day : plan_.days) {
      if (!day.needs_work()) DayDone(DayCommitter::ResultWithoutWork(day), {});
    }

    std::vector<std::unique_ptr<UnitWorker>> workers(
        static_cast<size_t>(std::max(options_.threads, 1)));
    std::mutex crowded_mutex;
    std::vector<size_t> crowded;  // Units to be run alone.
    ParallelFor(units.size(), options_.threads, [&](size_t index, int number) {
      auto& worker = workers[static_cast<size_t>(number)];
      if (!worker) worker = std::make_unique<UnitWorker>(context_, number);
      if (!worker->Run(units[index], /*alone=*/false)) {
        const std::lock_guard lock(crowded_mutex);
        crowded.push_back(index);
      }
      const std::lock_guard lock(mutex_);
      progress_state_.bytes_done += units[index].bytes;
    });
    std::sort(crowded.begin(), crowded.end());
    for (const size_t index : crowded) {
      if (!workers.front()) workers.front() = std::make_unique<UnitWorker>(context_, 0);
      for (size_t other = 1; other < workers.size(); ++other) Retire(workers[other]);
      workers.front()->Run(units[index], /*alone=*/true);
    }
    for (auto& worker : workers) Retire(worker);
    result_.commit_wall_seconds += committer_.commit_wall_seconds();
    // In the order of days, so that examples do not depend on threads.
    for (const auto& [day, audit] : audits_) model::MergeAudit(audit, result_.audit);
    std::set<uint32_t> read;
    for (const auto& unit : units) {
      for (const auto* group : unit.row_groups) read.insert(group->file);
    }
    result_.objects_read += static_cast<int64_t>(read.size());
    if (!crowded.empty()) {
      result_.warnings.push_back(
          fmt::format("{} of {} units did not fit into memory beside others and were done "
                      "alone; a larger --memory-limit would be faster",
                      crowded.size(), units.size()));
    }
  }

 private:
  void DayDone(model::DayResult day, const model::Audit& audit) {
    const std::lock_guard lock(mutex_);
    ++progress_state_.days_done;
    Tell(model::ProgressKind::kDayDone, &day);
    audits_[day.day] = audit;
    result_.days.push_back(std::move(day));
  }

  void Tell(model::ProgressKind kind, const model::DayResult* day) {
    if (!progress_) return;
    progress_state_.kind = kind;
    progress_state_.day = day;
    progress_(progress_state_);
  }

  void Retire(std::unique_ptr<UnitWorker>& worker) {
    if (!worker) return;
    result_.rows_read += worker->rows_read();
    result_.bytes_read += worker->bytes_read();
    worker->AddKeyCounts(result_.label_key_texts);
    worker.reset();
  }

  const SummarizeOptions& options_;
  MonthPlan& plan_;
  aggregate::NodeRoles roles_;
  aggregate::Rules rules_;
  DayCommitter committer_;
  MemoryBudget budget_;
  const Progress& progress_;
  std::mutex mutex_;  // Guards the three below while workers run.
  model::RunResult& result_;
  std::map<model::Day, model::Audit> audits_;
  model::ProgressEvent progress_state_;
  MonthContext context_;
};

/// Summarises the days of one month. An error concerns the month as a whole.
base::Status SummarizeMonth(const store::ObjectStore& input, const SummarizeOptions& options,
                            model::DayRange days, const std::string& run_id,
                            const Progress& progress, const std::atomic<bool>& stop,
                            model::RunResult& result) {
  double planning_seconds = 0;
  MonthOutputs outputs;
  base::Result<MonthPlan> planned = base::Failed("");
  {
    const observe::PhaseTimer timer(planning_seconds);
    MATOME_ASSIGN_OR_RETURN(
        outputs, OpenOutputs(options, model::Month::Of(days.first), run_id,
                             options.dry_run ? sink::OpenFor::kReading : sink::OpenFor::kWriting));
    planned = PlanMonth(input, options, days, outputs, DeriveRoles::kYes, stop);
  }
  if (!planned.ok()) return std::move(planned).status();
  MonthPlan& plan = planned.value();
  result.phases.front().seconds += planning_seconds;
  if (plan.lacks_report_period) {
    ++result.months_without_report_period;
    for (model::Day day = days.first; day <= days.last; day = day + 1) {
      result.days.emplace_back().day = day;
    }
    std::move(plan.warnings.begin(), plan.warnings.end(), std::back_inserter(result.warnings));
    return {};
  }
  result.cluster_id = plan.constants.cluster_id;
  result.objects_listed += static_cast<int64_t>(plan.catalog.files.size());
  result.bytes_listed += plan.catalog.listed_bytes;
  result.bytes_read += plan.node_role_counts.bytes;
  WarnOfBrokenFiles(plan, input, result);

  if (plan.derived_roles && !options.dry_run) {
    for (const auto& output : outputs) {
      const base::Status saved = output->SaveRoles(*plan.derived_roles);
      if (!saved.ok()) plan.warnings.push_back(saved.message());
    }
  }
  MonthRun run(input, options, plan, outputs, run_id, progress, stop, result);
  run.Run();
  result.warnings.insert(result.warnings.end(), plan.warnings.begin(), plan.warnings.end());
  return {};
}

}  // namespace

base::Result<model::RunResult> SummarizeSource(const store::ObjectStore& input,
                                               const SummarizeOptions& options,
                                               const Progress& progress,
                                               const std::atomic<bool>& stop) {
  const observe::Stopwatch stopwatch;
  const std::string run_id = MakeRunId();
  model::RunResult result;
  result.source_uuid = options.source_uuid;
  result.range = options.days;
  result.threads = options.threads;
  result.phases = {{"plan", 0}, {"read", 0}, {"aggregate", 0}, {"write", 0}};
  for (const model::DayRange part : SplitByMonth(options.days)) {
    base::Status status = SummarizeMonth(input, options, part, run_id, progress, stop, result);
    if (status.code() == base::Code::kInterrupted) break;
    if (!status.ok()) {
      // What other months have committed stands; this one's days failed together.
      if (options.days == part) return status;
      for (model::Day day = part.first; day <= part.last; day = day + 1) {
        const bool told =
            std::any_of(result.days.begin(), result.days.end(),
                        [&](const model::DayResult& each) { return each.day == day; });
        if (told) continue;
        model::DayResult failed;
        failed.day = day;
        failed.state = model::DayState::kFailed;
        failed.status = status;
        result.days.push_back(std::move(failed));
      }
    }
  }
  result.interrupted = stop;
  std::sort(result.days.begin(), result.days.end(),
            [](const model::DayResult& left, const model::DayResult& right) {
              return left.day < right.day;
            });
  for (const auto& day : result.days) {
    result.phases[1].seconds += day.read_seconds;
    result.phases[2].seconds += day.aggregate_seconds;
    result.phases[3].seconds += day.write_seconds;
    result.retries += day.retries;
  }
  result.wall_seconds = stopwatch.seconds();
  result.peak_memory_bytes = observe::PeakResidentBytes();
  return result;
}

}  // namespace matome::pipeline
