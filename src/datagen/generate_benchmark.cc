// SPDX-License-Identifier: Apache-2.0
#include "datagen/generate.h"

#include <filesystem>

#include <benchmark/benchmark.h>

namespace matome::datagen {
namespace {

// Days of a cluster of 50 nodes with 27 pods each, on one thread, to the file system.
void BM_Generate(benchmark::State& state) {
  GenerateOptions options;
  options.output_directory =
      (std::filesystem::temp_directory_path() / "matome-generate-benchmark").string();
  options.month = {2025, 10};
  options.nodes = 50;
  options.pods_per_node = 27;
  options.days = static_cast<int32_t>(state.range(0));
  options.replace = true;
  int64_t rows = 0;
  int64_t pod_rows = 0;
  for (auto _ : state) {
    const auto result = Generate(options, nullptr);
    if (!result.ok()) {
      state.SkipWithError(result.status().message().c_str());
      break;
    }
    rows += result->hourly_rows;
    pod_rows += result->pod_hourly_rows;
  }
  std::filesystem::remove_all(options.output_directory);
  state.counters["hourly_rows"] =
      benchmark::Counter(static_cast<double>(rows), benchmark::Counter::kIsRate);
  state.counters["pod_rows"] =
      benchmark::Counter(static_cast<double>(pod_rows), benchmark::Counter::kIsRate);
}
BENCHMARK(BM_Generate)->Arg(1)->Arg(31)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace matome::datagen
