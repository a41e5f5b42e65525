// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "base/status.h"
#include "catalog/month_catalog.h"
#include "model/ledger.h"
#include "pipeline/read_ahead.h"

namespace matome::pipeline {

/// What deriving the roles cost.
struct NodeRoleCounts {
  int64_t rows = 0;
  int64_t bytes = 0;
};

/// Derives node roles from the month's daily pod and node-label rows, as Koku fills its node table
/// just before the summary (semantics §4.3), reading only the columns that this needs. Row groups
/// with damaged content are passed over: the days they belong to fail when they are summarised, and
/// model::LedgerRoles::input stays empty. Results do not depend on threads.
base::Result<model::LedgerRoles> DeriveNodeRoles(const MonthInput& input,
                                                 const catalog::MonthCatalog& catalog, int threads,
                                                 const std::atomic<bool>& stop,
                                                 NodeRoleCounts& counts);

/// What the derived roles depend on, for the ledger.
std::string NodeRoleInput(const catalog::MonthCatalog& catalog);

}  // namespace matome::pipeline
