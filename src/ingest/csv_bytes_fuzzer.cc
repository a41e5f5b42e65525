// SPDX-License-Identifier: Apache-2.0
// CSV bytes: the reader against a naive one, and the converter against what its outcome promises.
//
// The first byte chooses how the bytes are cut and read; the rest is the CSV, or rows below the
// header of a pod CSV.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "base/utf8.h"
#include "ingest/bytes_for_test.h"
#include "ingest/converted_parquet.h"
#include "ingest/csv_converter.h"
#include "ingest/csv_reader.h"
#include "ingest/naive_csv_for_test.h"

namespace matome::ingest {
namespace {

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void CheckReader(std::string_view text, size_t most, int64_t row_bytes) {
  const NaiveCsv naive = ReadNaively(text);
  TextSource source(std::string(text), most);
  CsvReader reader(source, {.row_bytes = row_bytes});
  const auto header = reader.ReadHeader();
  if (!header.ok()) return;
  if (*header != !naive.header.empty()) Fail("a header or none");
  if (!*header) return;
  if (reader.columns().size() != naive.header.size()) Fail("another number of columns");
  size_t at = 0;
  CsvBlock block;
  while (true) {
    const auto more = reader.Next(block);
    if (!more.ok()) {
      if (more.status().code() != base::Code::kBadInput) Fail("an error of another kind");
      if (base::IsValidUtf8(text) && !naive.open_quote &&
          more.status().message().find("longer than") == std::string::npos) {
        Fail("an error without a reason");
      }
      return;
    }
    if (!*more) break;
    for (size_t row = 0; row < block.row_count(); ++row, ++at) {
      if (at >= naive.rows.size()) Fail("too many rows");
      for (size_t column = 0; column < naive.header.size(); ++column) {
        if (block.text(row, column) != naive.rows[at][column]) Fail("another field");
      }
      if (block.row_number(row) != naive.row_numbers[at]) Fail("another row number");
    }
  }
  if (naive.open_quote || !base::IsValidUtf8(text)) Fail("no error");
  if (at != naive.rows.size()) Fail("too few rows");
  if (reader.rows_with_more_fields() != naive.rows_with_more_fields) Fail("other rows dropped");
}

// Looks at everything a batch promises.
void CheckTable(const ConvertedTable& table) {
  for (const auto& column : table.columns) {
    if (const auto* texts = std::get_if<TextColumn>(&column.values)) {
      if (texts->codes.size() != table.row_count) Fail("another length");
      for (const int32_t code : texts->codes) {
        if (code >= static_cast<int32_t>(texts->dictionary.size())) Fail("a code too large");
        if (code < 0) continue;
        if (!base::IsValidUtf8(texts->dictionary[static_cast<size_t>(code)])) Fail("not UTF-8");
      }
    } else if (const auto* numbers = std::get_if<NumberColumn>(&column.values)) {
      if (numbers->values.size() != table.row_count) Fail("another length");
    } else if (std::get<TimeColumn>(column.values).millis.size() != table.row_count) {
      Fail("another length");
    }
  }
}

class CheckingSink final : public DayFileSink {
 public:
  base::Result<bool> Begin(const DayFile& /*file*/) override { return true; }

  base::Status Write(const DayFile& /*file*/, int /*number*/,
                     const ConvertedBatch& batch) override {
    CheckTable(batch.hourly());
    CheckTable(batch.daily());
    if (batch.daily().row_count > batch.hourly().row_count)
      Fail("more daily rows than hourly ones");
    hourly_rows += static_cast<int64_t>(batch.hourly().row_count);
    if (!writes_parquet) return {};
    writes_parquet = false;  // Slow: once is enough.
    return WriteConvertedTable(batch.hourly(), {}, [](auto) { return base::Status::Ok(); });
  }

  int64_t hourly_rows = 0;
  bool writes_parquet = false;
};

void CheckConverter(std::string_view rows, uint8_t choice) {
  std::string csv =
      "report_period_start,report_period_end,interval_start,interval_end,namespace,node,pod,"
      "pod_labels,resource_id,pod_usage_cpu_core_seconds,pod_request_cpu_core_seconds,"
      "pod_limit_cpu_core_seconds,pod_usage_memory_byte_seconds,pod_request_memory_byte_seconds,"
      "pod_limit_memory_byte_seconds,node_capacity_cpu_cores,node_capacity_cpu_core_seconds,"
      "node_capacity_memory_bytes,node_capacity_memory_byte_seconds\n";
  // A row may begin with its labels, so that the dates need not be found each time.
  const std::string dates = "2025-10-01,2025-11-01,2025-10-01 00:00:00,2025-10-01 01:00:00,";
  while (!rows.empty()) {
    const size_t end = std::min(rows.find('\n'), rows.size() - 1) + 1;
    if ((choice & 1) != 0) csv += dates;
    csv += rows.substr(0, end);
    rows.remove_prefix(end);
  }
  ConvertRequest request;
  request.cut_into_days = (choice & 2) != 0;
  request.name_file = [](CsvReport report, std::optional<model::Day> day) -> base::Result<DayFile> {
    return DayFile{.report = report, .report_date = day.value_or(model::Day{20'362})};
  };
  const ConvertOptions options = {
      .csv = {.row_bytes = 4096, .replace_invalid_utf8 = (choice & 4) != 0},
      .drop_bad_dates = (choice & 8) != 0,
      .batch_rows = 1 + choice % 5,
      .buffered_bytes = 4096,
      .writer_threads = 0};
  CheckingSink sink;
  sink.writes_parquet = choice >= 0xF0;
  TextSource source(csv);
  const std::atomic<bool> stop = false;
  const CsvOutcome outcome = ConvertCsv(source, request, options, sink, stop);
  int64_t hourly_rows = 0;
  for (const auto& day : outcome.days) hourly_rows += day.hourly_rows;
  if (hourly_rows != sink.hourly_rows) Fail("rows that were not written");
  if (!outcome.status.ok()) {
    if (outcome.status.code() != base::Code::kBadInput) Fail("an error of another kind");
    return;
  }
  if (outcome.rows != hourly_rows + outcome.rows_too_large + outcome.rows_with_bad_dates +
                          outcome.rows_with_more_fields) {
    Fail("rows that were not counted");
  }
}

}  // namespace
}  // namespace matome::ingest

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using matome::ingest::CheckConverter;
  using matome::ingest::CheckReader;
  if (size == 0) return 0;
  const uint8_t choice = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  CheckReader(text, 1 + choice % 64, int64_t{1} << (choice / 16));
  CheckReader(text, SIZE_MAX, 1 << 14);
  CheckConverter(text, choice);
  return 0;
}
