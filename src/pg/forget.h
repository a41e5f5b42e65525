// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/status.h"
#include "model/day.h"
#include "pg/connection.h"
#include "pg/ledger_store.h"
#include "pg/summary_table.h"

namespace matome::pg {

/// What was removed of a month, and what stays.
struct ForgottenMonth {
  int64_t days = 0;             // That lost rows.
  int64_t rows = 0;             // Of the summary.
  int64_t cost_model_rows = 0;  // That Koku computed from them.
  int64_t rows_kept = 0;        // Of the source, with infrastructure cost.
  int64_t ledger_days = 0;
};

/// The months of which the table holds rows of the source that may be removed, and with `ledger`
/// those that the ledger knows. Reads the whole table.
base::Result<std::set<model::Month>> FindMonths(Connection& connection, const SummaryTable& table,
                                                const std::string& source_uuid, bool ledger);

/// Removes a month of a source in one transaction: rows without infrastructure cost, as Koku's own
/// delete before the summary does (semantics §8.3), and with `ledger` what the ledger knows. The
/// month's lock must be held.
base::Result<ForgottenMonth> ForgetMonth(Connection& connection, const SummaryTable& table,
                                         const MonthKey& key, bool ledger);

}  // namespace matome::pg
