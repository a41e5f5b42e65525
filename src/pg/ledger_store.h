// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/day.h"
#include "model/ledger.h"
#include "pg/connection.h"

namespace matome::pg {

/// What stands for a month of a source in locks and in the ledger.
struct MonthKey {
  std::string schema;
  std::string source_uuid;
  model::Month month;
};

/// The ledger in schema `matome` (docs/design/postgresql.md). The version that this program writes.
inline constexpr int kLedgerVersion = 1;

/// The version there is; 0 without a ledger. kSchemaMismatch for one newer than we know.
base::Result<int> FindLedger(Connection& connection);

/// Makes the ledger, or brings it to kLedgerVersion; eight runs may do it at once.
base::Status MakeLedger(Connection& connection);

/// Greater than that of every earlier run. To be taken before the input is listed.
base::Result<int64_t> TakeRunNumber(Connection& connection);

/// Statements about ledger rows, and how to read what they give.
Query SelectDays(const MonthKey& key, model::DayRange days);
/// Leaves out, with a warning, what it cannot understand.
std::map<model::Day, model::LedgerDay> ReadDays(const Rows& rows,
                                                std::vector<std::string>& warnings);

/// Who wrote a day last.
struct DayWriterMark {
  int64_t fence = 0;
  std::string run_id;
};
/// Locks the row to the end of the transaction.
Query SelectMark(const MonthKey& key, model::Day day);
/// Of a day that nobody wrote: fence 0.
DayWriterMark ReadMark(const Rows& rows);

Query UpsertDay(const MonthKey& key, model::Day day, int64_t fence, const model::LedgerDay& entry,
                int64_t rows, std::span<const model::BadInput> quarantined);

}  // namespace matome::pg
