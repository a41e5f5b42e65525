// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sink/day_tree.h"
#include "sink/ledger.h"
#include "sink/month_output.h"
#include "sink/tree_target.h"

namespace matome::sink {

/// A month of a source in a DayTree, with its ledger and its records of what could not be used
/// (docs/design/data-flow.md; in a bucket, docs/design/s3-writing.md).
///
/// A day is committed in the order record, rows, ledger: rows are never there without the list of
/// what they lack, and the ledger never speaks of rows that are not there. The ledger is of the
/// whole month, so it is written once a second at most, and in the end: who is killed has forgotten
/// the days of his last second, and does them again.
class TreeOutput final : public MonthOutput {
 public:
  /// Opened for writing it takes the month's lock, kLocked when another run holds it, and removes
  /// what killed runs left. kUsage if the tree holds the other format.
  static base::Result<std::unique_ptr<TreeOutput>> Open(const TreeTarget& target,
                                                        const MonthOutputOptions& options);
  /// The same in a store that is open already: that of `target`.
  static base::Result<std::unique_ptr<TreeOutput>> OpenIn(
      std::shared_ptr<store::WritableStore> store, const TreeTarget& target,
      const MonthOutputOptions& options);

  std::string Describe() const override { return description_; }
  base::Result<MonthState> Load(model::DayRange days, std::vector<std::string>& warnings) override;
  /// kLocked, or the lock's own error, once the lock is lost or another run is seen to have
  /// written; then nothing more is written.
  base::Status Commit(const DayCommit& commit, CommitNotes& notes) override;
  base::Status SaveRoles(const model::LedgerRoles& roles) override;
  base::Status Finish() override;

 private:
  using Clock = std::chrono::steady_clock;

  TreeOutput(std::shared_ptr<store::WritableStore> store, DayTree tree, std::string description,
             const MonthOutputOptions& options)
      : store_(std::move(store)),
        description_(std::move(description)),
        source_uuid_(options.source_uuid),
        month_(options.month),
        tree_(std::move(tree)),
        ledger_(*store_, source_uuid_, month_) {}

  base::Status WriteRecord(const DayCommit& commit);
  base::Result<std::optional<std::string>> WriteRows(const DayCommit& commit);
  base::Status Remember(model::Day day, model::LedgerDay entry);
  base::Status SaveLedger(std::unique_lock<std::mutex>& lock);
  base::Status MayWrite() const;
  /// Remembers an error that says that another run is at work.
  base::Status Noted(base::Status status);

  std::shared_ptr<store::WritableStore> store_;
  std::string description_;
  std::string source_uuid_;
  model::Month month_;
  DayTree tree_;

  mutable std::mutex mutex_;  // Guards the next three while days are committed.
  /// As of Load(), and of what was committed since; absent before.
  std::optional<std::map<model::Day, std::string>> stamps_;
  std::optional<std::set<model::Day>> records_;
  base::Status stopped_;

  std::mutex ledger_mutex_;  // Guards the next four; not held while the ledger is written.
  Ledger ledger_;
  bool unsaved_ = false;
  bool saving_ = false;
  std::optional<Clock::time_point> saved_at_;
  std::unique_ptr<store::Lock> lock_;
};

}  // namespace matome::sink
