// SPDX-License-Identifier: Apache-2.0
#include "sink/tree_output.h"

#include <utility>

#include "sink/month_lock.h"
#include "sink/quarantine.h"

namespace matome::sink {
namespace {

constexpr std::chrono::seconds kBetweenSaves{1};

}  // namespace

base::Result<std::unique_ptr<TreeOutput>> TreeOutput::Open(const TreeTarget& target,
                                                           const MonthOutputOptions& options) {
  MATOME_ASSIGN_OR_RETURN(auto store, OpenStore(target, options.run_id));
  return OpenIn(std::move(store), target, options);
}

base::Result<std::unique_ptr<TreeOutput>> TreeOutput::OpenIn(
    std::shared_ptr<store::WritableStore> store, const TreeTarget& target,
    const MonthOutputOptions& options) {
  MATOME_ASSIGN_OR_RETURN(
      auto tree, DayTree::Open(*store, options.source_uuid, target.format, options.semantics));
  std::unique_ptr<TreeOutput> output(
      new TreeOutput(std::move(store), std::move(tree), target.Describe(), options));
  if (options.purpose == OpenFor::kReading) return output;
  MATOME_ASSIGN_OR_RETURN(output->lock_,
                          TakeMonthLock(*output->store_, options.source_uuid, options.month));
  MATOME_RETURN_IF_ERROR(RemoveLeftovers(*output->store_, options.source_uuid, options.month));
  return output;
}

base::Result<MonthState> TreeOutput::Load(model::DayRange days,
                                          std::vector<std::string>& warnings) {
  MATOME_RETURN_IF_ERROR(ledger_.Load(warnings));
  unsaved_ = false;
  MATOME_ASSIGN_OR_RETURN(auto stamps, tree_.Stamps(month_));
  MonthState state{.days = ledger_.days(), .stamps = {}, .roles = ledger_.roles()};
  for (const auto& [day, stamp] : stamps) {
    if (days.Contains(day)) state.stamps.emplace(day, stamp);
  }
  MATOME_ASSIGN_OR_RETURN(auto records, RecordedDays(*store_, source_uuid_));
  const std::lock_guard lock(mutex_);
  stamps_ = std::move(stamps);
  records_ = std::move(records);
  return state;
}

base::Status TreeOutput::MayWrite() const {
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_.ok()) return stopped_;
  }
  return lock_->Check();
}

base::Status TreeOutput::Noted(base::Status status) {
  if (status.code() == base::Code::kLocked) {
    const std::lock_guard lock(mutex_);
    if (stopped_.ok()) stopped_ = status;
  }
  return status;
}

base::Status TreeOutput::WriteRecord(const DayCommit& commit) {
  const model::Day day = commit.summary.day;
  {
    const std::lock_guard lock(mutex_);
    if (commit.quarantined.empty() && records_ && !records_->contains(day)) return {};
  }
  MATOME_RETURN_IF_ERROR(WriteQuarantine(*store_, source_uuid_, day, commit.quarantined));
  const std::lock_guard lock(mutex_);
  if (!records_) return {};
  if (commit.quarantined.empty()) {
    records_->erase(day);
  } else {
    records_->insert(day);
  }
  return {};
}

base::Result<std::optional<std::string>> TreeOutput::WriteRows(const DayCommit& commit) {
  const model::Day day = commit.summary.day;
  std::optional<std::string> stamp;
  if (commit.summary.rows.empty()) {
    MATOME_RETURN_IF_ERROR(tree_.Remove(day));
  } else {
    Fence fence{.lock = lock_.get(), .expected_stamp = {}};
    if (store_->compares_versions()) {
      const std::lock_guard lock(mutex_);
      if (stamps_) fence.expected_stamp = stamps_->contains(day) ? stamps_->at(day) : "";
    }
    MATOME_ASSIGN_OR_RETURN(stamp, tree_.Replace(commit.summary, commit.constants, fence));
  }
  const std::lock_guard lock(mutex_);
  if (stamps_) stamps_->erase(day);
  if (stamps_ && stamp) stamps_->emplace(day, *stamp);
  return stamp;
}

base::Status TreeOutput::Remember(model::Day day, model::LedgerDay entry) {
  std::unique_lock lock(ledger_mutex_);
  ledger_.Put(day, std::move(entry));
  unsaved_ = true;
  const bool recent = saved_at_ && Clock::now() - *saved_at_ < kBetweenSaves;
  if (saving_ || recent) return {};
  base::Status saved = SaveLedger(lock);
  // Another failure may pass until Finish().
  return saved.code() == base::Code::kLocked ? saved : base::Status();
}

base::Status TreeOutput::SaveLedger(std::unique_lock<std::mutex>& lock) {
  const std::string text = ledger_.Text();
  unsaved_ = false;
  saving_ = true;
  lock.unlock();
  base::Status saved = Noted(ledger_.Write(text));
  lock.lock();
  saving_ = false;
  saved_at_ = Clock::now();
  if (!saved.ok()) unsaved_ = true;
  return saved;
}

base::Status TreeOutput::Commit(const DayCommit& commit, CommitNotes& /*notes*/) {
  MATOME_RETURN_IF_ERROR(MayWrite());
  MATOME_RETURN_IF_ERROR(WriteRecord(commit));
  auto stamp = WriteRows(commit);
  if (!stamp.ok()) return Noted(std::move(stamp).status());
  model::LedgerDay entry = commit.entry;
  entry.stamp = *std::move(stamp);
  return Remember(commit.summary.day, std::move(entry));
}

base::Status TreeOutput::SaveRoles(const model::LedgerRoles& roles) {
  MATOME_RETURN_IF_ERROR(MayWrite());
  std::unique_lock lock(ledger_mutex_);
  ledger_.set_roles(roles);
  return SaveLedger(lock);
}

base::Status TreeOutput::Finish() {
  std::unique_lock lock(ledger_mutex_);
  if (!unsaved_) return {};
  base::Status status = MayWrite();
  if (status.ok()) status = SaveLedger(lock);
  if (status.ok()) return status;
  return std::move(status).WithContext(
      "days are written, but not remembered, so the next run does them again");
}

}  // namespace matome::sink
