// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "testing/dataset.h"
#include "testing/naive_summary.h"

namespace matome::support {

/// Day files by their path below the table's directory.
using TreeBytes = std::map<std::string, std::string>;

/// The rows of a tree of day files, by day (days since 1970-01-01).
///
/// Fails if something else than day files of `parameters.source_uuid` lies there, a file has no
/// rows or rows of another day, the columns are not those of the summary in their order and types,
/// or a column that is the same in all rows (semantics §7.2) is not what `parameters` say.
base::Result<std::map<int64_t, std::vector<testing::ExpectedRow>>> ReadSummary(
    const TreeBytes& tree, const testing::SummaryParameters& parameters);

}  // namespace matome::support
