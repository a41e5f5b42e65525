// SPDX-License-Identifier: Apache-2.0
#include "pg/doctor_queries.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "observe/phase_timer.h"
#include "pg/advisory_lock.h"

namespace matome::pg {
namespace {

constexpr int kRoundTrips = 5;

struct Need {
  std::string_view object;  // A table or sequence.
  std::string_view privileges;
};

constexpr Need kReading[] = {
    {"reporting_enabledtagkeys", "SELECT"}, {"reporting_ocp_cost_category_namespace", "SELECT"},
    {"reporting_ocp_nodes", "SELECT"},      {"reporting_ocpusagereportperiod", "SELECT"},
    {"reporting_ocp_clusters", "SELECT"},   {"reporting_tenant_api_provider", "SELECT"}};
constexpr Need kPeriod[] = {{"reporting_ocpusagereportperiod", "INSERT"}};
constexpr Need kFilling[] = {{"reporting_ocp_clusters", "INSERT,UPDATE"},
                             {"reporting_ocp_nodes", "INSERT,UPDATE"},
                             {"reporting_ocp_pvcs", "SELECT,INSERT,UPDATE"},
                             {"reporting_ocp_projects", "SELECT,INSERT"}};
constexpr Need kPartitions[] = {{"partitioned_tables", "SELECT,INSERT"}};
constexpr Need kLedger[] = {{"version", "SELECT"}, {"day", "SELECT,INSERT,UPDATE"}};

/// Adds a GRANT for each object of `schema` that is there and lacks something.
base::Status AddMissing(Connection& connection, const std::string& schema, const std::string& role,
                        std::span<const Need> needs, std::vector<std::string>& grants) {
  for (const Need& need : needs) {
    MATOME_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.ExecParams(
            "SELECT pg_catalog.string_agg(wanted, ', ') FROM pg_catalog.pg_class AS c"
            " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace,"
            " pg_catalog.unnest(pg_catalog.string_to_array($3, ',')) AS wanted"
            " WHERE n.nspname = $1 AND c.relname = $2"
            " AND NOT pg_catalog.has_table_privilege(c.oid, wanted)",
            {schema, std::string(need.object), std::string(need.privileges)}));
    if (rows.is_null(0, 0)) continue;
    grants.push_back(fmt::format("GRANT {} ON {}.{} TO {}", rows.text(0, 0),
                                 connection.Identifier(schema), connection.Identifier(need.object),
                                 role));
  }
  return {};
}

base::Result<bool> Holds(Connection& connection, const std::string& condition,
                         std::initializer_list<Param> params = {}) {
  MATOME_ASSIGN_OR_RETURN(const Rows rows, connection.ExecParams("SELECT " + condition, params));
  return rows.text(0, 0) == "t";
}

base::Status AddLedger(Connection& connection, const std::string& role,
                       std::vector<std::string>& grants) {
  MATOME_ASSIGN_OR_RETURN(
      const bool there,
      Holds(connection, "EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'matome')"));
  if (!there) {
    MATOME_ASSIGN_OR_RETURN(
        const bool may_create,
        Holds(connection,
              "pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"));
    if (!may_create) grants.push_back(fmt::format("CREATE SCHEMA matome AUTHORIZATION {}", role));
    return {};
  }
  MATOME_ASSIGN_OR_RETURN(const bool usage,
                          Holds(connection, "pg_catalog.has_schema_privilege('matome', 'USAGE')"));
  if (!usage) grants.push_back(fmt::format("GRANT USAGE ON SCHEMA matome TO {}", role));
  MATOME_ASSIGN_OR_RETURN(
      const Rows sequence,
      connection.Exec("SELECT pg_catalog.has_sequence_privilege(c.oid, 'USAGE') FROM"
                      " pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON"
                      " n.oid = c.relnamespace WHERE n.nspname = 'matome'"
                      " AND c.relname = 'run_number'"));
  if (sequence.count() > 0 && sequence.text(0, 0) != "t")
    grants.push_back(fmt::format("GRANT USAGE ON SEQUENCE matome.run_number TO {}", role));
  if (sequence.count() == 0) {
    MATOME_ASSIGN_OR_RETURN(
        const bool may_create,
        Holds(connection, "pg_catalog.has_schema_privilege('matome', 'CREATE')"));
    if (!may_create) grants.push_back(fmt::format("GRANT CREATE ON SCHEMA matome TO {}", role));
  }
  return AddMissing(connection, "matome", role, kLedger, grants);
}

}  // namespace

