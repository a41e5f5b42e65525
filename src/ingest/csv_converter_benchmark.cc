// SPDX-License-Identifier: Apache-2.0
// A pod CSV to hourly and daily Parquet bytes; arrow_csv_benchmark is what it is measured against.
// Arguments: rows, threads.

#include "ingest/csv_converter.h"

#include <algorithm>
#include <atomic>
#include <span>
#include <string>

#include <benchmark/benchmark.h>

#include "arrow_io/pod_csv_for_benchmark.h"
#include "ingest/converted_parquet.h"
#include "ingest/csv_reader.h"

namespace matome::ingest {
namespace {

class ViewSource final : public ByteSource {
 public:
  explicit ViewSource(std::string_view text) : text_(text) {}

  base::Result<size_t> Read(std::span<char> out) override {
    const size_t count = std::min(out.size(), text_.size());
    std::copy_n(text_.begin(), count, out.data());
    text_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view text_;
};

// Encodes all, keeps nothing.
class EncodingSink final : public DayFileSink {
 public:
  base::Result<bool> Begin(const DayFile& /*file*/) override { return true; }

  base::Status Write(const DayFile& /*file*/, int /*number*/,
                     const ConvertedBatch& batch) override {
    const auto count = [this](std::span<const uint8_t> bytes) {
      bytes_ += static_cast<int64_t>(bytes.size());
      return base::Status::Ok();
    };
    MATOME_RETURN_IF_ERROR(WriteConvertedTable(batch.hourly(), {}, count));
    return WriteConvertedTable(batch.daily(), {}, count);
  }

 private:
  std::atomic<int64_t> bytes_ = 0;
};

// Takes the batches and does nothing with them.
class IdleSink final : public DayFileSink {
 public:
  base::Result<bool> Begin(const DayFile& /*file*/) override { return true; }
  base::Status Write(const DayFile& /*file*/, int /*number*/,
                     const ConvertedBatch& /*batch*/) override {
    return {};
  }
};

template <typename Sink>
void Convert(benchmark::State& state) {
  const std::string csv = arrow_io::PodCsvForBenchmark(state.range(0));
  ConvertRequest request;
  request.name_file = [](CsvReport report, std::optional<model::Day> day) -> base::Result<DayFile> {
    return DayFile{.report = report, .report_date = *day, .base_name = day->ToString()};
  };
  const std::atomic<bool> stop = false;
  for (auto _ : state) {
    Sink sink;
    ViewSource source(csv);
    const auto outcome = ConvertCsv(
        source, request, {.writer_threads = static_cast<int>(state.range(1)) - 1}, sink, stop);
    if (!outcome.status.ok() || outcome.rows != state.range(0)) state.SkipWithError("wrong rows");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(csv.size()));
}

void ReadCsv(benchmark::State& state) {
  const std::string csv = arrow_io::PodCsvForBenchmark(state.range(0));
  for (auto _ : state) {
    ViewSource source(csv);
    CsvReader reader(source, {});
    CsvBlock block;
    bool more = reader.ReadHeader().ok();
    while (more) more = *reader.Next(block);
    if (reader.row_count() != state.range(0)) state.SkipWithError("wrong number of rows");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(csv.size()));
}

void CountHoursOf(benchmark::State& state) {
  const std::string csv = arrow_io::PodCsvForBenchmark(state.range(0));
  const std::atomic<bool> stop = false;
  for (auto _ : state) {
    ViewSource source(csv);
    const auto hours = CountHours(source, {}, stop);
    if (!hours.ok() || hours->begin()->second != 24) state.SkipWithError("wrong hours");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(csv.size()));
}

BENCHMARK(ReadCsv)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(CountHoursOf)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(Convert<IdleSink>)
    ->Args({100'000, 1})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK(Convert<EncodingSink>)
    ->Args({100'000, 1})
    ->Args({1'000'000, 1})
    ->Args({1'000'000, 2})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace matome::ingest
