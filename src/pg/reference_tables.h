// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "model/cluster_topology.h"
#include "pg/connection.h"

namespace matome::pg {

/// The cluster whose tables are filled.
struct TenantCluster {
  std::string schema;
  std::string source_uuid;
  std::string cluster_id;
  std::optional<std::string> cluster_alias;
};

/// How many rows were made, and how many of the others changed.
struct FilledTables {
  int64_t clusters = 0;
  int64_t clusters_changed = 0;
  int64_t nodes = 0;
  int64_t nodes_changed = 0;
  int64_t claims = 0;
  int64_t claims_changed = 0;
  int64_t projects = 0;
};

/// Fills the tenant's cluster, node, claim and project tables with what the reports show, by the
/// rules of semantics §4.3 and §4.4: rows are added, and what was empty is filled in; what is
/// stored stays. One transaction; two runs at once do not add a row twice. kUsage if the tenant
/// does not know the source.
base::Result<FilledTables> FillReferenceTables(Connection& connection, const TenantCluster& cluster,
                                               const model::ClusterTopology& topology);

}  // namespace matome::pg
