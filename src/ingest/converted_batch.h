// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ingest/day_file.h"

namespace matome::ingest {

/// Texts as codes into a dictionary of distinct texts, each of which some row has.
struct TextColumn {
  static constexpr int32_t kNull = -1;

  std::vector<int32_t> codes;
  std::vector<std::string_view> dictionary;
};

/// Numbers; NaN is NULL.
struct NumberColumn {
  std::vector<double> values;
};

/// Milliseconds since 1970-01-01 00:00. `adjusted_to_utc`: the CSV said which zone they are in
/// (payload §3.6). Never NULL.
struct TimeColumn {
  std::vector<int64_t> millis;
  bool adjusted_to_utc = false;
};

struct ConvertedColumn {
  std::string name;
  std::variant<TextColumn, NumberColumn, TimeColumn> values;
};

/// Columns of one length, in the order of the Parquet file to be.
struct ConvertedTable {
  std::vector<ConvertedColumn> columns;
  size_t row_count = 0;
};

/// Rows of one day file: the hourly rows that survived (payload §3), and what they come to by day
/// (payload §4). Never changes.
class ConvertedBatch {
 public:
  /// `texts` keeps the dictionaries' texts alive.
  ConvertedBatch(CsvReport report, ConvertedTable hourly, ConvertedTable daily,
                 std::shared_ptr<const void> texts)
      : report_(report),
        hourly_(std::move(hourly)),
        daily_(std::move(daily)),
        texts_(std::move(texts)) {}

  CsvReport report() const { return report_; }
  const ConvertedTable& hourly() const { return hourly_; }
  const ConvertedTable& daily() const { return daily_; }

 private:
  CsvReport report_;
  ConvertedTable hourly_;
  ConvertedTable daily_;
  std::shared_ptr<const void> texts_;
};

/// Makes a batch of converted rows in the columns of their CSV: adds what is computed from other
/// columns (payload §3.9, §3.10), and aggregates by day. `texts` keeps the dictionaries' texts
/// alive.
ConvertedBatch MakeBatch(CsvReport report, ConvertedTable rows, std::shared_ptr<const void> texts);

}  // namespace matome::ingest
