// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "aggregate/node_roles.h"
#include "aggregate/vocabulary.h"
#include "model/summary_row.h"

namespace matome::aggregate {

/// Appends what the day's pod rows leave of each node's capacity: the unallocated rows of semantics
/// §5.6. `rows` holds the day's pod rows, among others.
void AppendUnallocated(const NodeRoles& roles, model::Semantics semantics, Vocabulary& vocabulary,
                       std::vector<model::SummaryRow>& rows);

}  // namespace matome::aggregate
