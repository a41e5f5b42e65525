// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace matome::case_runner {

/// A value as the output has it.
struct SummaryValue {
  std::optional<std::string> text;  // Absent is NULL. Of a number in Parquet, its shortest text.
  double number = 0;                // Of a numeric column that is not NULL.
};

/// A row of the output, by column name; "kind" (pod, storage, unallocated) stands beside the
/// columns.
using SummaryRowValues = std::map<std::string, SummaryValue, std::less<>>;

/// The rows of a day file's bytes. Fails if the columns are not those of the summary, in their
/// order and types.
base::Result<std::vector<SummaryRowValues>> ReadParquetDay(std::string_view bytes);
base::Result<std::vector<SummaryRowValues>> ReadCsvDay(std::string_view bytes);

/// The text of a numeric column as a number.
base::Result<double> ParseDecimal(std::string_view text);

/// Adds what kind a row is, by its other columns.
void AddKind(SummaryRowValues& row);

/// Every day file below an output directory: its path below the table's directory, and its bytes.
std::map<std::string, std::string> ReadTree(const std::string& output_directory);

}  // namespace matome::case_runner
