// SPDX-License-Identifier: Apache-2.0
#include "pipeline/day_commit.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/units.h"
#include "observe/phase_timer.h"
#include "pipeline/fingerprint.h"

namespace matome::pipeline {
namespace {

using model::DayState;
using model::Number;
using model::RowKind;

std::string Describe(const model::BadInput& bad) {
  std::string text;
  const auto add = [&](const std::string& part) {
    if (!text.empty()) text += ": ";
    text += part;
  };
  if (!bad.object.empty()) add(bad.object);
  if (bad.row_group) add(fmt::format("row group {}", *bad.row_group));
  if (bad.row) add(fmt::format("row {}", *bad.row));
  if (!bad.column.empty()) add("column " + bad.column);
  add(bad.reason);
  if (!bad.raw_text.empty()) add(bad.raw_text.substr(0, 200));
  return text;
}

void AddTotals(const model::DaySummary& summary, const aggregate::Capacity& cluster,
               model::DayResult& result) {
  const auto add = [](const model::SummaryRow& row, Number number, double& total) {
    if (row.has(number)) total += row.number(number);
  };
  for (const auto& row : summary.rows) {
    ++result.rows_out[static_cast<size_t>(row.kind)];
    if (row.kind == RowKind::kPod) {
      add(row, Number::kPodUsageCpuCoreHours, result.cpu_core_hours.usage);
      add(row, Number::kPodRequestCpuCoreHours, result.cpu_core_hours.request);
      add(row, Number::kPodUsageMemoryGigabyteHours, result.memory_gigabyte_hours.usage);
      add(row, Number::kPodRequestMemoryGigabyteHours, result.memory_gigabyte_hours.request);
    } else if (row.kind == RowKind::kUnallocated) {
      add(row, Number::kPodUsageCpuCoreHours, result.cpu_core_hours.unallocated);
      add(row, Number::kPodUsageMemoryGigabyteHours, result.memory_gigabyte_hours.unallocated);
    }
  }
  result.cpu_core_hours.capacity = model::CoreHours(cluster.cpu_core_seconds.value_or(0));
  result.memory_gigabyte_hours.capacity =
      model::GigabyteHours(cluster.memory_byte_seconds.value_or(0));
}

}  // namespace

base::Status DayCommitter::CheckNotVanished(const OutputDay& there,
                                            const model::DaySummary& summary, int64_t pod_rows_in,
                                            const model::DayResult& result) const {
  if (!there.stamp || options_.allow_empty_days || pod_rows_in > 0) return {};
  if (!result.quarantined.empty()) {
    // The input is there, if damaged; but rows are not given up for nothing.
    if (!summary.rows.empty()) return {};
    return base::BadInput("nothing of the day can be used, so its rows are kept: " +
                          Describe(result.quarantined.front()));
  }
  // Rows that no ledger knows may well have come from pods.
  if (there.earlier_pod_rows == 0 && !summary.rows.empty()) return {};
  return base::Temporary(
      fmt::format("the day had rows, and its {} gone; an ingest may be under way, so the rows are "
                  "kept. Run again "
                  "later, or empty the day with --allow-empty-days",
                  summary.rows.empty() ? "input is" : "daily pod rows are"));
}

base::Status DayCommitter::Write(const DayPlan& day, const model::DaySummary& summary,
                                 const std::vector<model::NodeRole>& asked_roles,
                                 int64_t pod_rows_in, model::DayResult& result) {
  bool had_rows = false;
  for (const OutputDay& there : day.outputs) {
    if (!there.needs_work()) continue;
    MATOME_RETURN_IF_ERROR(CheckNotVanished(there, summary, pod_rows_in, result));
    had_rows |= there.stamp.has_value();
  }
  const bool empty = summary.rows.empty();
  if (!empty) {
    result.state = result.quarantined.empty() ? DayState::kWritten : DayState::kIncomplete;
  } else if (had_rows) {
    result.state = DayState::kRemoved;
  } else {
    result.state = result.quarantined.empty() ? DayState::kEmpty : DayState::kIncomplete;
  }
  if (options_.dry_run) {
    if (empty) {
      result.change = had_rows ? "would be removed" : "empty";
    } else {
      result.change = had_rows ? fmt::format("changed: {}", day.why) : "new";
    }
    return {};
  }
  sink::DayCommit commit{.summary = summary,
                         .constants = plan_.constants,
                         .entry = {.fingerprint = day.fingerprint,
                                   .stamp = {},
                                   .incomplete = !result.quarantined.empty(),
                                   .pod_rows_in = pod_rows_in,
                                   .result = result,
                                   .run_id = run_id_},
                         .quarantined = result.quarantined};
  commit.entry.result.quarantined.clear();
  if (plan_.reference.nodes) {
    commit.entry.fingerprint.node_roles = HashOfRoles(asked_roles);
    for (const auto& row : asked_roles)
      commit.entry.result.asked_nodes.emplace_back(*row.node, *row.resource_id);
  }
  const observe::BusyTime::Scope committing(commit_time_);
  for (size_t index = 0; index < outputs_.size(); ++index) {
    if (!day.outputs[index].needs_work()) continue;
    sink::CommitNotes notes;
    const base::Status status = outputs_[index]->Commit(commit, notes);
    result.cost_model_rows_removed += notes.cost_model_rows_removed;
    result.retries += notes.retries;
    {
      const std::lock_guard lock(warnings_mutex_);
      std::move(notes.warnings.begin(), notes.warnings.end(), std::back_inserter(plan_.warnings));
    }
    MATOME_RETURN_IF_ERROR(status);
  }
  return {};
}

void DayCommitter::Commit(const DayPlan& day, const model::DaySummary& summary,
                          const aggregate::DayAggregator& aggregator,
                          std::vector<model::BadInput> bad, int64_t bad_count,
                          model::DayResult& result) {
  const observe::PhaseTimer timer(result.write_seconds);
  if (bad_count > 0 && options_.on_bad_input == OnBadInput::kFail) {
    result.state = DayState::kFailed;
    result.status = base::BadInput(Describe(bad.front()));
    if (bad_count > 1) {
      result.status =
          base::BadInput(fmt::format("{} (and {} more)", result.status.message(), bad_count - 1));
    }
    return;
  }
  result.quarantined = std::move(bad);
  AddTotals(summary, aggregator.cluster_capacity(), result);
  result.status = Write(day, summary, aggregator.asked_roles(), aggregator.pod_rows_in(), result);
  if (!result.status.ok()) {
    result.state = DayState::kFailed;
    result.rows_out = {};
  }
}

model::DayResult DayCommitter::ResultWithoutWork(const DayPlan& day) {
  model::DayResult result;
  if (!day.status.ok()) {
    result.state = DayState::kFailed;
    result.status = day.status;
  } else if (day.state == model::PlanState::kUnchanged && day.earlier) {
    result = *day.earlier;
    result.state = DayState::kUnchanged;
    result.change = "unchanged";
  }
  result.day = day.day;
  result.objects = static_cast<int64_t>(day.files.size());
  return result;
}

}  // namespace matome::pipeline
