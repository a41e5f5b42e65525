// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/ledger.h"
#include "model/semantics.h"
#include "model/summary_row.h"
#include "pg/connection.h"
#include "pg/copy_encoder.h"
#include "pg/ledger_store.h"
#include "pg/month_lock.h"
#include "pg/retry.h"
#include "pg/summary_table.h"

namespace matome::pg {

/// What all days of a run have in common.
struct DayWriterOptions {
  ConnectTarget target;
  SummaryTable table;
  MonthKey key;
  model::Semantics semantics = model::Semantics::kTrino;
  std::string run_id;
  std::optional<int64_t> fence;    // The run's number; absent without a ledger.
  bool synchronous_commit = true;  // As the server is configured; else off.
  RetryPolicy retry;               // Of one day.
  /// For tests, called at "after delete", "mid copy", "before commit" and "after commit".
  std::function<void(std::string_view point)> fault_point;
};

/// A day as it is to be.
struct DayToWrite {
  const model::DaySummary& summary;
  const model::RunConstants& constants;
  const model::LedgerDay& entry;
  std::span<const model::BadInput> quarantined;
};

struct DayWriteNotes {
  int64_t cost_model_rows_removed = 0;
  int64_t retries = 0;
};

/// Replaces days, each in one transaction (docs/design/postgresql.md). One connection, opened on
/// demand; for one thread at a time. `options` and `lock` must outlive it.
class DayWriter {
 public:
  DayWriter(const DayWriterOptions& options, MonthLock& lock);

  /// Tries again what may pass, until the policy's deadline. After success the day is committed
  /// exactly once; after an error it is as it was, except that nobody knows when the connection was
  /// lost during the last COMMIT. kLocked when a later run wrote the day.
  base::Status Write(const DayToWrite& day, DayWriteNotes& notes);

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  base::Status Attempt(const DayToWrite& day, Deadline deadline, DayWriteNotes& notes);
  /// Up to the DELETE. `done` says that an earlier attempt has committed.
  base::Status Begin(const DayToWrite& day, Deadline deadline, DayWriteNotes& notes, bool& done);
  base::Status Copy(const DayToWrite& day);
  base::Status Commit(const DayToWrite& day);
  base::Status RenewLock(int lost_pid);
  /// Ends a failed transaction; a connection that cannot do that is dropped.
  void Rollback();
  /// Remembers the connection's error as the reason of the attempt's failure.
  base::Status Fail();
  base::Status Fail(base::Status status, Recovery recovery = Recovery::kNone);
  void AtFaultPoint(std::string_view point) const {
    if (options_.fault_point) options_.fault_point(point);
  }

  const DayWriterOptions& options_;
  MonthLock& lock_;
  std::optional<Connection> connection_;
  CopyEncoder encoder_;
  Error error_;                   // Of the latest attempt.
  bool outcome_unknown_ = false;  // A COMMIT of this day was sent and not answered.
};

}  // namespace matome::pg
