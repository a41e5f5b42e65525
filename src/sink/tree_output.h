// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sink/day_tree.h"
#include "sink/ledger.h"
#include "sink/month_lock.h"
#include "sink/month_output.h"

namespace matome::sink {

/// A directory that gets the summary as files.
struct TreeTarget {
  std::string directory;
  FileFormat format = FileFormat::kParquet;

  bool operator==(const TreeTarget&) const = default;
};

/// A month of a source in a DayTree, with its ledger and its records of what could not be used.
///
/// A day is committed in the order record, rows, ledger: rows are never there without the list of
/// what they lack, and the ledger never speaks of rows that are not there.
class TreeOutput final : public MonthOutput {
 public:
  /// Opened for writing it takes the month's lock, kLocked when another run holds it, and removes
  /// what killed runs left. kUsage if the directory holds the other format.
  static base::Result<std::unique_ptr<TreeOutput>> Open(const TreeTarget& target,
                                                        const MonthOutputOptions& options);

  std::string Describe() const override { return directory_; }
  base::Result<MonthState> Load(model::DayRange days, std::vector<std::string>& warnings) override;
  base::Status Commit(const DayCommit& commit, CommitNotes& notes) override;
  base::Status SaveRoles(const model::LedgerRoles& roles) override;

 private:
  TreeOutput(std::string directory, DayTree tree, const MonthOutputOptions& options)
      : directory_(std::move(directory)),
        source_uuid_(options.source_uuid),
        month_(options.month),
        tree_(std::move(tree)) {}

  std::string directory_;
  std::string source_uuid_;
  model::Month month_;
  DayTree tree_;
  std::optional<MonthLock> lock_;
  std::mutex ledger_mutex_;  // Guards the ledger while days are committed.
  Ledger ledger_;
};

}  // namespace matome::sink