base::Result<double> MeasureLatencySeconds(Connection& connection) {
  double shortest = std::numeric_limits<double>::infinity();
  for (int trip = 0; trip < kRoundTrips; ++trip) {
    const observe::Stopwatch stopwatch;
    MATOME_RETURN_IF_ERROR(connection.Exec("SELECT 1").status());
    shortest = std::min(shortest, stopwatch.seconds());
  }
  return shortest;
}

base::Result<std::vector<std::string>> MissingGrants(Connection& connection,
                                                     const SummaryTable& table,
                                                     const WantedWork& work) {
  std::vector<std::string> grants;
  const auto add = [&](std::span<const Need> needs) {
    return AddMissing(connection, table.schema, table.role, needs, grants);
  };
  MATOME_RETURN_IF_ERROR(add(kReading));
  if (work.create_report_period) MATOME_RETURN_IF_ERROR(add(kPeriod));
  if (work.fill_reference_tables) MATOME_RETURN_IF_ERROR(add(kFilling));
  if (work.create_partitions) {
    MATOME_RETURN_IF_ERROR(add(kPartitions));
    MATOME_ASSIGN_OR_RETURN(
        const bool owns,
        Holds(connection,
              "pg_catalog.pg_has_role(relowner, 'USAGE') FROM pg_catalog.pg_class WHERE oid = $1",
              {table.oid}));
    if (!owns) grants.push_back(fmt::format("ALTER TABLE {} OWNER TO {}", table.name, table.role));
  }
  if (work.ledger) MATOME_RETURN_IF_ERROR(AddLedger(connection, table.role, grants));
  return grants;
}

base::Status TryReplacing(Connection& connection, const SummaryTable& table,
                          const std::string& source_uuid, model::Day day) {
  const std::vector<Query> queries = {
      {"BEGIN ISOLATION LEVEL READ COMMITTED", {}},
      {"SET LOCAL lock_timeout = '5s'", {}},
      {fmt::format("DELETE FROM {} WHERE usage_start = $1 AND report_period_id = -1", table.name),
       {day.ToString()}},
      {fmt::format("INSERT INTO {} (uuid, usage_start, usage_end, source_uuid, cluster_id,"
                   " data_source) VALUES ('00000000-0000-4000-8000-000000000000', $1, $1, $2,"
                   " 'matome doctor', 'Pod')",
                   table.name),
       {day.ToString(), source_uuid}}};
  base::Status status = connection.ExecPipeline(queries).status();
  if (connection.in_transaction()) {
    const base::Status undone = connection.Exec("ROLLBACK").status();
    if (status.ok()) status = undone;
  }
  return status;
}

base::Result<std::optional<std::string>> FindLockHolder(Connection& connection,
                                                        const MonthKey& key) {
  const auto hash = LockHash({key.schema, key.source_uuid, key.month.ToString()});
  MATOME_ASSIGN_OR_RETURN(
      const Rows rows,
      connection.Exec(fmt::format(
          "SELECT l.pid, a.application_name, a.client_addr FROM pg_catalog.pg_locks AS l"
          " LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid"
          " WHERE l.locktype = 'advisory' AND l.classid = {}::oid AND l.objid = {}::oid"
          " AND l.objsubid = 2 AND l.granted AND l.database = (SELECT oid FROM"
          " pg_catalog.pg_database WHERE datname = pg_catalog.current_database())",
          static_cast<uint32_t>(kMonthLockClass), static_cast<uint32_t>(hash))));
  if (rows.count() == 0) return std::optional<std::string>();
  std::string who = fmt::format("backend {}", rows.text(0, 0));
  if (!rows.text(0, 1).empty()) who += fmt::format(", {}", rows.text(0, 1));
  if (!rows.is_null(0, 2)) who += fmt::format(", from {}", rows.text(0, 2));
  return std::optional(std::move(who));
}

}  // namespace matome::pg
