// SPDX-License-Identifier: Apache-2.0
#include "case_runner/summary_tree.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>

#include "model/day.h"
#include "model/table_schema.h"

namespace matome::case_runner {
namespace {

using base::BadInput;
using base::Result;
using base::Status;
using model::ColumnSource;

Status FromArrow(const arrow::Status& status) {
  return status.ok() ? Status::Ok() : base::Failed("Arrow: " + status.ToString());
}

bool IsInteger(ColumnSource source) {
  return source == ColumnSource::kReportPeriodId || source == ColumnSource::kCostCategoryId;
}

/// Whether a Parquet column has the type that the layout promises.
bool HasPromisedType(ColumnSource source, const arrow::DataType& type) {
  if (source == ColumnSource::kNumber) return type.id() == arrow::Type::DOUBLE;
  if (source == ColumnSource::kUsageDay) return type.id() == arrow::Type::DATE32;
  if (IsInteger(source)) return type.id() == arrow::Type::INT32;
  return type.id() == arrow::Type::STRING || type.id() == arrow::Type::LARGE_STRING;
}

SummaryValue ValueAt(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return {};
  switch (array.type_id()) {
    case arrow::Type::DOUBLE: {
      const double value = static_cast<const arrow::DoubleArray&>(array).Value(row);
      return {fmt::format("{}", value), value};
    }
    case arrow::Type::DATE32:
      return {model::Day{static_cast<const arrow::Date32Array&>(array).Value(row)}.ToString()};
    case arrow::Type::INT32:
      return {fmt::format("{}", static_cast<const arrow::Int32Array&>(array).Value(row))};
    case arrow::Type::LARGE_STRING:
      return {std::string(static_cast<const arrow::LargeStringArray&>(array).GetView(row))};
    default:
      return {std::string(static_cast<const arrow::StringArray&>(array).GetView(row))};
  }
}

Status CheckColumnNames(const std::vector<std::string>& names) {
  const auto columns = model::SummaryColumns();
  if (!std::ranges::equal(names, columns, {}, {}, &model::SummaryColumn::name)) {
    return BadInput(fmt::format("the columns are {}", fmt::join(names, ", ")));
  }
  return Status::Ok();
}

/// Takes one record off a CSV (RFC 4180); an empty field without quotes is NULL.
Result<std::vector<std::optional<std::string>>> TakeRecord(std::string_view& csv) {
  std::vector<std::optional<std::string>> fields;
  while (true) {
    std::optional<std::string> field;
    if (csv.starts_with('"')) {
      field.emplace();
      while (true) {
        csv.remove_prefix(1);
        const size_t quote = csv.find('"');
        if (quote == std::string_view::npos) return BadInput("a quoted field does not end");
        field->append(csv.substr(0, quote));
        csv.remove_prefix(quote + 1);
        if (!csv.starts_with('"')) break;
        field->push_back('"');
      }
    } else {
      const size_t end = std::min(csv.find_first_of(",\r\n"), csv.size());
      if (end > 0) field = csv.substr(0, end);
      csv.remove_prefix(end);
    }
    fields.push_back(std::move(field));
    if (csv.starts_with(',')) {
      csv.remove_prefix(1);
    } else if (csv.starts_with("\r\n")) {
      csv.remove_prefix(2);
      return fields;
    } else if (csv.starts_with('\n')) {
      csv.remove_prefix(1);
      return fields;
    } else {
      return BadInput("a field is followed by neither a comma nor a line break");
    }
  }
}

}  // namespace

void AddKind(SummaryRowValues& row) {
  const bool storage = row["data_source"].text == "Storage";
  const bool usage = row["infrastructure_usage_cost"].text.has_value();
  row["kind"].text = storage ? "storage" : usage ? "pod" : "unallocated";
}

Result<double> ParseDecimal(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size()) {
    return BadInput(fmt::format("not a decimal: {}", text));
  }
  return value;
}

Result<std::vector<SummaryRowValues>> ReadParquetDay(std::string_view bytes) {
  const auto source =
      std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(bytes));
  auto reader = parquet::arrow::OpenFile(source, arrow::default_memory_pool());
  if (!reader.ok()) return FromArrow(reader.status());
  const auto read = (*reader)->ReadTable();
  if (!read.ok()) return FromArrow(read.status());
  const auto combined = (*read)->CombineChunks();
  if (!combined.ok()) return FromArrow(combined.status());
  const arrow::Table& table = **combined;
  MATOME_RETURN_IF_ERROR(CheckColumnNames(table.ColumnNames()));

  std::vector<SummaryRowValues> rows(static_cast<size_t>(table.num_rows()));
  for (int index = 0; index < table.num_columns() && !rows.empty(); ++index) {
    const model::SummaryColumn& column = model::SummaryColumns()[static_cast<size_t>(index)];
    const arrow::Array& values = *table.column(index)->chunk(0);
    if (!HasPromisedType(column.source, *values.type())) {
      return BadInput(fmt::format("{} is {}", column.name, values.type()->ToString()));
    }
    for (size_t row = 0; row < rows.size(); ++row) {
      rows[row][std::string(column.name)] = ValueAt(values, static_cast<int64_t>(row));
    }
  }
  std::ranges::for_each(rows, AddKind);
  return rows;
}

Result<std::vector<SummaryRowValues>> ReadCsvDay(std::string_view bytes) {
  MATOME_ASSIGN_OR_RETURN(const auto header, TakeRecord(bytes));
  std::vector<std::string> names;
  for (const auto& name : header) names.push_back(name.value_or(""));
  MATOME_RETURN_IF_ERROR(CheckColumnNames(names));
  std::vector<SummaryRowValues> rows;
  while (!bytes.empty()) {
    MATOME_ASSIGN_OR_RETURN(auto fields, TakeRecord(bytes));
    if (fields.size() != names.size())
      return BadInput(fmt::format("a record has {} fields", fields.size()));
    SummaryRowValues row;
    for (size_t index = 0; index < fields.size(); ++index) {
      SummaryValue& value = row[names[index]];
      value.text = std::move(fields[index]);
      if (value.text && model::SummaryColumns()[index].source == ColumnSource::kNumber) {
        MATOME_ASSIGN_OR_RETURN(value.number, ParseDecimal(*value.text));
      }
    }
    AddKind(row);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::map<std::string, std::string> ReadTree(const std::string& output_directory) {
  namespace fs = std::filesystem;
  std::map<std::string, std::string> files;
  const fs::path root = fs::path(output_directory) / std::string(model::kSummaryTable);
  if (!fs::exists(root)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().lexically_relative(root).string()] =
        std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return files;
}

}  // namespace matome::case_runner
