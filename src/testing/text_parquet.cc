// SPDX-License-Identifier: Apache-2.0
#include "testing/text_parquet.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>

#include <fmt/format.h>

#include "testing/text_batch.h"

namespace matome::testing {

std::vector<uint8_t> ParquetFromText(model::Report report, std::string_view table,
                                     const arrow_io::WriteOptions& options) {
  const std::string_view header = table.substr(0, table.find('\n'));
  const auto is_named = [&](std::string_view column) {
    for (size_t at = header.find(column); at != std::string_view::npos;
         at = header.find(column, at + 1)) {
      const auto ends = [](char c) { return c == ' ' || c == '|'; };
      const size_t end = at + column.size();
      if ((at == 0 || ends(header[at - 1])) && (end == header.size() || ends(header[end])))
        return true;
    }
    return false;
  };
  const auto numbers_of_report = model::SummaryProjection(report).numbers;
  const auto is_number = [&](std::string_view column) {
    return std::find(numbers_of_report.begin(), numbers_of_report.end(), column) !=
           numbers_of_report.end();
  };
  std::vector<std::string_view> texts, numbers;
  for (const auto column : model::KnownColumns(report)) {
    if (column != model::kIntervalStart && is_named(column))
      (is_number(column) ? numbers : texts).push_back(column);
  }
  TextRowGroup rows({texts, numbers}, table);
  const batch::Block* block = rows.Next(rows.rows());
  const auto count = static_cast<size_t>(rows.rows());

  std::vector<arrow_io::WriteColumn> columns;
  std::vector<int64_t> millis(count);
  std::vector<uint8_t> has_millis(count, 1);
  if (is_named(model::kIntervalStart)) {
    size_t row = 0;
    for (const auto& run : block == nullptr ? std::vector<batch::TimeRun>{} : block->times) {
      for (; row < static_cast<size_t>(run.end); ++row) {
        millis[row] = run.millis.value_or(0);
        has_millis[row] = run.millis ? 1 : 0;
      }
    }
    columns.push_back({model::kIntervalStart, arrow_io::TimestampValues{millis, has_millis}});
  }
  std::deque<std::vector<int32_t>> codes;
  for (size_t column = 0; column < texts.size(); ++column) {
    auto& code = codes.emplace_back(count);
    for (size_t row = 0; row < count; ++row)
      code[row] = static_cast<int32_t>(block->texts[column].codes[row]) - 1;
    const auto dictionary =
        count > 0 ? block->texts[column].new_entries : std::span<const std::string_view>();
    columns.push_back({texts[column], arrow_io::TextValues{code, dictionary}});
  }
  for (size_t column = 0; column < numbers.size(); ++column) {
    const auto view = count > 0 ? block->numbers[column] : batch::NumberView{};
    const std::span<const uint8_t> valid(view.valid, view.valid == nullptr ? 0 : count);
    columns.push_back(
        {numbers[column], arrow_io::DoubleValues{std::span(view.values, count), valid}});
  }
  std::vector<uint8_t> bytes;
  const auto status = arrow_io::WriteParquet(columns, options, [&](std::span<const uint8_t> part) {
    bytes.insert(bytes.end(), part.begin(), part.end());
    return base::Status::Ok();
  });
  if (!status.ok()) {
    fmt::print(stderr, "text table: {}\n", status.message());
    std::abort();
  }
  return bytes;
}

}  // namespace matome::testing
