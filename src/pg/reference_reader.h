// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/day.h"
#include "model/reference.h"
#include "model/semantics.h"
#include "pg/connection.h"

namespace matome::pg {

/// What a tenant's schema says about one source and month.
struct TenantReference {
  /// Tag keys and nodes are always there, if only as empty lists. report_period_id is 0 without a
  /// report period. storage_exists is true: no table tells, and without storage rows it means
  /// nothing.
  model::ReferenceData data;
  /// Absent: nobody has sent a report of the month yet, and there is nothing to summarise
  /// (semantics §4.6).
  std::optional<int32_t> report_period_id;
  /// Of the tenant's list of providers. Absent: it does not know the source.
  std::optional<std::string> source_name;
  std::vector<std::string> warnings;
};

/// Reads the reference data (semantics §4) in one snapshot and one round trip. Cluster id and alias
/// are the report period's; without one the cluster table's. Of several roles the largest counts,
/// by bytes or, with the rules of Koku on PostgreSQL, by the database's order. kSchemaMismatch
/// names a schema, table or column that is missing.
base::Result<TenantReference> ReadTenantReference(
    Connection& connection, const std::string& schema, const std::string& source_uuid,
    model::Month month, model::Semantics semantics = model::Semantics::kTrino);

/// Makes the report period of a source's month where there is none, with the cluster's id as given
/// or else as the tenant knows it. Its id. kUsage if the source or its cluster id is not known.
base::Result<int32_t> CreateReportPeriod(Connection& connection, const std::string& schema,
                                         const std::string& source_uuid, model::Month month,
                                         const std::optional<std::string>& cluster_id,
                                         const std::optional<std::string>& cluster_alias);

/// Whether the schema has the tables and columns that are read, and with `fill` those that
/// FillReferenceTables() writes; kSchemaMismatch names all that are missing. A schema that does not
/// exist is named with the tenants there are.
base::Status CheckReferenceTables(Connection& connection, const std::string& schema, bool fill);

}  // namespace matome::pg
