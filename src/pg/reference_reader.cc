// SPDX-License-Identifier: Apache-2.0
#include "pg/reference_reader.h"

#include <charconv>
#include <string_view>

#include <fmt/format.h>

namespace matome::pg {
namespace {

using base::Code;
using base::Status;

struct TableColumns {
  std::string_view table;
  std::string_view columns;
};

constexpr TableColumns kRead[] = {
    {"reporting_enabledtagkeys", "key enabled provider_type"},
    {"reporting_ocp_cost_category_namespace", "id namespace cost_category_id"},
    {"reporting_ocp_nodes", "node resource_id node_role"},
    {"reporting_ocpusagereportperiod",
     "id cluster_id cluster_alias report_period_start provider_id"},
    {"reporting_ocp_clusters", "cluster_id cluster_alias provider_id"},
    {"reporting_tenant_api_provider", "uuid name"},
};
constexpr TableColumns kFilled[] = {
    {"reporting_ocp_nodes", "uuid node_capacity_cpu_cores cluster_id architecture"},
    {"reporting_ocp_clusters", "uuid"},
    {"reporting_ocp_pvcs",
     "uuid persistent_volume_claim persistent_volume cluster_id csi_volume_handle"},
    {"reporting_ocp_projects", "uuid project cluster_id"},
};

int32_t Integer(std::string_view text) {
  int32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string MonthStart(model::Month month) { return month.first_day().ToString() + " 00:00:00+00"; }

/// The schemas that look like tenants, those most like `schema` first.
base::Result<std::string> SomeTenants(Connection& connection, const std::string& schema) {
  MATOME_ASSIGN_OR_RETURN(
      const Rows rows,
      connection.ExecParams(
          "SELECT nspname FROM pg_namespace AS n WHERE EXISTS (SELECT FROM pg_class AS c"
          " WHERE c.relnamespace = n.oid"
          " AND c.relname = 'reporting_ocpusagelineitem_daily_summary') ORDER BY"
          " (SELECT count(*) FROM generate_series(1, greatest(length(nspname), length($1))) AS i"
          "  WHERE lower(substr(nspname, i, 1)) IS DISTINCT FROM lower(substr($1, i, 1))),"
          " nspname LIMIT 5",
          {schema}));
  std::string names;
  for (int row = 0; row < rows.count(); ++row) {
    names += fmt::format("{}{}", row == 0 ? "" : ", ", rows.text(row, 0));
  }
  return names;
}

}  // namespace

Status CheckReferenceTables(Connection& connection, const std::string& schema, bool fill) {
  MATOME_ASSIGN_OR_RETURN(
      const Rows there,
      connection.ExecParams("SELECT FROM pg_namespace WHERE nspname = $1", {schema}));
  if (there.count() == 0) {
    MATOME_ASSIGN_OR_RETURN(const std::string tenants, SomeTenants(connection, schema));
    return {Code::kSchemaMismatch,
            fmt::format("the database has no schema {}; {}", schema,
                        tenants.empty() ? "none of its schemas has a summary table"
                                        : "schemas with a summary table: " + tenants)};
  }
  std::vector<Param> params = {schema};
  std::string wanted;
  const auto add = [&](const TableColumns& table) {
    params.emplace_back(table.table);
    params.emplace_back(table.columns);
    wanted +=
        fmt::format("{}(${}, ${})", wanted.empty() ? "" : ", ", params.size() - 1, params.size());
  };
  for (const auto& table : kRead) add(table);
  if (fill) {
    for (const auto& table : kFilled) add(table);
  }
  MATOME_ASSIGN_OR_RETURN(
      const Rows missing,
      connection.ExecParams(
          fmt::format("SELECT DISTINCT wanted.name, CASE WHEN c.oid IS NOT NULL THEN col END"
                      " FROM (VALUES {}) AS wanted (name, columns)"
                      " CROSS JOIN unnest(string_to_array(columns, ' ')) AS col"
                      " LEFT JOIN pg_class AS c ON c.relname = wanted.name"
                      "  AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)"
                      " LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = col"
                      "  AND NOT a.attisdropped"
                      " WHERE a.attname IS NULL ORDER BY 1, 2",
                      wanted),
          params));
  if (missing.count() == 0) return {};
  std::string names;
  for (int row = 0; row < missing.count(); ++row) {
    names += fmt::format("{}{} {}.{}{}{}", row == 0 ? "" : ", ",
                         missing.is_null(row, 1) ? "table" : "column", schema, missing.text(row, 0),
                         missing.is_null(row, 1) ? "" : ".", missing.text(row, 1));
  }
  return {Code::kSchemaMismatch, fmt::format("missing in the database: {}", names)};
}

base::Result<TenantReference> ReadTenantReference(Connection& connection, const std::string& schema,
                                                  const std::string& source_uuid,
                                                  model::Month month, model::Semantics semantics) {
  const std::string in = connection.Identifier(schema);
  // Lists are in the order of bytes, whatever the database's collation.
  const std::string_view largest =
      semantics == model::Semantics::kTrino ? "max(node_role COLLATE \"C\")" : "max(node_role)";
  const std::vector<Query> queries = {
      {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", {}},
      {"SET LOCAL lock_timeout = '10s'", {}},
      {fmt::format("SELECT key FROM {}.reporting_enabledtagkeys"
                   " WHERE enabled AND provider_type = 'OCP' ORDER BY key COLLATE \"C\"",
                   in),
       {}},
      {fmt::format("SELECT namespace, cost_category_id"
                   " FROM {}.reporting_ocp_cost_category_namespace ORDER BY id",
                   in),
       {}},
      {fmt::format("SELECT node, resource_id, {}"
                   " FROM {}.reporting_ocp_nodes WHERE resource_id IS NOT NULL"
                   " AND node_role IS NOT NULL GROUP BY node, resource_id"
                   " ORDER BY node COLLATE \"C\", resource_id COLLATE \"C\"",
                   largest, in),
       {}},
      {fmt::format("SELECT id, cluster_id, cluster_alias FROM {}.reporting_ocpusagereportperiod"
                   " WHERE provider_id = $1::uuid AND report_period_start = $2::timestamptz"
                   " ORDER BY id",
                   in),
       {source_uuid, MonthStart(month)}},
      {fmt::format("SELECT cluster_id, cluster_alias FROM {}.reporting_ocp_clusters"
                   " WHERE provider_id = $1::uuid ORDER BY uuid",
                   in),
       {source_uuid}},
      {fmt::format("SELECT name FROM {}.reporting_tenant_api_provider WHERE uuid = $1::uuid", in),
       {source_uuid}},
      {"COMMIT", {}}};
  const auto answers = connection.ExecPipeline(queries);
  if (!answers.ok()) {
    const Error error = connection.error();
    if (error.recovery != Recovery::kReconnect) {
      MATOME_RETURN_IF_ERROR(connection.Exec("ROLLBACK").status());
    }
    if (error.status.code() == Code::kSchemaMismatch) {
      MATOME_RETURN_IF_ERROR(CheckReferenceTables(connection, schema, /*fill=*/false));
    }
    return Status(error.status).WithContext("reference data of " + schema);
  }
  const Rows& keys = (*answers)[2];
  const Rows& categories = (*answers)[3];
  const Rows& nodes = (*answers)[4];
  const Rows& periods = (*answers)[5];
  const Rows& clusters = (*answers)[6];
  const Rows& sources = (*answers)[7];

  TenantReference tenant;
  auto& tag_keys = tenant.data.enabled_tag_keys.emplace();
  for (int row = 0; row < keys.count(); ++row) tag_keys.emplace_back(keys.text(row, 0));
  tenant.data.cost_categories.clear();
  for (int row = 0; row < categories.count(); ++row) {
    tenant.data.cost_categories.push_back(
        {std::string(categories.text(row, 0)), Integer(categories.text(row, 1))});
  }
  auto& roles = tenant.data.nodes.emplace();
  for (int row = 0; row < nodes.count(); ++row) {
    roles.push_back({nodes.value(row, 0), nodes.value(row, 1), nodes.value(row, 2)});
  }
  if (sources.count() > 0) tenant.source_name = sources.value(0, 0);
  if (periods.count() > 0) {
    tenant.report_period_id = Integer(periods.text(0, 0));
    tenant.data.report_period_id = *tenant.report_period_id;
    tenant.data.cluster_id = periods.value(0, 1);
    tenant.data.cluster_alias = periods.value(0, 2);
  } else if (clusters.count() > 0) {
    tenant.data.cluster_id = clusters.value(0, 0);
    tenant.data.cluster_alias = clusters.value(0, 1);
  }
  if (periods.count() > 1) {
    tenant.warnings.push_back(fmt::format(
        "{} report periods for source {} in {}; taking the oldest, id {}, of cluster {}",
        periods.count(), source_uuid, month.ToString(), *tenant.report_period_id,
        *tenant.data.cluster_id));
  }
  return tenant;
}

base::Result<int32_t> CreateReportPeriod(Connection& connection, const std::string& schema,
                                         const std::string& source_uuid, model::Month month,
                                         const std::optional<std::string>& cluster_id,
                                         const std::optional<std::string>& cluster_alias) {
  const std::string in = connection.Identifier(schema);
  const auto failed = [&](Status status) {
    return std::move(status).WithContext(
        fmt::format("report period of source {}, {}", source_uuid, month.ToString()));
  };
  const auto known = connection.ExecParams(
      fmt::format("SELECT p.name, known.cluster_id, known.cluster_alias"
                  " FROM {0}.reporting_tenant_api_provider AS p LEFT JOIN LATERAL ("
                  "  SELECT cluster_id, cluster_alias FROM ("
                  "   SELECT 1 AS rank, 0 AS id, cluster_id, cluster_alias"
                  "   FROM {0}.reporting_ocp_clusters WHERE provider_id = p.uuid"
                  "   UNION ALL SELECT 2, -id, cluster_id, cluster_alias"
                  "   FROM {0}.reporting_ocpusagereportperiod WHERE provider_id = p.uuid) AS each"
                  "  ORDER BY rank, id LIMIT 1) AS known ON true WHERE p.uuid = $1::uuid",
                  in),
      {source_uuid});
  if (!known.ok()) return failed(known.status());
  if (known->count() == 0) {
    return failed(base::Usage(fmt::format("{} has no provider of this UUID", schema)));
  }
  const Param id = cluster_id ? cluster_id : known->value(0, 1);
  if (!id) {
    return failed(base::Usage("the database does not know the cluster's id; give --cluster-id"));
  }
  const Param alias = cluster_alias          ? cluster_alias
                      : known->is_null(0, 1) ? known->value(0, 0)
                                             : known->value(0, 2);
  const model::Day next = month.last_day() + 1;
  // Whoever else makes it at the same time, there is one.
  const auto made = connection.ExecParams(
      fmt::format("INSERT INTO {}.reporting_ocpusagereportperiod"
                  " (cluster_id, cluster_alias, report_period_start, report_period_end,"
                  " provider_id) VALUES ($1, $2, $3::timestamptz, $4::timestamptz, $5::uuid)"
                  " ON CONFLICT (cluster_id, report_period_start, provider_id) DO NOTHING",
                  in),
      {id, alias, MonthStart(month), next.ToString() + " 00:00:00+00", source_uuid});
  if (!made.ok()) return failed(made.status());
  const auto row = connection.ExecParams(
      fmt::format("SELECT id FROM {}.reporting_ocpusagereportperiod WHERE cluster_id = $1"
                  " AND report_period_start = $2::timestamptz AND provider_id = $3::uuid",
                  in),
      {id, MonthStart(month), source_uuid});
  if (!row.ok()) return failed(row.status());
  if (row->count() == 0) return failed(base::Temporary("it was removed right after it was made"));
  return Integer(row->text(0, 0));
}

}  // namespace matome::pg
