// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <span>
#include <string>

#include "base/status.h"
#include "model/day.h"
#include "model/run_result.h"
#include "store/writable_store.h"

namespace matome::sink {

/// Records what of a day could not be used, as one JSON object a line, in
/// _matome/quarantine/source=UUID/2025-10-03.jsonl; with nothing to record, removes an earlier
/// record.
base::Status WriteQuarantine(store::WritableStore& store, const std::string& source_uuid,
                             model::Day day, std::span<const model::BadInput> bad);

/// The days of a source that have a record.
base::Result<std::set<model::Day>> RecordedDays(const store::WritableStore& store,
                                                const std::string& source_uuid);

}  // namespace matome::sink
