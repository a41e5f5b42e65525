// SPDX-License-Identifier: Apache-2.0
#include "pg/summary_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model/table_schema.h"
#include "pg/copy_encoder.h"

namespace matome::pg {
namespace {

using base::Code;
using base::Status;
using model::ColumnSource;

constexpr std::string_view kNumeric = "numeric(33,15)";

struct Column {
  std::string type;
  bool not_null = false;
  bool has_default = false;
  bool makes_itself = false;  // Generated or identity.
};

Status Mismatch(const SummaryTable& table, std::string_view what) {
  return {Code::kSchemaMismatch, fmt::format("table {}: {}", table.name, what)};
}

std::optional<int64_t> VarcharLength(std::string_view type) {
  constexpr std::string_view kPrefix = "character varying(";
  int64_t length = 0;
  if (!type.starts_with(kPrefix)) return std::nullopt;
  std::from_chars(type.data() + kPrefix.size(), type.data() + type.size(), length);
  return length;
}

/// Whether every value of the type `wanted` fits a column of type `found` as it is.
bool Takes(std::string_view found, std::string_view wanted) {
  if (found == wanted) return true;
  if (wanted == kNumeric) return found == "numeric";
  const auto length = VarcharLength(wanted);
  if (!length) return false;
  return found == "text" || found == "character varying" ||
         VarcharLength(found).value_or(0) >= *length;
}

std::string TypeOf(const model::SummaryColumn& column) {
  const auto varchar = [](int64_t length) { return fmt::format("character varying({})", length); };
  switch (column.source) {
    case ColumnSource::kUuid:
    case ColumnSource::kSourceUuid:
      return "uuid";
    case ColumnSource::kReportPeriodId:
    case ColumnSource::kCostCategoryId:
      return "integer";
    case ColumnSource::kClusterId:
      return varchar(model::kClusterIdMaxLength);
    case ColumnSource::kClusterAlias:
      return varchar(model::kClusterAliasMaxLength);
    case ColumnSource::kDataSource:
      return varchar(std::string_view("Storage").size());
    case ColumnSource::kUsageDay:
      return "date";
    case ColumnSource::kName:
      return varchar(model::kNameMaxLength);
    case ColumnSource::kLabels:
    case ColumnSource::kInfrastructureUsageCost:
      return "jsonb";
    case ColumnSource::kNumber:
      return std::string(kNumeric);
  }
  return {};
}

base::Result<SummaryTable> FindTable(Connection& connection, const std::string& schema,
                                     TableUse use) {
  SummaryTable table{
      .schema = schema,
      .name = connection.Identifier(schema) + "." + connection.Identifier(model::kSummaryTable)};
  MATOME_ASSIGN_OR_RETURN(
      const Rows rows,
      connection.ExecParams(
          "SELECT c.oid, c.relkind, pg_catalog.pg_get_partkeydef(c.oid),"
          " pg_catalog.quote_ident(current_user),"
          " pg_catalog.has_schema_privilege(n.oid, 'USAGE'),"
          " pg_catalog.has_table_privilege(c.oid, 'SELECT'),"
          " pg_catalog.has_table_privilege(c.oid, 'INSERT'),"
          " pg_catalog.has_table_privilege(c.oid, 'DELETE')"
          " FROM pg_catalog.pg_namespace AS n"
          " LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = $2"
          " WHERE n.nspname = $1",
          {schema, std::string(model::kSummaryTable)}));
  if (rows.count() == 0) {
    return Status(Code::kSchemaMismatch,
                  fmt::format("the database has no schema {}", connection.Identifier(schema)));
  }
  table.role = rows.text(0, 3);
  if (rows.text(0, 4) != "t") {
    return Status(Code::kDatabaseUnavailable,
                  fmt::format("no access to schema {0}: GRANT USAGE ON SCHEMA {0} TO {1}",
                              connection.Identifier(schema), table.role));
  }
  if (rows.is_null(0, 0)) return Mismatch(table, "does not exist");
  table.oid = rows.text(0, 0);
  if (rows.text(0, 1) != "r" && rows.text(0, 1) != "p") return Mismatch(table, "is not a table");
  table.by_month = rows.text(0, 2) == "RANGE (usage_start)";
  constexpr std::array<std::string_view, 3> kPrivileges = {"SELECT", "INSERT", "DELETE"};
  std::vector<std::string_view> missing;
  for (size_t at = 0; at < (use == TableUse::kRead ? 1 : kPrivileges.size()); ++at) {
    if (rows.text(0, 5 + static_cast<int>(at)) != "t") missing.push_back(kPrivileges[at]);
  }
  if (!missing.empty()) {
    return Status(Code::kDatabaseUnavailable,
                  fmt::format("no access to table {1}: GRANT {0} ON TABLE {1} TO {2}",
                              fmt::join(missing, ", "), table.name, table.role));
  }
  return table;
}

}  // namespace

base::Result<SummaryTable> InspectSummaryTable(Connection& connection, const std::string& schema,
                                               TableUse use) {
  MATOME_ASSIGN_OR_RETURN(SummaryTable table, FindTable(connection, schema, use));
  MATOME_ASSIGN_OR_RETURN(
      const Rows rows,
      connection.ExecParams(
          "SELECT attname, pg_catalog.format_type(atttypid, atttypmod), attnotnull, atthasdef,"
          " attgenerated <> '' OR attidentity <> ''"
          " FROM pg_catalog.pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped"
          " ORDER BY attnum",
          {table.oid}));
  std::map<std::string, Column, std::less<>> columns;
  for (int row = 0; row < rows.count(); ++row) {
    columns[std::string(rows.text(row, 0))] = {.type = std::string(rows.text(row, 1)),
                                               .not_null = rows.text(row, 2) == "t",
                                               .has_default = rows.text(row, 3) == "t",
                                               .makes_itself = rows.text(row, 4) == "t"};
  }
  const auto check = [&](std::string_view name, std::string_view type) -> Status {
    const auto found = columns.find(name);
    if (found == columns.end()) {
      return Mismatch(table, fmt::format("column {} ({}) is missing", name, type));
    }
    if (!Takes(found->second.type, type)) {
      return Mismatch(table,
                      fmt::format("column {} is {}, should be {}", name, found->second.type, type));
    }
    return {};
  };
  for (const auto& column : CopyColumns()) {
    MATOME_RETURN_IF_ERROR(check(column.name, TypeOf(column)));
    columns.erase(columns.find(column.name));
  }
  // By these three our rows are known from those of others.
  MATOME_RETURN_IF_ERROR(check("infrastructure_raw_cost", kNumeric));
  for (const std::string_view name : {"cost_model_rate_type", "monthly_cost_type"}) {
    if (!columns.contains(name)) {
      return Mismatch(table, fmt::format("column {} (text) is missing", name));
    }
  }
  for (const auto& [name, column] : columns) {
    if (column.makes_itself) continue;
    if (column.has_default && !column.not_null) table.columns_to_null.push_back(name);
    if (!column.has_default && column.not_null && use == TableUse::kReplaceDays) {
      return Mismatch(table, fmt::format("column {} is unknown, NOT NULL and has no default, so no "
                                         "row can be written",
                                         name));
    }
  }
  for (auto& name : table.columns_to_null) name = connection.Identifier(name);
  return table;
}

std::string CopyStatement(const SummaryTable& table) {
  std::string columns = CopyColumnList();
  for (const auto& name : table.columns_to_null) columns += ", " + name;
  return fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", table.name, columns);
}

}  // namespace matome::pg
