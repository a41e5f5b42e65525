// SPDX-License-Identifier: Apache-2.0
#include "ingest/converted_parquet.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <variant>

#include "arrow_io/parquet_writer.h"

namespace matome::ingest {
namespace {

// A byte for each number, 0 for NULL; empty if none is.
std::vector<uint8_t> ValidityOf(const std::vector<double>& values) {
  std::vector<uint8_t> valid;
  if (std::ranges::none_of(values, [](double value) { return std::isnan(value); })) return valid;
  valid.reserve(values.size());
  for (const double value : values) valid.push_back(std::isnan(value) ? 0 : 1);
  return valid;
}

}  // namespace

base::Status WriteConvertedTable(
    const ConvertedTable& table, const std::vector<std::pair<std::string, std::string>>& metadata,
    const std::function<base::Status(std::span<const uint8_t>)>& sink) {
  std::vector<arrow_io::WriteColumn> columns;
  std::deque<std::vector<uint8_t>> validities;
  for (const auto& column : table.columns) {
    arrow_io::WriteColumn& written = columns.emplace_back();
    written.name = column.name;
    if (const auto* texts = std::get_if<TextColumn>(&column.values)) {
      written.values = arrow_io::TextValues{texts->codes, texts->dictionary};
    } else if (const auto* numbers = std::get_if<NumberColumn>(&column.values)) {
      written.values = arrow_io::DoubleValues{numbers->values,
                                              validities.emplace_back(ValidityOf(numbers->values))};
    } else {
      const auto& times = std::get<TimeColumn>(column.values);
      written.values = arrow_io::TimestampValues{times.millis, {}, times.adjusted_to_utc};
    }
  }
  arrow_io::WriteOptions options;
  options.row_group_rows = std::max<int64_t>(static_cast<int64_t>(table.row_count), 1);
  options.metadata = metadata;
  return arrow_io::WriteParquet(columns, options, sink);
}

}  // namespace matome::ingest
