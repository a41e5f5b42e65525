// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/status.h"
#include "model/day.h"
#include "model/semantics.h"
#include "model/summary_row.h"
#include "sink/day_file.h"
#include "store/writable_store.h"

namespace matome::sink {

/// What must hold at the moment a day is put in its place.
struct Fence {
  const store::Lock* lock = nullptr;  // Is still ours.
  /// The day's file is still this one; empty: there is none. Only for stores that compare versions.
  std::optional<std::string> expected_stamp;
};

/// The summary as a tree of files, one a day, in the layout of tree_layout.h. A day is replaced
/// whole: a reader sees the old file or the new one. Thread-safe for calls on different days.
class DayTree {
 public:
  /// Fails with kUsage if the store holds the other format. Writes nothing yet. `store` must
  /// outlive the tree.
  static base::Result<DayTree> Open(store::WritableStore& store, const std::string& source_uuid,
                                    FileFormat format, model::Semantics semantics);

  /// What identifies the files that are there for the days of a month, so that a change by others
  /// is noticed.
  base::Result<std::map<model::Day, std::string>> Stamps(model::Month month) const;
  /// Replaces the day's rows by those of `summary`, at least one, and returns its new stamp. When
  /// it returns, they are durable. kLocked if another has replaced the day.
  base::Result<std::string> Replace(const model::DaySummary& summary,
                                    const model::RunConstants& constants, const Fence& fence);
  /// Removes the day's rows, if there are any.
  base::Status Remove(model::Day day);

 private:
  DayTree(store::WritableStore& store, const std::string& source_uuid, FileFormat format,
          model::Semantics semantics)
      : store_(&store), source_uuid_(source_uuid), format_(format), semantics_(semantics) {}

  std::string KeyOf(model::Day day) const;

  store::WritableStore* store_;
  std::string source_uuid_;
  FileFormat format_;
  model::Semantics semantics_;
};

/// Removes the day files of a month, of any format, while `lock` is ours. Returns how many there
/// were.
base::Result<int64_t> RemoveMonth(store::WritableStore& store, const std::string& source_uuid,
                                  model::Month month, const store::Lock& lock);

/// Removes what killed runs left of a month. Only while holding the month's lock.
base::Status RemoveLeftovers(store::WritableStore& store, const std::string& source_uuid,
                             model::Month month);

}  // namespace matome::sink
