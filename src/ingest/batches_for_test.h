// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/converted_batch.h"
#include "ingest/csv_converter.h"
#include "ingest/day_file.h"

namespace matome::ingest {

/// A table as text: "NULL" for NULL, numbers with all their digits, times as "2025-10-01 00:00:00",
/// with "Z" if they are adjusted to UTC.
struct TableForTest {
  std::vector<std::string> columns;
  std::vector<std::map<std::string, std::string>> rows;

  /// The values of a column, of all rows.
  std::vector<std::string> operator[](const std::string& column) const;
};
TableForTest ToText(const ConvertedTable& table);

struct BatchForTest {
  TableForTest hourly;
  TableForTest daily;
};

/// Keeps all that it is given, as text.
class SinkForTest final : public DayFileSink {
 public:
  base::Result<bool> Begin(const DayFile& file) override;
  base::Status Write(const DayFile& file, int number, const ConvertedBatch& batch) override;

  std::vector<DayFile> begun;
  std::string pass_over;  // Base name of the file that is not wanted.
  base::Status failure;   // What Write() returns.
  std::map<std::pair<std::string, int>, BatchForTest> batches;  // By base name and number.

 private:
  std::mutex mutex_;
};

/// A conversion: what came out, and what became of the CSV.
struct ConvertedForTest {
  CsvOutcome outcome;
  std::vector<DayFile> begun;
  std::map<std::pair<std::string, int>, BatchForTest> batches;

  const BatchForTest& only() const;
};

/// Day files are called "TYPE.DAY" with 24 hours, and "whole", which is of the day `whole_date`.
ConvertedForTest ConvertForTest(const std::string& csv, const ConvertOptions& options = {},
                                bool cut_into_days = true,
                                std::string_view whole_date = "2025-11-01",
                                const std::string& pass_over = "");

/// A CSV of the columns of `base` (name and value), and a row for each of `rows`, which name only
/// what differs from the base.
using FieldsForTest = std::vector<std::pair<std::string, std::string>>;
std::string CsvForTest(const FieldsForTest& base,
                       const std::vector<std::map<std::string, std::string>>& rows);

/// The base row of payload §10.
FieldsForTest PodForTest();
/// The same without one column.
FieldsForTest Without(FieldsForTest base, const std::string& column);

}  // namespace matome::ingest
