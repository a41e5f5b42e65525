// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/day.h"
#include "pg/connection.h"
#include "pg/summary_table.h"

namespace matome::pg {

/// Where the rows of a month fall (semantics §7.4).
struct MonthPartitions {
  std::vector<model::Day> uncovered;  // Days that no partition but the default one takes.
  bool any = false;                   // Some days have a partition of their own.
  std::string default_partition;      // Qualified and quoted; empty if there is none.
};

/// Of a table that is not partitioned by usage_start: all days covered.
base::Result<MonthPartitions> FindMonthPartitions(Connection& connection, const SummaryTable& table,
                                                  model::Month month);

/// Makes `<table>_YYYY_MM` and its row in partitioned_tables, where that table is; leaves the DDL
/// to the trigger there if one does it. Does nothing if the month has its partition. Fails when the
/// default partition holds rows of the month: they would have to be moved first.
base::Status MakeMonthPartition(Connection& connection, const SummaryTable& table,
                                model::Month month);

/// Sees to it that the rows of a month can be taken: makes the partition if it may, warns when rows
/// will fall into the default partition, fails when nothing would take them.
base::Status PrepareMonthPartition(Connection& connection, const SummaryTable& table,
                                   model::Month month, bool create,
                                   std::vector<std::string>& warnings);

}  // namespace matome::pg
