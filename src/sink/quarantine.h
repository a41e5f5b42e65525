// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "base/status.h"
#include "model/day.h"
#include "model/run_result.h"

namespace matome::sink {

/// Records what of a day could not be used, as one JSON object a line, in
/// OUTPUT/_matome/quarantine/source=UUID/2025-10-03.jsonl; with nothing to record, removes an
/// earlier record.
base::Status WriteQuarantine(const std::string& output_directory, const std::string& source_uuid,
                             model::Day day, std::span<const model::BadInput> bad);

}  // namespace matome::sink
