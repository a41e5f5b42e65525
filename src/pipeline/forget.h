// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "model/day.h"
#include "sink/open_output.h"

namespace matome::pipeline {

struct ForgetResult {
  int64_t days = 0;  // Whose rows were removed.
  int64_t ledgers = 0;
  // Of a database alone:
  int64_t rows = 0;
  int64_t cost_model_rows = 0;  // Removed too: they were computed from these rows.
  int64_t rows_kept = 0;        // Of the source, with infrastructure cost.
};

/// Removes the rows, the quarantine records and the ledger of a source, or of one month of it, from
/// an output. In a database rows with infrastructure cost stay. A month that a run is at work on:
/// kLocked. Nothing there to remove: a result of zeros.
base::Result<ForgetResult> Forget(const sink::OutputTarget& target, const std::string& source_uuid,
                                  std::optional<model::Month> month);

}  // namespace matome::pipeline
