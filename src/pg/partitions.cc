// SPDX-License-Identifier: Apache-2.0
#include "pg/partitions.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/table_schema.h"
#include "pg/advisory_lock.h"

namespace matome::pg {
namespace {

using base::Code;
using base::Status;
using model::Day;

/// A bound of a range partition as the catalogue prints it: a date, MINVALUE or MAXVALUE.
std::optional<Day> BoundDay(std::string_view text) {
  if (text == "MINVALUE") return Day{INT32_MIN};
  if (text == "MAXVALUE") return Day{INT32_MAX};
  return Day::Parse(text);
}

std::string PartitionName(model::Month month) {
  return fmt::format("{}_{:04}_{:02}", model::kSummaryTable, month.year, month.month);
}

Status Mismatch(const SummaryTable& table, std::string_view what) {
  return {Code::kSchemaMismatch, fmt::format("table {}: {}", table.name, what)};
}

Status DefaultHoldsRows(const SummaryTable& table, model::Month month,
                        std::string_view default_partition) {
  return Mismatch(
      table, fmt::format("no partition for {} can be made, because the default partition {} holds "
                         "rows of that month; move them out, or run without --create-partitions",
                         month.ToString(), default_partition));
}

/// In a transaction that the caller ends.
Status Make(Connection& connection, const SummaryTable& table, model::Month month) {
  MATOME_RETURN_IF_ERROR(
      connection
          .ExecParams("SELECT pg_catalog.pg_advisory_xact_lock($1, $2)",
                      {std::to_string(kSetupLockClass),
                       std::to_string(LockHash({table.schema, PartitionName(month)}))})
          .status());
  // Others wait behind us for as long as we wait for readers of the default partition.
  MATOME_RETURN_IF_ERROR(connection.Exec("SET LOCAL lock_timeout = '10s'").status());
  MATOME_ASSIGN_OR_RETURN(const auto before, FindMonthPartitions(connection, table, month));
  if (before.uncovered.empty()) return {};
  if (before.any) {
    return Mismatch(table, fmt::format("some days of {} have a partition and {} has none; make it "
                                       "by hand",
                                       month.ToString(), before.uncovered.front().ToString()));
  }
  const std::string from = month.first_day().ToString();
  const std::string to = (month.last_day() + 1).ToString();
  if (!before.default_partition.empty()) {
    MATOME_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.ExecParams(fmt::format("SELECT EXISTS (SELECT FROM {} WHERE "
                                          "usage_start >= $1 AND usage_start < $2)",
                                          before.default_partition),
                              {from, to}));
    if (rows.text(0, 0) == "t") return DefaultHoldsRows(table, month, before.default_partition);
  }
  const std::string schema = connection.Identifier(table.schema);
  MATOME_ASSIGN_OR_RETURN(
      const Rows tracked,
      connection.ExecParams("SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n"
                            " ON n.oid = c.relnamespace WHERE n.nspname = $1"
                            " AND c.relname = 'partitioned_tables'",
                            {table.schema}));
  if (tracked.count() > 0) {
    // The application's trigger may rely on its usual search path.
    MATOME_RETURN_IF_ERROR(
        connection.Exec(fmt::format("SET LOCAL search_path TO {}, public", schema)).status());
    MATOME_RETURN_IF_ERROR(
        connection
            .ExecParams(
                fmt::format("INSERT INTO {}.partitioned_tables (schema_name, table_name,"
                            " partition_of_table_name, partition_type, partition_col,"
                            " partition_parameters, active)"
                            " VALUES ($1, $2, $3, 'range', 'usage_start',"
                            " pg_catalog.jsonb_build_object('default', false, 'from', $4::text,"
                            " 'to', $5::text), true)"
                            " ON CONFLICT (schema_name, table_name) DO NOTHING",
                            schema),
                {table.schema, PartitionName(month), std::string(model::kSummaryTable), from, to})
            .status());
    MATOME_RETURN_IF_ERROR(connection.Exec("SET LOCAL search_path TO pg_catalog").status());
    MATOME_ASSIGN_OR_RETURN(const auto after, FindMonthPartitions(connection, table, month));
    if (after.uncovered.empty()) return {};
  }
  const std::string partition = schema + "." + connection.Identifier(PartitionName(month));
  MATOME_RETURN_IF_ERROR(
      connection
          .Exec(fmt::format("CREATE TABLE IF NOT EXISTS {} PARTITION OF {} FOR VALUES FROM ('{}') "
                            "TO ('{}')",
                            partition, table.name, from, to))
          .status());
  MATOME_ASSIGN_OR_RETURN(const auto after, FindMonthPartitions(connection, table, month));
  if (after.uncovered.empty()) return {};
  return Mismatch(table, fmt::format("a table {} is there and is not its partition", partition));
}

}  // namespace

