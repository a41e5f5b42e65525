// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "arrow_io/parquet_writer.h"
#include "base/status.h"
#include "model/semantics.h"
#include "model/summary_row.h"

namespace matome::sink {

enum class FileFormat : uint8_t { kParquet, kCsv };
constexpr std::string_view FileExtension(FileFormat format) {
  return format == FileFormat::kParquet ? "parquet" : "csv";
}

/// Writes a day as one Parquet file: the columns of model::SummaryColumns(), numbers unrounded,
/// labels as text. Rows are ordered; equal rows give equal bytes.
base::Status WriteParquetDay(const model::DaySummary& summary, const model::RunConstants& constants,
                             const arrow_io::ByteSink& sink);

/// Writes a day as one CSV file (RFC 4180, with a header): NULL is an empty field, the empty text
/// is "", numbers are numeric(33,15) texts. Rows are ordered; equal rows give equal bytes.
base::Status WriteCsvDay(const model::DaySummary& summary, const model::RunConstants& constants,
                         model::Semantics semantics, const arrow_io::ByteSink& sink);

}  // namespace matome::sink
