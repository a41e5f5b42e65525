// SPDX-License-Identifier: Apache-2.0
// What ingest is measured against: Arrow's CSV reader, then Arrow's Parquet writer in pyarrow's
// form, of the same bytes as csv_converter_benchmark. Arguments: rows, threads.

#include <arrow/api.h>
#include <arrow/csv/api.h>
#include <arrow/io/memory.h>
#include <arrow/util/thread_pool.h>
#include <benchmark/benchmark.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "arrow_io/pod_csv_for_benchmark.h"

namespace matome::arrow_io {
namespace {

arrow::Result<int64_t> Convert(const std::string& csv) {
  auto input =
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::Wrap(csv.data(), csv.size()));
  ARROW_ASSIGN_OR_RAISE(const auto reader,
                        arrow::csv::TableReader::Make(arrow::io::default_io_context(), input,
                                                      arrow::csv::ReadOptions::Defaults(),
                                                      arrow::csv::ParseOptions::Defaults(),
                                                      arrow::csv::ConvertOptions::Defaults()));
  ARROW_ASSIGN_OR_RAISE(const auto table, reader->Read());
  ARROW_ASSIGN_OR_RAISE(auto output, arrow::io::BufferOutputStream::Create());
  const auto properties =
      parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
  ARROW_RETURN_NOT_OK(parquet::arrow::WriteTable(
      *table, arrow::default_memory_pool(), output, 200'000, properties,
      parquet::ArrowWriterProperties::Builder().set_use_threads(true)->build()));
  ARROW_RETURN_NOT_OK(output->Finish());
  return table->num_rows();
}

void ArrowCsvToParquet(benchmark::State& state) {
  const std::string csv = PodCsvForBenchmark(state.range(0));
  if (!arrow::SetCpuThreadPoolCapacity(static_cast<int>(state.range(1))).ok()) {
    state.SkipWithError("cannot set the number of threads");
  }
  for (auto _ : state) {
    const auto rows = Convert(csv);
    if (!rows.ok() || *rows != state.range(0)) state.SkipWithError("wrong number of rows");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(csv.size()));
}
BENCHMARK(ArrowCsvToParquet)
    ->Args({100'000, 2})
    ->Args({1'000'000, 2})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace matome::arrow_io
