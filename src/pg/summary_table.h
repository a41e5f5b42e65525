// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "pg/connection.h"

namespace matome::pg {

/// The summary's table in a tenant's schema, as it is there.
struct SummaryTable {
  std::string schema;
  std::string oid;
  std::string name;       // Qualified and quoted, to stand in SQL.
  std::string role;       // That we are, quoted.
  bool by_month = false;  // Partitioned by range of usage_start.
  /// Columns that are not ours but would get a default: they must be NULL in our rows.
  std::vector<std::string> columns_to_null;
};

enum class TableUse : uint8_t { kRead, kReplaceDays };

/// Holds the table against what the summary needs (semantics §7). Columns are matched by name; more
/// of them are welcome. kSchemaMismatch names a missing or wrong schema, table, column or type,
/// kDatabaseUnavailable a missing privilege and the GRANT that gives it.
base::Result<SummaryTable> InspectSummaryTable(Connection& connection, const std::string& schema,
                                               TableUse use);

/// "COPY … (columns) FROM STDIN (FORMAT binary)": CopyColumns(), then columns_to_null.
std::string CopyStatement(const SummaryTable& table);

}  // namespace matome::pg
