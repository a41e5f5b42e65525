// SPDX-License-Identifier: Apache-2.0
#include "pipeline/summarize.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>

#include <fmt/format.h>

#include "observe/phase_timer.h"
#include "observe/resources.h"
#include "pipeline/month_plan.h"
#include "pipeline/month_run.h"
#include "pipeline/read_ahead.h"

namespace matome::pipeline {
namespace {

std::string MakeRunId() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return fmt::format(
      "{:x}-{:x}", std::chrono::duration_cast<std::chrono::microseconds>(now).count(), ::getpid());
}

/// How much may be kept and read ahead. A local lake is not. A limit leaves most of the memory to
/// the work, and a part is left to the connections, so that a run takes no more than
/// read_ahead_bytes beyond what it takes from a local lake (docs/design/memory.md).
int64_t ReadAheadBytes(const store::ObjectStore& input, const SummarizeOptions& options) {
  constexpr int64_t kShareOfLimit = 8;
  constexpr int64_t kBytesPerConnection = int64_t{1} << 20;
  const int connections = input.read_shape().reads_in_flight;
  if (connections <= 1) return 0;
  int64_t bytes = options.read_ahead_bytes;
  if (options.memory_limit_bytes > 0)
    bytes = std::min(bytes, options.memory_limit_bytes / kShareOfLimit);
  return bytes - std::min(bytes / 4, connections * kBytesPerConnection);
}

void WarnOfBrokenFiles(const MonthPlan& plan, const store::ObjectStore& input,
                       model::RunResult& result) {
  for (const auto& file : plan.catalog.files) {
    // Why days are done over, or fail, is told with them.
    if (file.status.ok() || file.status.code() == base::Code::kInputChanged) continue;
    result.warnings.push_back(
        fmt::format("{}: {}", input.Describe(file.file.object.key), file.status.message()));
  }
}

void FailDays(std::vector<model::DayResult> days, const base::Status& status,
              model::RunResult& result) {
  for (auto& day : days) {
    day.state = model::DayState::kFailed;
    day.status = status;
    result.days.push_back(std::move(day));
  }
}

/// What is the same for every listing of a month.
struct MonthTask {
  const store::ObjectStore& lake;
  const SummarizeOptions& options;
  model::DayRange days;
  const std::string& run_id;
  const Progress& progress;
  const std::atomic<bool>& stop;
};

/// Lists a month and summarises it: all days of the range or, if given, only some. Days that met an
/// object which is not as it was listed go to `changed`, if there is such. An error concerns the
/// month as a whole.
base::Status SummarizeListing(const MonthTask& task, const MonthOutputs& outputs,
                              const std::set<model::Day>* only,
                              std::vector<model::DayResult>* changed, model::RunResult& result) {
  const auto& options = task.options;
  MonthInput input(task.lake);
  input.read_ahead_bytes = ReadAheadBytes(task.lake, options);
  // The rest is for what is fetched ahead.
  catalog::KeptObjects kept(input.read_ahead_bytes / 4 * 3);
  input.kept = &kept;
  input.traffic = &result.traffic;
  base::Result<MonthPlan> planned = base::Failed("");
  {
    const observe::PhaseTimer timer(result.phases.front().seconds);
    planned = PlanMonth(input, options, task.days, outputs, DeriveRoles::kYes, task.stop);
  }
  if (!planned.ok()) return std::move(planned).status();
  MonthPlan& plan = planned.value();
  const auto is_wanted = [only](model::Day day) { return only == nullptr || only->contains(day); };
  if (plan.lacks_report_period) {
    ++result.months_without_report_period;
    for (model::Day day = task.days.first; day <= task.days.last; day = day + 1) {
      if (is_wanted(day)) result.days.emplace_back().day = day;
    }
    std::move(plan.warnings.begin(), plan.warnings.end(), std::back_inserter(result.warnings));
    return {};
  }
  std::erase_if(plan.days, [&](const DayPlan& day) { return !is_wanted(day.day); });
  result.cluster_id = plan.constants.cluster_id;
  result.objects_listed += static_cast<int64_t>(plan.catalog.files.size());
  result.bytes_listed += plan.catalog.listed_bytes;
  result.bytes_read += plan.node_role_counts.bytes;
  WarnOfBrokenFiles(plan, task.lake, result);

  if (plan.derived_roles && !options.dry_run) {
    for (const auto& output : outputs) {
      const base::Status saved = output->SaveRoles(*plan.derived_roles);
      if (!saved.ok()) plan.warnings.push_back(saved.message());
    }
  }
  MonthRun run(input, options, plan, outputs, task.run_id, task.progress, task.stop, changed,
               result);
  run.Run();
  for (const auto& output : outputs) {
    const base::Status finished = output->Finish();
    if (!finished.ok()) plan.warnings.push_back(finished.message());
  }
  result.warnings.insert(result.warnings.end(), plan.warnings.begin(), plan.warnings.end());
  return {};
}

/// Summarises the days of one month. Those that met an object which changed or vanished since it
/// was listed are done over once, from a new listing; so is all, if planning met one. An error
/// concerns the month as a whole.
base::Status SummarizeMonth(const MonthTask& task, model::RunResult& result) {
  const auto& options = task.options;
  MonthOutputs outputs;
  {
    const observe::PhaseTimer timer(result.phases.front().seconds);
    MATOME_ASSIGN_OR_RETURN(
        outputs, OpenOutputs(options, model::Month::Of(task.days.first), task.run_id,
                             options.dry_run ? sink::OpenFor::kReading : sink::OpenFor::kWriting));
  }
  std::vector<model::DayResult> changed;
  base::Status first = SummarizeListing(task, outputs, nullptr, &changed, result);
  if (first.ok() && changed.empty()) return {};
  if (first.code() == base::Code::kInputChanged) {
    result.warnings.push_back(
        fmt::format("the lake was listed again, because {}", first.message()));
    return SummarizeListing(task, outputs, nullptr, nullptr, result);
  }
  if (!first.ok()) return first;
  std::set<model::Day> days;
  std::set<std::string> reasons;
  for (const auto& day : changed) {
    days.insert(day.day);
    reasons.insert(day.status.message());
  }
  result.warnings.push_back(fmt::format(
      "the lake was listed again, and {} day{} done over, because {}{}", days.size(),
      days.size() == 1 ? "" : "s", *reasons.begin(),
      reasons.size() == 1 ? "" : fmt::format(" (and {} more like this)", reasons.size() - 1)));
  const base::Status second = SummarizeListing(task, outputs, &days, nullptr, result);
  // What the first listing has committed stands.
  if (!second.ok()) FailDays(std::move(changed), second, result);
  return {};
}

/// Adds what the store was asked for from one moment to another.
void AddTraffic(const store::Traffic& from, const store::Traffic& to, model::InputTraffic& into) {
  for (const auto& [kind, count] : to.requests) {
    const auto before = from.requests.find(kind);
    into.requests[kind] += count - (before == from.requests.end() ? 0 : before->second);
  }
  into.bytes_fetched += to.bytes_fetched - from.bytes_fetched;
  into.retries += to.retries - from.retries;
  into.wait_seconds += to.wait_seconds - from.wait_seconds;
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
  const store::Traffic traffic_before = input.traffic();
  for (const model::DayRange part : SplitByMonth(options.days)) {
    const MonthTask task{.lake = input,
                         .options = options,
                         .days = part,
                         .run_id = run_id,
                         .progress = progress,
                         .stop = stop};
    base::Status status = SummarizeMonth(task, result);
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
  AddTraffic(traffic_before, input.traffic(), result.traffic);
  result.wall_seconds = stopwatch.seconds();
  result.peak_memory_bytes = observe::PeakResidentBytes();
  return result;
}

}  // namespace matome::pipeline
