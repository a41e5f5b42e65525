// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "ingest/converted_batch.h"

namespace matome::ingest {

/// Writes a table as one Parquet file of one row group, in the form that Koku's reports have
/// (semantics §2.3): Snappy, dictionaries, statistics, every column OPTIONAL; text STRING, numbers
/// DOUBLE, dates TIMESTAMP in milliseconds. `metadata` becomes key-value metadata, beside
/// ARROW:schema. Equal input gives equal bytes. An error of `sink` is returned as it is.
base::Status WriteConvertedTable(const ConvertedTable& table,
                                 const std::vector<std::pair<std::string, std::string>>& metadata,
                                 const std::function<base::Status(std::span<const uint8_t>)>& sink);

}  // namespace matome::ingest
