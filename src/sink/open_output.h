// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <variant>

#include "sink/month_output.h"
#include "sink/postgres_output.h"
#include "sink/tree_output.h"

namespace matome::sink {

/// Where a run's summary is to go.
using OutputTarget = std::variant<TreeTarget, PostgresTarget>;

/// Opens a month of a source at `target`.
base::Result<std::unique_ptr<MonthOutput>> OpenOutput(const OutputTarget& target,
                                                      const MonthOutputOptions& options);

}  // namespace matome::sink
