// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/day.h"
#include "pg/connection.h"
#include "pg/ledger_store.h"
#include "pg/summary_table.h"

namespace matome::pg {

// What only `doctor` asks; nothing here changes anything.

/// The shortest of a few round trips.
base::Result<double> MeasureLatencySeconds(Connection& connection);

/// What a run is to do beside reading reference data and replacing days.
struct WantedWork {
  bool ledger = true;
  bool create_partitions = false;
  bool create_report_period = false;
  bool fill_reference_tables = false;
};

/// The GRANTs that our user lacks for that work, ready to be run by an owner; none if it may do it
/// all.
base::Result<std::vector<std::string>> MissingGrants(Connection& connection,
                                                     const SummaryTable& table,
                                                     const WantedWork& work);

/// Deletes and inserts as a run would, on `day`, in a transaction that is rolled back: finds what
/// no table of privileges tells, e.g. row security, triggers or a day without partition.
base::Status TryReplacing(Connection& connection, const SummaryTable& table,
                          const std::string& source_uuid, model::Day day);

/// Who holds the lock of a month, e.g. "backend 4711, matome, from 10.0.0.7"; absent: nobody.
base::Result<std::optional<std::string>> FindLockHolder(Connection& connection,
                                                        const MonthKey& key);

}  // namespace matome::pg
