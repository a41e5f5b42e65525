// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/arena.h"
#include "ingest/converted_batch.h"
#include "ingest/day_file.h"

namespace matome::ingest {

/// Adds to the hourly rows of a batch what is computed from other columns: the effective usage of
/// pods (payload §3.9), and what is derived from a GPU's model and profile (payload §3.10). Texts
/// that are made go to `texts`.
void AddComputedColumns(CsvReport report, ConvertedTable& hourly, base::Arena& texts);

}  // namespace matome::ingest
