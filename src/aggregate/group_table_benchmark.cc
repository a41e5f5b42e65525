// SPDX-License-Identifier: Apache-2.0
// Ways to number the groups of a day's pod rows, and to lay label sets over them; docs/design/group-table.md quotes this.
//
// Lookups: rows of (namespace, node, label map) ids, in the order of a daily file: by namespace and node. Arguments: rows, groups.

#include <absl/container/flat_hash_map.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "aggregate/group_table.h"
#include "aggregate/pod_aggregator.h"
#include "base/hash.h"

namespace matome::aggregate {
namespace {

struct WideKey {
  uint32_t namespace_id, node_id, labels;
  bool operator==(const WideKey&) const = default;
};

struct Rows {
  std::vector<WideKey> keys;
  std::vector<uint32_t> numbers;  // The group of each row, by first appearance.
  size_t groups = 0;
};

/// `count` rows of `groups` distinct keys over 100 namespaces and 133 nodes.
Rows MakeRows(int64_t count, int64_t groups) {
  std::mt19937 random(1);
  const auto as_tuple = [](const WideKey& key) { return std::tuple(key.namespace_id, key.node_id, key.labels); };
  std::set<std::tuple<uint32_t, uint32_t, uint32_t>> distinct;
  std::vector<WideKey> pool;
  while (pool.size() < static_cast<size_t>(groups)) {
    const auto pick = [&](uint32_t below) { return static_cast<uint32_t>(random() % below); };
    const uint32_t name = 1 + pick(100);
    const WideKey key{name, 1 + pick(133), name * 20 + pick(20)};
    if (distinct.insert(as_tuple(key)).second) pool.push_back(key);
  }
  Rows rows;
  rows.keys = pool;
  while (rows.keys.size() < static_cast<size_t>(count)) rows.keys.push_back(pool[random() % pool.size()]);
  std::shuffle(rows.keys.begin(), rows.keys.end(), random);
  std::stable_sort(rows.keys.begin(), rows.keys.end(), [](const WideKey& left, const WideKey& right) {
    return std::tuple(left.namespace_id, left.node_id) < std::tuple(right.namespace_id, right.node_id);
  });
  std::map<std::tuple<uint32_t, uint32_t, uint32_t>, uint32_t> numbers;
  for (const auto& key : rows.keys) {
    rows.numbers.push_back(numbers.try_emplace(as_tuple(key), static_cast<uint32_t>(numbers.size())).first->second);
  }
  rows.groups = numbers.size();
  return rows;
}

uint64_t Packed(const WideKey& key) { return GroupKey(key.namespace_id, key.node_id, key.labels); }

struct OpenAddressing {
  GroupTable table;
  void Clear() { table.Clear(); }
  uint32_t Find(const WideKey& key) { return table.FindOrAdd(Packed(key)); }
};

struct OpenAddressingWithMemo {
  GroupTable table;
  uint64_t last_key = 0;
  uint32_t last_number = 0;
  void Clear() {
    table.Clear();
    last_key = 0;
  }
  uint32_t Find(const WideKey& key) {
    const uint64_t packed = Packed(key);
    if (packed != last_key) {
      last_number = table.FindOrAdd(packed);
      last_key = packed;
    }
    return last_number;
  }
};

struct WideKeyHash {
  uint64_t operator()(const WideKey& key) const {
    return base::HashBytes({reinterpret_cast<const char*>(&key), sizeof(key)});
  }
};

/// The same table over the three ids as they are.
struct OpenAddressingWideKey {
  struct Slot {
    WideKey key;
    uint32_t number_plus_one = 0;
  };
  std::vector<Slot> slots = std::vector<Slot>(1024);
  uint32_t size = 0;

