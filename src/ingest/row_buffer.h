// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "ingest/converted_batch.h"
#include "ingest/field_values.h"
#include "ingest/report_columns.h"
#include "ingest/text_memo.h"

namespace matome::ingest {

/// A column of the CSV, with how it is converted.
struct CsvColumn {
  std::string name;
  ColumnRule rule;
};

/// The rows of one day file that wait for their batch to fill, by column in the order of the CSV.
/// Codes of texts are those of the columns' memos.
class RowBuffer {
 public:
  explicit RowBuffer(std::span<const CsvColumn> columns);

  size_t row_count() const { return table_.row_count; }
  int64_t row_bytes() const { return row_bytes_; }  // Of one row.
  int64_t buffered_bytes() const { return row_bytes_ * static_cast<int64_t>(table_.row_count); }

  /// Where the values of `count` more rows go, column by column.
  int32_t* AddCodes(size_t column, size_t count);
  double* AddNumbers(size_t column, size_t count);
  int64_t* AddTimes(size_t column, size_t count);
  /// Takes note of a date's zone. An error if it and those before cannot stand in one column
  /// (payload §3.6).
  base::Status AddZone(size_t column, const FieldDate& date);
  /// Counts the rows that were added to every column.
  void AddRows(size_t count) { table_.row_count += count; }

  /// The rows without those that are too large (payload §3.8), with dictionaries of their own; the
  /// buffer is empty then. `memos` are by column, null for those that are not text.
  struct Taken {
    ConvertedTable table;
    int64_t rows_too_large = 0;
    std::vector<std::string> new_label_keys;
  };
  Taken Take(std::span<TextMemo* const> memos);

 private:
  // What dates of a column had for zones.
  struct Zones {
    bool naive_or_utc = false;
    std::optional<int32_t> offset_seconds;  // Another than 0.
  };

  void MakeColumns();

  // Grows by `count` and returns where they go.
  template <typename T>
  T* Extend(std::vector<T>& values, size_t count) {
    if (values.capacity() == 0) values.reserve(std::max(expected_rows_, count));
    values.resize(values.size() + count);
    return values.data() + values.size() - count;
  }

  std::span<const CsvColumn> columns_;
  ConvertedTable table_;
  std::vector<Zones> zones_;  // By column.
  int64_t row_bytes_ = 0;
  size_t expected_rows_ = 0;  // As many as were taken the last time.
};

}  // namespace matome::ingest
