// SPDX-License-Identifier: Apache-2.0
// Rows a second from a day's summary to a stream that nobody reads.

#include "pg/copy_encoder.h"

#include <random>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "base/interner.h"

namespace matome::pg {
namespace {

constexpr size_t kRows = 20'000;

void BM_EncodeDay(benchmark::State& state) {
  std::array<base::Interner, model::kNameCount> names;
  model::DaySummary day{.day = *model::Day::Parse("2025-10-03")};
  for (size_t name = 0; name < model::kNameCount; ++name) day.dictionaries[name] = &names[name];
  std::vector<std::string> labels(1000);
  for (size_t at = 0; at < labels.size(); ++at) {
    labels[at] =
        fmt::format(R"({{"app":"shop-{}","environment":"production","team":"t{}"}})", at, at % 17);
  }
  day.label_json = [&](model::LabelSetId id) { return std::string_view(labels[id]); };
  std::mt19937_64 random(1);
  for (size_t at = 0; at < kRows; ++at) {
    auto& row = day.rows.emplace_back();
    row.name(model::Name::kNamespace) = names[0].Intern(fmt::format("namespace-{}", at % 300));
    row.name(model::Name::kNode) = names[1].Intern(fmt::format("ip-10-0-0-{}.internal", at % 100));
    row.name(model::Name::kResourceId) = names[2].Intern(fmt::format("i-0123456789{}", at % 100));
    row.label(model::Labels::kPodLabels) = row.label(model::Labels::kAllLabels) =
        static_cast<model::LabelSetId>(2 + random() % 900);
    // As in a pod row: 4 usages differ, 4 requests and limits repeat, 6 capacities are the node's.
    for (size_t number = 0; number < 14; ++number) {
      const auto of_value = number % 4 < 2 && number < 8
                                ? static_cast<double>(random() % 1'000'000'000) / 3.6e6
                                : static_cast<double>((at % 100 + number) % 64) * 0.75;
      row.set(static_cast<model::Number>(number), of_value);
    }
  }
  const model::RunConstants constants{.source_uuid = "6a0cfe5b-9c8c-4ef6-a7f4-a1b5b5ea4c5e",
                                      .cluster_id = "6a0cfe5b-9c8c-4ef6-a7f4-a1b5b5ea4c5e",
                                      .cluster_alias = "a cluster",
                                      .report_period_id = 7};
  CopyEncoder encoder(model::Semantics::kTrino);
  for (auto _ : state) {
    const auto status =
        encoder.Encode(day, constants, [](std::string_view) { return base::Status(); });
    benchmark::DoNotOptimize(status);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kRows));
}
BENCHMARK(BM_EncodeDay)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace matome::pg
