// SPDX-License-Identifier: Apache-2.0
#include "pg/forget.h"

#include <charconv>

#include <fmt/format.h>

namespace matome::pg {
namespace {

constexpr std::string_view kRemovable =
    "(infrastructure_raw_cost IS NULL OR infrastructure_raw_cost = 0)";

int64_t Number(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

base::Result<std::set<model::Month>> FindMonths(Connection& connection, const SummaryTable& table,
                                                const std::string& source_uuid, bool ledger) {
  std::string sql = fmt::format(
      "SELECT DISTINCT pg_catalog.to_char(usage_start, 'YYYY-MM') FROM {} WHERE source_uuid = $1"
      " AND {}",
      table.name, kRemovable);
  std::vector<Param> params = {source_uuid};
  if (ledger) {
    sql +=
        " UNION SELECT pg_catalog.to_char(day, 'YYYY-MM') FROM matome.day"
        " WHERE source_uuid = $1 AND tenant_schema = $2";
    params.emplace_back(table.schema);
  }
  MATOME_ASSIGN_OR_RETURN(const Rows rows, connection.ExecParams(sql, params));
  std::set<model::Month> months;
  for (int row = 0; row < rows.count(); ++row) {
    if (const auto month = model::Month::Parse(rows.text(row, 0))) months.insert(*month);
  }
  return months;
}

base::Result<ForgottenMonth> ForgetMonth(Connection& connection, const SummaryTable& table,
                                         const MonthKey& key, bool ledger) {
  const std::vector<Param> month = {key.source_uuid, key.month.first_day().ToString(),
                                    key.month.last_day().ToString()};
  constexpr std::string_view kOfMonth = "source_uuid = $1 AND usage_start BETWEEN $2 AND $3";
  std::vector<Query> queries = {
      {"BEGIN ISOLATION LEVEL READ COMMITTED", {}},
      {fmt::format("WITH gone AS (DELETE FROM {} WHERE {} AND {} RETURNING usage_start,"
                   " cost_model_rate_type IS NOT NULL OR monthly_cost_type IS NOT NULL AS cost)"
                   " SELECT pg_catalog.count(DISTINCT usage_start),"
                   " pg_catalog.count(*) FILTER (WHERE NOT cost),"
                   " pg_catalog.count(*) FILTER (WHERE cost) FROM gone",
                   table.name, kOfMonth, kRemovable),
       month},
      {fmt::format("SELECT pg_catalog.count(*) FROM {} WHERE {}", table.name, kOfMonth), month}};
  if (ledger) {
    queries.push_back(
        {"DELETE FROM matome.day WHERE source_uuid = $1 AND day BETWEEN $2 AND $3"
         " AND tenant_schema = $4",
         {month[0], month[1], month[2], key.schema}});
  }
  queries.push_back({"COMMIT", {}});
  const auto answers = connection.ExecPipeline(queries);
  if (!answers.ok()) {
    if (connection.in_transaction()) (void)connection.Exec("ROLLBACK");
    return answers.status();
  }
  ForgottenMonth forgotten;
  forgotten.days = Number((*answers)[1].text(0, 0));
  forgotten.rows = Number((*answers)[1].text(0, 1));
  forgotten.cost_model_rows = Number((*answers)[1].text(0, 2));
  forgotten.rows_kept = Number((*answers)[2].text(0, 0));
  if (ledger) forgotten.ledger_days = (*answers)[3].affected();
  return forgotten;
}

}  // namespace matome::pg
