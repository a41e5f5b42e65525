// SPDX-License-Identifier: Apache-2.0
// Label texts to ids, and merging; docs/design/labels.md quotes this.

#include "labels/label_store.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

namespace matome::labels {
namespace {

const std::vector<std::string> kEnabledKeys = {"app", "team", "zone"};

/// Texts as Koku writes them: six keys, three of them enabled, one hash that nearly every text has
/// to itself.
std::vector<std::string> MakeTexts(size_t distinct) {
  std::vector<std::string> texts;
  for (size_t at = 0; at < distinct; ++at) {
    texts.push_back(
        R"({"app": "service-)" + std::to_string(at % 160) + R"(", "team": "team-)" +
        std::to_string(at % 12) + R"(", "pod_template_hash": ")" +
        std::to_string(at * 7'919 % 1'000'003) +
        R"(", "zone": "eu-central-1a", "app_kubernetes_io_managed_by": "helm", "release": "r)" +
        std::to_string(at % 90) + R"("})");
  }
  return texts;
}

double Smallest(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

void Account(benchmark::State& state, size_t items) {
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(items));
}

// Every text is new to the store. Argument: texts.
void ParseAndIntern(benchmark::State& state) {
  const auto texts = MakeTexts(static_cast<size_t>(state.range(0)));
  size_t sets = 0;
  for (auto _ : state) {
    LabelStore store(kEnabledKeys, model::Semantics::kTrino);
    for (const auto& text : texts) benchmark::DoNotOptimize(store.FromText(text));
    sets = store.size();
  }
  // app and team repeat together every 480 texts, and there are the NULL map and the empty one.
  if (sets != std::min<size_t>(texts.size(), 480) + 2) state.SkipWithError("wrong number of maps");
  Account(state, texts.size());
}
BENCHMARK(ParseAndIntern)->Arg(3'600)->Arg(18'000)->ComputeStatistics("min", Smallest);

// Texts seen before: a dictionary entry of another row group.
void KnownText(benchmark::State& state) {
  const auto texts = MakeTexts(static_cast<size_t>(state.range(0)));
  LabelStore store(kEnabledKeys, model::Semantics::kTrino);
  for (const auto& text : texts) store.FromText(text);
  for (auto _ : state) {
    for (const auto& text : texts) benchmark::DoNotOptimize(store.FromText(text));
  }
  Account(state, texts.size());
}
BENCHMARK(KnownText)->Arg(3'600)->Arg(18'000)->ComputeStatistics("min", Smallest);

// The plain way: a JSON library, a std::map of strings, its canonical text as the key.
void PlainMaps(benchmark::State& state) {
  const auto texts = MakeTexts(static_cast<size_t>(state.range(0)));
  size_t sets = 0;
  for (auto _ : state) {
    std::map<std::string, uint32_t> ids;
    for (const auto& text : texts) {
      const auto document = nlohmann::json::parse(text);
      nlohmann::json kept = nlohmann::json::object();
      for (const auto& key : kEnabledKeys) {
        if (const auto found = document.find(key); found != document.end()) kept[key] = *found;
      }
      benchmark::DoNotOptimize(ids.try_emplace(kept.dump(), static_cast<uint32_t>(ids.size())));
    }
    sets = ids.size();
  }
  if (sets != std::min<size_t>(texts.size(), 480)) state.SkipWithError("wrong number of maps");
  Account(state, texts.size());
}
BENCHMARK(PlainMaps)->Arg(3'600)->ComputeStatistics("min", Smallest);

struct Pairs {
  LabelStore store{kEnabledKeys, model::Semantics::kTrino};
  std::vector<std::pair<LabelSetId, LabelSetId>> pairs;

  Pairs() {
    for (int lower = 0; lower < 133; ++lower) {
      const auto node =
          store.FromText(R"({"zone": "zone-)" + std::to_string(lower) + R"(", "team": "infra"})");
      for (int upper = 0; upper < 100; ++upper) {
        pairs.emplace_back(node, store.FromText(R"({"app": "service-)" + std::to_string(upper) +
                                                R"(", "team": "x"})"));
      }
    }
  }
};

void MergeNew(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    auto fresh = std::make_unique<Pairs>();
    state.ResumeTiming();
    for (const auto& [lower, upper] : fresh->pairs)
      benchmark::DoNotOptimize(fresh->store.Merge(lower, upper));
    state.PauseTiming();
    fresh.reset();
    state.ResumeTiming();
  }
  Account(state, Pairs().pairs.size());
}
BENCHMARK(MergeNew)->ComputeStatistics("min", Smallest);

void MergeKnown(benchmark::State& state) {
  Pairs pairs;
  for (const auto& [lower, upper] : pairs.pairs) pairs.store.Merge(lower, upper);
  for (auto _ : state) {
    for (const auto& [lower, upper] : pairs.pairs)
      benchmark::DoNotOptimize(pairs.store.Merge(lower, upper));
  }
  Account(state, pairs.pairs.size());
}
BENCHMARK(MergeKnown)->ComputeStatistics("min", Smallest);

void MergePlainMaps(benchmark::State& state) {
  using Map = std::map<std::string, std::string>;
  const Map lower = {{"zone", "zone-17"}, {"team", "infra"}};
  const Map upper = {{"app", "service-3"}, {"team", "x"}};
  for (auto _ : state) {
    Map merged = lower;
    for (const auto& [key, value] : upper) merged.insert_or_assign(key, value);
    benchmark::DoNotOptimize(merged);
  }
  Account(state, 1);
}
BENCHMARK(MergePlainMaps)->ComputeStatistics("min", Smallest);

void CanonicalJson(benchmark::State& state) {
  const auto texts = MakeTexts(480);
  for (auto _ : state) {
    state.PauseTiming();
    auto store = std::make_unique<LabelStore>(kEnabledKeys, model::Semantics::kTrino);
    for (const auto& text : texts) store->FromText(text);
    state.ResumeTiming();
    for (LabelSetId id = model::kEmptyLabelSet; id < store->size(); ++id)
      benchmark::DoNotOptimize(store->Json(id));
    state.PauseTiming();
    store.reset();
    state.ResumeTiming();
  }
  Account(state, texts.size());
}
BENCHMARK(CanonicalJson)->ComputeStatistics("min", Smallest);

}  // namespace
}  // namespace matome::labels