  void Clear() {
    slots.assign(slots.size(), Slot{});
    size = 0;
  }
  Slot& SlotOf(const WideKey& key) {
    const size_t mask = slots.size() - 1;
    for (size_t at = WideKeyHash()(key) & mask;; at = (at + 1) & mask) {
      if (slots[at].number_plus_one == 0 || slots[at].key == key) return slots[at];
    }
  }
  uint32_t Find(const WideKey& key) {
    if ((size + 1) * 2 > slots.size()) {
      std::vector<Slot> old(slots.size() * 2);
      old.swap(slots);
      for (const Slot& slot : old) {
        if (slot.number_plus_one != 0) SlotOf(slot.key) = slot;
      }
    }
    Slot& slot = SlotOf(key);
    if (slot.number_plus_one == 0) slot = {key, ++size};
    return slot.number_plus_one - 1;
  }
};

template <typename Map>
struct PackedMap {
  Map map;
  void Clear() { map.clear(); }
  uint32_t Find(const WideKey& key) {
    return map.try_emplace(Packed(key), static_cast<uint32_t>(map.size())).first->second;
  }
};
using FlatHashMap = PackedMap<absl::flat_hash_map<uint64_t, uint32_t>>;
using FlatHashMapOurHash = PackedMap<absl::flat_hash_map<uint64_t, uint32_t, base::IntegerHash>>;
using UnorderedMap = PackedMap<std::unordered_map<uint64_t, uint32_t>>;

struct FlatHashMapWideKey {
  absl::flat_hash_map<WideKey, uint32_t, WideKeyHash> map;
  void Clear() { map.clear(); }
  uint32_t Find(const WideKey& key) { return map.try_emplace(key, static_cast<uint32_t>(map.size())).first->second; }
};

/// What grouping by texts would cost: names of the usual length, put together for every row.
struct FlatHashMapTexts {
  absl::flat_hash_map<std::string, uint32_t, base::TextHash, std::equal_to<>> map;
  std::string text;
  void Clear() { map.clear(); }
  uint32_t Find(const WideKey& key) {
    static const std::vector<std::string> names = [] {
      std::vector<std::string> all;
      for (int name = 0; name < 3000; ++name) all.push_back("a-name-of-the-usual-length-" + std::to_string(name));
      return all;
    }();
    text.assign(names[key.namespace_id]);
    text.append(1, '\0').append(names[key.node_id]).append(1, '\0').append(names[key.labels]);
    const auto found = map.find(std::string_view(text));
    if (found != map.end()) return found->second;
    return map.emplace(text, static_cast<uint32_t>(map.size())).first->second;
  }
};

void Account(benchmark::State& state, const Rows& rows) {
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(rows.keys.size()));
}

template <typename Contender>
void Lookup(benchmark::State& state) {
  const Rows rows = MakeRows(state.range(0), state.range(1));
  Contender contender;
  for (const auto& key : rows.keys) contender.Find(key);
  std::vector<uint32_t> numbers(rows.keys.size());
  for (auto _ : state) {
    contender.Clear();
    for (size_t row = 0; row < rows.keys.size(); ++row) numbers[row] = contender.Find(rows.keys[row]);
    benchmark::DoNotOptimize(numbers.data());
    benchmark::ClobberMemory();
  }
  if (numbers != rows.numbers) state.SkipWithError("wrong groups");
  Account(state, rows);
}

/// Sorting pairs of key and row, then walking along equal keys; groups get numbers by key.
void Sort(benchmark::State& state) {
  const Rows rows = MakeRows(state.range(0), state.range(1));
  std::vector<std::pair<uint64_t, uint32_t>> sorted(rows.keys.size());
  std::vector<uint32_t> numbers(rows.keys.size());
  uint32_t groups = 0;
  for (auto _ : state) {
    for (uint32_t row = 0; row < rows.keys.size(); ++row) sorted[row] = {Packed(rows.keys[row]), row};
    std::sort(sorted.begin(), sorted.end());
    groups = 0;
    for (size_t at = 0; at < sorted.size(); ++at) {
      if (at == 0 || sorted[at].first != sorted[at - 1].first) ++groups;
      numbers[sorted[at].second] = groups - 1;
    }
    benchmark::DoNotOptimize(numbers.data());
    benchmark::ClobberMemory();
  }
  if (groups != rows.groups) state.SkipWithError("wrong groups");
  Account(state, rows);
}

double Smallest(const std::vector<double>& values) { return *std::min_element(values.begin(), values.end()); }

// A day of a 1M-row month in groups that its labels make; of few; and the worst.
void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Args({27'000, 17'000})->Args({27'000, 1'600})->Args({27'000, 27'000});
  benchmark->ComputeStatistics("min", Smallest);
}

BENCHMARK(Lookup<OpenAddressing>)->Apply(Sizes);
BENCHMARK(Lookup<OpenAddressingWithMemo>)->Apply(Sizes);
BENCHMARK(Lookup<OpenAddressingWideKey>)->Apply(Sizes);
BENCHMARK(Lookup<FlatHashMapOurHash>)->Apply(Sizes);
BENCHMARK(Lookup<FlatHashMap>)->Apply(Sizes);
BENCHMARK(Lookup<FlatHashMapWideKey>)->Apply(Sizes);
BENCHMARK(Lookup<UnorderedMap>)->Apply(Sizes);
BENCHMARK(Lookup<FlatHashMapTexts>)->Apply(Sizes);
BENCHMARK(Sort)->Apply(Sizes);

// Laying label sets over rows. Arguments: label sets of each node, label sets of each namespace.

