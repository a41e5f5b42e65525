// SPDX-License-Identifier: Apache-2.0
#include "sink/tree_output.h"

#include <utility>

#include <fmt/format.h>

#include "sink/quarantine.h"

namespace matome::sink {

base::Result<std::unique_ptr<TreeOutput>> TreeOutput::Open(const TreeTarget& target,
                                                           const MonthOutputOptions& options) {
  MATOME_ASSIGN_OR_RETURN(auto tree,
                          DayTree::Open(target.directory, options.source_uuid, target.format,
                                        options.semantics, options.run_id));
  std::unique_ptr<TreeOutput> output(new TreeOutput(target.directory, std::move(tree), options));
  if (options.purpose == OpenFor::kReading) return output;
  MATOME_ASSIGN_OR_RETURN(auto lock,
                          MonthLock::Acquire(target.directory, options.source_uuid, options.month));
  output->lock_.emplace(std::move(lock));
  MATOME_RETURN_IF_ERROR(output->tree_.RemoveLeftovers(options.month));
  return output;
}

base::Result<MonthState> TreeOutput::Load(model::DayRange days,
                                          std::vector<std::string>& warnings) {
  MATOME_ASSIGN_OR_RETURN(ledger_, Ledger::Load(directory_, source_uuid_, month_, warnings));
  MonthState state{.days = ledger_.days(), .stamps = {}, .roles = ledger_.roles()};
  for (model::Day day = days.first; day <= days.last; day = day + 1) {
    MATOME_ASSIGN_OR_RETURN(auto stamp, tree_.StampOf(day));
    if (stamp) state.stamps[day] = *std::move(stamp);
  }
  return state;
}

base::Status TreeOutput::Commit(const DayCommit& commit, CommitNotes& notes) {
  const model::Day day = commit.summary.day;
  MATOME_RETURN_IF_ERROR(WriteQuarantine(directory_, source_uuid_, day, commit.quarantined));
  if (commit.summary.rows.empty()) {
    MATOME_RETURN_IF_ERROR(tree_.Remove(day));
  } else {
    MATOME_RETURN_IF_ERROR(tree_.Replace(commit.summary, commit.constants));
  }
  // From here on the day is committed. A ledger that cannot be kept costs the next run time, not
  // this one its result.
  auto stamp = tree_.StampOf(day);
  base::Status saved = stamp.status();
  if (stamp.ok()) {
    model::LedgerDay entry = commit.entry;
    entry.stamp = std::move(stamp).value();
    const std::lock_guard lock(ledger_mutex_);
    ledger_.Put(day, std::move(entry));
    saved = ledger_.Save();
  }
  if (!saved.ok()) {
    notes.warnings.push_back(fmt::format("day {}: its rows are written, but not remembered: {}",
                                         day.ToString(), saved.message()));
  }
  return {};
}

base::Status TreeOutput::SaveRoles(const model::LedgerRoles& roles) {
  const std::lock_guard lock(ledger_mutex_);
  ledger_.set_roles(roles);
  return ledger_.Save();
}

}  // namespace matome::sink
