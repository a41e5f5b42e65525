// SPDX-License-Identifier: Apache-2.0
#include "ingest/row_buffer.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace matome::ingest {
namespace {

constexpr double kLargest = 1e18;

bool IsText(ColumnKind kind) { return kind == ColumnKind::kText || kind == ColumnKind::kLabels; }

template <typename T>
void Keep(std::vector<T>& values, std::span<const uint32_t> rows) {
  for (size_t at = 0; at < rows.size(); ++at) values[at] = values[rows[at]];
  values.resize(rows.size());
}

void Keep(ConvertedTable& table, std::span<const uint32_t> rows) {
  for (auto& column : table.columns) {
    if (auto* texts = std::get_if<TextColumn>(&column.values)) {
      Keep(texts->codes, rows);
    } else if (auto* numbers = std::get_if<NumberColumn>(&column.values)) {
      Keep(numbers->values, rows);
    } else {
      Keep(std::get<TimeColumn>(column.values).millis, rows);
    }
  }
  table.row_count = rows.size();
}

// Drops the rows that are too large and returns how many they were.
int64_t DropTooLarge(std::span<const CsvColumn> columns, ConvertedTable& table) {
  std::vector<uint8_t> too_large;
  for (size_t column = 0; column < columns.size(); ++column) {
    if (!columns[column].rule.limited) continue;
    const auto* numbers = std::get_if<NumberColumn>(&table.columns[column].values);
    if (numbers == nullptr) continue;
    const bool any = std::ranges::any_of(numbers->values, [](double x) { return x > kLargest; });
    if (!any) continue;
    too_large.resize(table.row_count);
    for (size_t row = 0; row < table.row_count; ++row)
      too_large[row] |= static_cast<uint8_t>(numbers->values[row] > kLargest);
  }
  if (too_large.empty()) return 0;
  std::vector<uint32_t> kept;
  for (size_t row = 0; row < table.row_count; ++row) {
    if (too_large[row] == 0) kept.push_back(static_cast<uint32_t>(row));
  }
  const auto dropped = static_cast<int64_t>(table.row_count - kept.size());
  Keep(table, kept);
  return dropped;
}

// From the memo's codes to codes of a dictionary that has only what is used. Returns the memo's
// codes by the new ones.
std::vector<int32_t> Compact(const std::vector<std::string_view>& texts, TextColumn& column) {
  std::vector<int32_t> new_codes(texts.size(), TextColumn::kNull);
  std::vector<int32_t> used;
  for (int32_t& code : column.codes) {
    int32_t& new_code = new_codes[static_cast<size_t>(code)];
    if (new_code == TextColumn::kNull) {
      new_code = static_cast<int32_t>(used.size());
      used.push_back(code);
    }
    code = new_code;
  }
  column.dictionary.reserve(used.size());
  for (const int32_t code : used) column.dictionary.push_back(texts[static_cast<size_t>(code)]);
  return used;
}

}  // namespace

RowBuffer::RowBuffer(std::span<const CsvColumn> columns)
    : columns_(columns), zones_(columns.size()) {
  MakeColumns();
  for (const CsvColumn& column : columns)
    row_bytes_ += IsText(column.rule.kind) ? sizeof(int32_t) : sizeof(double);
}

void RowBuffer::MakeColumns() {
  table_ = {};
  for (const CsvColumn& column : columns_) {
    ConvertedColumn& converted = table_.columns.emplace_back();
    converted.name = column.name;
    if (IsText(column.rule.kind)) {
      converted.values = TextColumn{};
    } else if (column.rule.kind == ColumnKind::kDate) {
      converted.values = TimeColumn{};
    } else {
      converted.values = NumberColumn{};
    }
  }
}

int32_t* RowBuffer::AddCodes(size_t column, size_t count) {
  return Extend(std::get<TextColumn>(table_.columns[column].values).codes, count);
}

double* RowBuffer::AddNumbers(size_t column, size_t count) {
  return Extend(std::get<NumberColumn>(table_.columns[column].values).values, count);
}

int64_t* RowBuffer::AddTimes(size_t column, size_t count) {
  return Extend(std::get<TimeColumn>(table_.columns[column].values).millis, count);
}

base::Status RowBuffer::AddZone(size_t column, const FieldDate& date) {
  Zones& zones = zones_[column];
  if (date.offset_seconds) {
    std::get<TimeColumn>(table_.columns[column].values).adjusted_to_utc = true;
  }
  const int32_t offset = date.offset_seconds.value_or(0);
  if (offset == 0) {
    zones.naive_or_utc = true;
  } else if (zones.offset_seconds.value_or(offset) != offset) {
    return base::BadInput(
        fmt::format("column {}: dates with different offsets from UTC", columns_[column].name));
  } else {
    zones.offset_seconds = offset;
  }
  if (zones.naive_or_utc && zones.offset_seconds) {
    return base::BadInput(
        fmt::format("column {}: dates with an offset from UTC beside dates without one",
                    columns_[column].name));
  }
  return {};
}

RowBuffer::Taken RowBuffer::Take(std::span<TextMemo* const> memos) {
  Taken taken;
  expected_rows_ = table_.row_count;
  taken.table = std::move(table_);
  MakeColumns();
  std::ranges::fill(zones_, Zones{});
  taken.rows_too_large = DropTooLarge(columns_, taken.table);
  for (size_t column = 0; column < columns_.size(); ++column) {
    auto* texts = std::get_if<TextColumn>(&taken.table.columns[column].values);
    if (texts == nullptr) continue;
    const auto used = Compact(memos[column]->converted(), *texts);
    if (!columns_[column].rule.has_label_keys) continue;
    for (const int32_t code : used) {
      for (std::string& key : memos[column]->TakeLabelKeys(code))
        taken.new_label_keys.push_back(std::move(key));
    }
  }
  return taken;
}

}  // namespace matome::ingest
