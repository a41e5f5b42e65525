// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "arrow_io/parquet_writer.h"
#include "model/report.h"

namespace matome::testing {

/// A Parquet file of a report's rows, from a table as TextRowGroup reads it. The file has the
/// columns that the table names, interval_start included, in the order of model::KnownColumns().
std::vector<uint8_t> ParquetFromText(model::Report report, std::string_view table,
                                     const arrow_io::WriteOptions& options = {});

}  // namespace matome::testing