/// A day's rows as one block, and the label sets of its nodes and namespaces.
struct LabelledDay {
  explicit LabelledDay(int64_t node_sets, int64_t namespace_sets)
      : rules{.enabled_tag_keys = {"app", "team", "zone"}, .cost_categories = {}}, vocabulary(rules) {
    const Rows rows = MakeRows(27'000, 17'000);
    auto& namespaces = vocabulary.names(model::Name::kNamespace);
    auto& nodes = vocabulary.names(model::Name::kNode);
    codes.Reset(vocabulary);
    std::vector<std::string> texts;
    const auto extend = [&](CodeMap& map, uint32_t count, auto id_of) {
      texts.clear();
      for (uint32_t each = 1; each <= count; ++each) texts.push_back("name-" + std::to_string(each));
      const std::vector<std::string_view> views(texts.begin(), texts.end());
      map.Extend({.codes = nullptr, .new_entries = views, .first_new_code = 1}, id_of);
    };
    extend(codes.namespaces, 100, [&](std::string_view text) { return namespaces.Intern(text); });
    extend(codes.nodes, 133, [&](std::string_view text) { return nodes.Intern(text); });
    extend(codes.labels, 2'100, [&](std::string_view text) {
      return vocabulary.labels.FromText("{\"app\": \"" + std::string(text) + "\"}");
    });
    const auto add_sets = [&](const base::Interner& owners, int64_t count, std::string_view key, OwnerLabels& labels) {
      for (base::TextId owner = 1; owner < owners.size(); ++owner) {
        for (int64_t set = 0; set < count; ++set) {
          labels.Add(owner, vocabulary.labels.FromText("{\"" + std::string(key) + "\": \"" +
                                                       std::to_string(owner * 10 + static_cast<uint32_t>(set)) + "\"}"));
        }
      }
    };
    add_sets(nodes, node_sets, "zone", node_labels);
    add_sets(namespaces, namespace_sets, "team", namespace_labels);
    for (const auto& key : rows.keys) {
      columns[model::DailyPod::kNamespace].push_back(key.namespace_id);
      columns[model::DailyPod::kNode].push_back(key.node_id);
      columns[model::DailyPod::kPodLabels].push_back(key.labels - 19);
    }
    const size_t count = rows.keys.size();
    for (const auto column : {model::DailyPod::kPod, model::DailyPod::kResourceId}) columns[column].resize(count);
    values.assign(count, 1.25);
    block.rows = static_cast<int64_t>(count);
    for (const auto& column : columns) block.texts.push_back({.codes = column.data()});
    block.numbers.assign(model::DailyPod::kNumberCount, {.values = values.data(), .valid = nullptr});
    capacity.Finish();
  }

  Rules rules;
  Vocabulary vocabulary;
  PodCodes codes;
  OwnerLabels node_labels, namespace_labels;
  CapacityAggregator capacity{model::Semantics::kTrino};
  std::array<std::vector<batch::Code>, model::DailyPod::kTextCount> columns;
  std::vector<double> values;
  batch::Block block;
};

/// As it is done: rows by their own label map first, then the groups over the label sets.
void GroupsThenLabelSets(benchmark::State& state) {
  LabelledDay day(state.range(0), state.range(1));
  PodAggregator pods(model::Semantics::kTrino);
  VolumeMounts mounts;
  BadRows bad_rows;
  std::vector<model::SummaryRow> rows;
  model::Audit audit;
  for (auto _ : state) {
    pods.Clear();
    rows.clear();
    pods.Add(day.block, day.codes, 0, day.block.rows, day.vocabulary, mounts, {}, bad_rows);
    pods.Finish(day.capacity, day.node_labels, day.namespace_labels, day.vocabulary, rows, audit);
    benchmark::DoNotOptimize(rows.data());
  }
  state.counters["rows_out"] = static_cast<double>(rows.size());
  state.SetItemsProcessed(state.iterations() * day.block.rows);
}

/// As the rules are written: every row over the label sets, one look-up and ten numbers for each copy.
void LabelSetsForEachRow(benchmark::State& state) {
  LabelledDay day(state.range(0), state.range(1));
  struct Group {
    std::array<double, model::DailyPod::kNumberCount> numbers = {};
  };
  GroupTable table;
  std::vector<Group> groups;
  auto& labels = day.vocabulary.labels;
  for (auto _ : state) {
    table.Clear();
    groups.clear();
    for (size_t row = 0; row < day.values.size(); ++row) {
      const uint32_t name = day.codes.namespaces[day.columns[model::DailyPod::kNamespace][row]];
      const uint32_t node = day.codes.nodes[day.columns[model::DailyPod::kNode][row]];
      const auto own = day.codes.labels[day.columns[model::DailyPod::kPodLabels][row]];
      for (const auto node_set : day.node_labels.Of(node)) {
        for (const auto namespace_set : day.namespace_labels.Of(name)) {
          const auto merged = labels.Merge(labels.Merge(node_set, namespace_set), own);
          const uint32_t number = table.FindOrAdd(GroupKey(name, node, merged));
          if (number == groups.size()) groups.emplace_back();
          for (size_t at = 0; at < model::DailyPod::kNumberCount; ++at) {
            groups[number].numbers[at] += day.block.numbers[at].values[row];
          }
        }
      }
    }
    benchmark::DoNotOptimize(groups.data());
  }
  state.counters["rows_out"] = static_cast<double>(groups.size());
  state.SetItemsProcessed(state.iterations() * day.block.rows);
}

void LabelSets(benchmark::internal::Benchmark* benchmark) {
  benchmark->Args({1, 1})->Args({2, 1})->Args({2, 2});
  benchmark->ComputeStatistics("min", Smallest);
}

BENCHMARK(GroupsThenLabelSets)->Apply(LabelSets);
BENCHMARK(LabelSetsForEachRow)->Apply(LabelSets);

}  // namespace
}  // namespace matome::aggregate