base::Result<MonthPartitions> FindMonthPartitions(Connection& connection, const SummaryTable& table,
                                                  model::Month month) {
  MonthPartitions found;
  if (!table.by_month) return found;
  MATOME_ASSIGN_OR_RETURN(
      const Rows rows, connection.ExecParams(
                           "SELECT name, bound = 'DEFAULT',"
                           " substring(bound FROM 'FROM [(]''?([^'')]*)'), substring(bound FROM "
                           "'TO [(]''?([^'')]*)')"
                           " FROM (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,"
                           " pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS bound"
                           " FROM pg_catalog.pg_inherits AS i"
                           " JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid"
                           " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
                           " WHERE i.inhparent = $1) AS partitions",
                           {table.oid}));
  std::vector<bool> covered(static_cast<size_t>(month.day_count()));
  for (int row = 0; row < rows.count(); ++row) {
    if (rows.text(row, 1) == "t") {
      found.default_partition = rows.text(row, 0);
      continue;
    }
    const auto from = BoundDay(rows.text(row, 2));
    const auto to = BoundDay(rows.text(row, 3));
    if (!from || !to) {
      return Mismatch(
          table, fmt::format("the bounds of partition {} cannot be understood", rows.text(row, 0)));
    }
    for (size_t at = 0; at < covered.size(); ++at) {
      const Day day = month.first_day() + static_cast<int32_t>(at);
      if (*from <= day && day < *to) covered[at] = found.any = true;
    }
  }
  for (size_t at = 0; at < covered.size(); ++at) {
    if (!covered[at]) found.uncovered.push_back(month.first_day() + static_cast<int32_t>(at));
  }
  return found;
}

Status MakeMonthPartition(Connection& connection, const SummaryTable& table, model::Month month) {
  if (!table.by_month) return {};
  MATOME_RETURN_IF_ERROR(connection.Exec("BEGIN ISOLATION LEVEL READ COMMITTED").status());
  Status status = Make(connection, table, month);
  if (status.ok()) return connection.Exec("COMMIT").status();
  const Error error = connection.error();
  const auto rolled_back = connection.Exec("ROLLBACK");
  // Of a failure of our own the connection knows nothing.
  if (!rolled_back.ok() || error.status.message() != status.message()) return status;
  // A row came into the default partition after we had looked.
  if (error.sqlstate == "23514") return DefaultHoldsRows(table, month, "of the table");
  if (error.sqlstate == "42501") {
    return Status(status.code(),
                  fmt::format("{}; only the owner of table {} can make its partitions, so run once "
                              "as that role, or without --create-partitions",
                              status.message(), table.name));
  }
  return status;
}

Status PrepareMonthPartition(Connection& connection, const SummaryTable& table, model::Month month,
                             bool create, std::vector<std::string>& warnings) {
  MATOME_ASSIGN_OR_RETURN(const auto found, FindMonthPartitions(connection, table, month));
  if (found.uncovered.empty()) return {};
  if (create) return MakeMonthPartition(connection, table, month);
  const std::string what =
      fmt::format("has no partition for {}{}", found.any ? "all days of " : "", month.ToString());
  if (found.default_partition.empty()) {
    return Mismatch(table, what + " and no default partition; run with --create-partitions");
  }
  warnings.push_back(
      fmt::format("table {} {}: rows go to its default partition {}; "
                  "--create-partitions makes one",
                  table.name, what, found.default_partition));
  return {};
}

}  // namespace matome::pg
