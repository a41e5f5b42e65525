// SPDX-License-Identifier: Apache-2.0
#include "ingest/batches_for_test.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <variant>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ingest/bytes_for_test.h"
#include "ingest/report_columns.h"
#include "model/day.h"

namespace matome::ingest {
namespace {

std::string TimeText(int64_t millis, bool adjusted_to_utc) {
  const auto day = model::Day::OfMillis(millis);
  const int64_t rest = millis - day.start_millis();
  std::string text = fmt::format("{} {:02}:{:02}:{:02}", day.ToString(), rest / 3'600'000,
                                 rest / 60'000 % 60, rest / 1000 % 60);
  if (rest % 1000 != 0) text += fmt::format(".{:03}", rest % 1000);
  return adjusted_to_utc ? text + "Z" : text;
}

std::string ValueText(const ConvertedColumn& column, size_t row) {
  if (const auto* texts = std::get_if<TextColumn>(&column.values)) {
    const int32_t code = texts->codes[row];
    return code == TextColumn::kNull ? "NULL"
                                     : std::string(texts->dictionary[static_cast<size_t>(code)]);
  }
  if (const auto* numbers = std::get_if<NumberColumn>(&column.values)) {
    const double value = numbers->values[row];
    return std::isnan(value) ? "NULL" : fmt::format("{}", value);
  }
  const auto& times = std::get<TimeColumn>(column.values);
  return TimeText(times.millis[row], times.adjusted_to_utc);
}

// A dictionary holds what rows use, each once.
void CheckDictionary(const TextColumn& column) {
  std::vector<bool> used(column.dictionary.size());
  for (const int32_t code : column.codes) {
    if (code != TextColumn::kNull) used.at(static_cast<size_t>(code)) = true;
  }
  EXPECT_EQ(std::ranges::count(used, false), 0);
  auto sorted = column.dictionary;
  std::ranges::sort(sorted);
  EXPECT_TRUE(std::ranges::adjacent_find(sorted) == sorted.end());
}

}  // namespace

std::vector<std::string> TableForTest::operator[](const std::string& column) const {
  std::vector<std::string> values;
  for (const auto& row : rows) {
    const auto found = row.find(column);
    values.push_back(found == row.end() ? "no such column" : found->second);
  }
  return values;
}

TableForTest ToText(const ConvertedTable& table) {
  TableForTest text;
  text.rows.resize(table.row_count);
  for (const auto& column : table.columns) {
    text.columns.push_back(column.name);
    if (const auto* texts = std::get_if<TextColumn>(&column.values)) CheckDictionary(*texts);
    for (size_t row = 0; row < table.row_count; ++row)
      text.rows[row][column.name] = ValueText(column, row);
  }
  return text;
}

base::Result<bool> SinkForTest::Begin(const DayFile& file) {
  const std::lock_guard lock(mutex_);
  begun.push_back(file);
  return file.base_name != pass_over;
}

base::Status SinkForTest::Write(const DayFile& file, int number, const ConvertedBatch& batch) {
  BatchForTest text{ToText(batch.hourly()), ToText(batch.daily())};
  const std::lock_guard lock(mutex_);
  if (!failure.ok()) return failure;
  EXPECT_TRUE(batches.try_emplace({file.base_name, number}, std::move(text)).second);
  return {};
}

const BatchForTest& ConvertedForTest::only() const {
  static const BatchForTest none;
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.message();
  EXPECT_EQ(batches.size(), 1U);
  return batches.size() == 1 ? batches.begin()->second : none;
}

ConvertedForTest ConvertForTest(const std::string& csv, const ConvertOptions& options,
                                bool cut_into_days, std::string_view whole_date,
                                const std::string& pass_over) {
  SinkForTest sink;
  sink.pass_over = pass_over;
  ConvertRequest request;
  request.cut_into_days = cut_into_days;
  request.name_file = [&](CsvReport report,
                          std::optional<model::Day> day) -> base::Result<DayFile> {
    EXPECT_EQ(day.has_value(), cut_into_days);
    DayFile file;
    file.report = report;
    file.report_date = day ? *day : *model::Day::Parse(whole_date);
    file.base_name =
        day ? fmt::format("{}.{}", ReportType(report), day->ToString()) : std::string("whole");
    file.hours = day ? 24 : 0;
    file.cut_into_days = cut_into_days;
    return file;
  };
  TextSource source(csv);
  const std::atomic<bool> stop = false;
  ConvertedForTest converted;
  converted.outcome = ConvertCsv(source, request, options, sink, stop);
  converted.begun = std::move(sink.begun);
  converted.batches = std::move(sink.batches);
  return converted;
}

std::string CsvForTest(const FieldsForTest& base,
                       const std::vector<std::map<std::string, std::string>>& rows) {
  const auto quoted = [](std::string text) {
    for (size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2)
      text.insert(at, 1, '"');
    return text.find_first_of("\",\r\n") == std::string::npos ? text : "\"" + text + "\"";
  };
  std::string csv;
  for (const auto& [name, value] : base) csv += (csv.empty() ? "" : ",") + name;
  csv += '\n';
  for (const auto& row : rows) {
    std::string line;
    for (const auto& [name, value] : base) {
      const auto found = row.find(name);
      line += (name == base.front().first ? "" : ",") +
              quoted(found == row.end() ? value : found->second);
    }
    csv += line + "\n";
  }
  return csv;
}

FieldsForTest PodForTest() {
  return {{"report_period_start", "2025-10-01 00:00:00 +0000 UTC"},
          {"report_period_end", "2025-11-01 00:00:00 +0000 UTC"},
          {"interval_start", "2025-10-01 00:00:00 +0000 UTC"},
          {"interval_end", "2025-10-01 00:59:59 +0000 UTC"},
          {"node", "n1"},
          {"namespace", "ns"},
          {"pod", "p"},
          {"pod_usage_cpu_core_seconds", "1"},
          {"pod_request_cpu_core_seconds", "2"},
          {"pod_limit_cpu_core_seconds", "3"},
          {"pod_usage_memory_byte_seconds", "4"},
          {"pod_request_memory_byte_seconds", "5"},
          {"pod_limit_memory_byte_seconds", "6"},
          {"node_capacity_cpu_cores", "4"},
          {"node_capacity_cpu_core_seconds", "14400"},
          {"node_capacity_memory_bytes", "8"},
          {"node_capacity_memory_byte_seconds", "28800"},
          {"node_role", "worker"},
          {"resource_id", "i-1"},
          {"pod_labels", "label_a:x|label_b:y"}};
}

FieldsForTest Without(FieldsForTest base, const std::string& column) {
  std::erase_if(base, [&](const auto& field) { return field.first == column; });
  return base;
}

}  // namespace matome::ingest
