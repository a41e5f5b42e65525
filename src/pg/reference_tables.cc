// SPDX-License-Identifier: Apache-2.0
#include "pg/reference_tables.h"

#include <charconv>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pg/advisory_lock.h"
#include "pg/reference_reader.h"

namespace matome::pg {
namespace {

using Json = nlohmann::ordered_json;

/// Text of a JSON array; what is not UTF-8 in it becomes U+FFFD.
std::string Dump(const Json& rows) {
  return rows.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json OrNull(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }

/// Eighteen digits, which is what a stored capacity is compared with: 3.333 is not equal to the
/// 3.33 that the column keeps of it, so that it gets another row by every run.
Json CapacityText(std::optional<double> cores) {
  return cores ? Json(fmt::format("{:.17e}", *cores)) : Json();
}

std::string NodesJson(const model::ClusterTopology& topology) {
  Json rows = Json::array();
  for (const auto& node : topology.nodes) {
    rows.push_back({{"node", node.node},
                    {"resource_id", OrNull(node.resource_id)},
                    {"cores", CapacityText(node.capacity_cpu_cores)},
                    {"role", node.role},
                    {"architecture", OrNull(node.architecture)}});
  }
  return Dump(rows);
}

std::string ClaimsJson(const model::ClusterTopology& topology) {
  Json rows = Json::array();
  for (const auto& claim : topology.claims) {
    rows.push_back({{"volume", claim.persistent_volume},
                    {"claim", claim.persistent_volume_claim},
                    {"handle", OrNull(claim.csi_volume_handle)}});
  }
  return Dump(rows);
}

int64_t Count(const Rows& rows, int column) {
  const std::string_view text = rows.text(0, column);
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Each gives one row: rows made, rows changed. {0} is the schema.

constexpr std::string_view kFillCluster =
    "WITH known AS (SELECT uuid, cluster_alias FROM {0}.reporting_ocp_clusters"
    "  WHERE provider_id = $1::uuid ORDER BY cluster_alias IS DISTINCT FROM $3, uuid LIMIT 1),"
    " changed AS (UPDATE {0}.reporting_ocp_clusters AS c SET cluster_alias = $3 FROM known"
    "  WHERE c.uuid = known.uuid AND c.cluster_alias IS DISTINCT FROM $3 RETURNING 1),"
    " made AS (INSERT INTO {0}.reporting_ocp_clusters (uuid, cluster_id, cluster_alias, "
    "provider_id)"
    "  SELECT gen_random_uuid(), $2, $3, $1::uuid WHERE NOT EXISTS (SELECT FROM known) RETURNING 1)"
    " SELECT (SELECT count(*) FROM made), (SELECT count(*) FROM changed)";

constexpr std::string_view kFindCluster =
    "SELECT uuid FROM {0}.reporting_ocp_clusters WHERE provider_id = $1::uuid"
    " ORDER BY cluster_alias IS DISTINCT FROM $2, uuid LIMIT 1";

constexpr std::string_view kFillNodes =
    "WITH seen AS (SELECT * FROM json_to_recordset($2::json)"
    "  AS t (node text, resource_id text, cores numeric, role text, architecture text)),"
    " found AS (SELECT DISTINCT ON (seen.node, seen.resource_id) seen.*, n.uuid"
    "  FROM seen LEFT JOIN {0}.reporting_ocp_nodes AS n ON n.node = seen.node"
    "  AND n.resource_id IS NOT DISTINCT FROM seen.resource_id"
    "  AND n.node_capacity_cpu_cores IS NOT DISTINCT FROM seen.cores AND n.cluster_id = $1::uuid"
    "  ORDER BY seen.node, seen.resource_id, n.uuid),"
    " changed AS (UPDATE {0}.reporting_ocp_nodes AS n"
    "  SET node_role = found.role, architecture = found.architecture FROM found"
    "  WHERE n.uuid = found.uuid"
    "  AND (coalesce(n.node_role, '') = '' OR coalesce(n.architecture, '') = '')"
    "  AND (n.node_role, n.architecture) IS DISTINCT FROM (found.role, found.architecture)"
    "  RETURNING 1),"
    " made AS (INSERT INTO {0}.reporting_ocp_nodes"
    "  (uuid, node, resource_id, node_capacity_cpu_cores, node_role, cluster_id, architecture)"
    "  SELECT gen_random_uuid(), node, resource_id, cores, role, $1::uuid, architecture FROM found"
    "  WHERE uuid IS NULL RETURNING 1)"
    " SELECT (SELECT count(*) FROM made), (SELECT count(*) FROM changed)";

constexpr std::string_view kFillClaims =
    "WITH seen AS (SELECT * FROM json_to_recordset($2::json)"
    "  AS t (volume text, claim text, handle text)),"
    " changed AS (UPDATE {0}.reporting_ocp_pvcs AS p SET csi_volume_handle = seen.handle FROM seen"
    "  WHERE p.persistent_volume = seen.volume AND p.persistent_volume_claim = seen.claim"
    "  AND p.cluster_id = $1::uuid AND coalesce(p.csi_volume_handle, '') = ''"
    "  AND seen.handle <> '' RETURNING 1),"
    " made AS (INSERT INTO {0}.reporting_ocp_pvcs"
    "  (uuid, persistent_volume_claim, persistent_volume, cluster_id, csi_volume_handle)"
    "  SELECT gen_random_uuid(), claim, volume, $1::uuid, handle FROM seen"
    "  WHERE NOT EXISTS (SELECT FROM {0}.reporting_ocp_pvcs AS p WHERE p.cluster_id = $1::uuid"
    "  AND p.persistent_volume = seen.volume AND p.persistent_volume_claim = seen.claim)"
    "  RETURNING 1)"
    " SELECT (SELECT count(*) FROM made), (SELECT count(*) FROM changed)";

constexpr std::string_view kFillProjects =
    "WITH made AS (INSERT INTO {0}.reporting_ocp_projects (uuid, project, cluster_id)"
    "  SELECT gen_random_uuid(), seen, $1::uuid FROM json_array_elements_text($2::json) AS seen"
    "  WHERE NOT EXISTS (SELECT FROM {0}.reporting_ocp_projects AS p"
    "  WHERE p.cluster_id = $1::uuid AND p.project = seen) RETURNING 1)"
    " SELECT (SELECT count(*) FROM made), 0";

/// The statements between BEGIN and COMMIT.
base::Result<FilledTables> Fill(Connection& connection, const TenantCluster& cluster,
                                const model::ClusterTopology& topology) {
  const std::string in = connection.Identifier(cluster.schema);
  const auto statement = [&](std::string_view sql) { return fmt::format(fmt::runtime(sql), in); };
  const std::vector<Query> start = {
      {"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", {}},
      {"SELECT pg_advisory_xact_lock($1::int, $2::int)",
       {std::to_string(kSetupLockClass),
        std::to_string(LockHash({"reference tables", cluster.schema, cluster.source_uuid}))}},
      // The foreign key is checked at the very end, with a text that helps less.
      {statement("SELECT FROM {0}.reporting_tenant_api_provider WHERE uuid = $1::uuid"),
       {cluster.source_uuid}},
      {statement(kFillCluster), {cluster.source_uuid, cluster.cluster_id, cluster.cluster_alias}},
      {statement(kFindCluster), {cluster.source_uuid, cluster.cluster_alias}}};
  MATOME_ASSIGN_OR_RETURN(const std::vector<Rows> started, connection.ExecPipeline(start));
  if (started[2].count() == 0) {
    return base::Usage(fmt::format("{} has no provider {}", cluster.schema, cluster.source_uuid));
  }
  const Param uuid = started[4].value(0, 0);
  const std::vector<Query> queries = {
      {statement(kFillNodes), {uuid, NodesJson(topology)}},
      {statement(kFillClaims), {uuid, ClaimsJson(topology)}},
      {statement(kFillProjects), {uuid, Dump(Json(topology.projects))}},
      {"COMMIT", {}}};
  MATOME_ASSIGN_OR_RETURN(const std::vector<Rows> done, connection.ExecPipeline(queries));
  return FilledTables{.clusters = Count(started[3], 0),
                      .clusters_changed = Count(started[3], 1),
                      .nodes = Count(done[0], 0),
                      .nodes_changed = Count(done[0], 1),
                      .claims = Count(done[1], 0),
                      .claims_changed = Count(done[1], 1),
                      .projects = Count(done[2], 0)};
}

}  // namespace

base::Result<FilledTables> FillReferenceTables(Connection& connection, const TenantCluster& cluster,
                                               const model::ClusterTopology& topology) {
  auto filled = Fill(connection, cluster, topology);
  if (filled.ok()) return filled;
  base::Status status = std::move(filled).status();
  const Error error = connection.error();
  if (error.recovery != Recovery::kReconnect && connection.in_transaction()) {
    MATOME_RETURN_IF_ERROR(connection.Exec("ROLLBACK").status());
  }
  if (status.code() == base::Code::kSchemaMismatch) {
    MATOME_RETURN_IF_ERROR(CheckReferenceTables(connection, cluster.schema, /*fill=*/true));
  }
  return std::move(status).WithContext("filling reference tables of " + cluster.schema);
}

}  // namespace matome::pg
