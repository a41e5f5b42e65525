// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "model/day.h"

namespace matome::pipeline {

struct ForgetResult {
  int64_t days = 0;  // Whose rows were removed.
  int64_t ledgers = 0;
};

/// Removes the rows, the quarantine records and the ledger of a source, or of one month of it, from
/// an output directory. A month that a run is at work on: kLocked. Nothing there to remove: a
/// result of zeros.
base::Result<ForgetResult> Forget(const std::string& output_directory,
                                  const std::string& source_uuid,
                                  std::optional<model::Month> month);

}  // namespace matome::pipeline
