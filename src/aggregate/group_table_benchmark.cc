// SPDX-License-Identifier: Apache-2.0
// Ways to number the groups of a day's pod rows, and to lay label sets over them;
// docs/design/group-table.md quotes this.
//
// Lookups: rows of (namespace, node, label map) ids, in the order of a daily file: by namespace and
// node. Arguments: rows, groups.

#include "aggregate/group_table.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <benchmark/benchmark.h>

#include "aggregate/pod_aggregator.h"
#include "base/hash.h"
#include "labels/label_store.h"

namespace matome::aggregate {
namespace {

using model::LabelSetId;

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
  const auto as_tuple = [](const WideKey& key) {
    return std::tuple(key.namespace_id, key.node_id, key.labels);
  };
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
  while (rows.keys.size() < static_cast<size_t>(count))
    rows.keys.push_back(pool[random() % pool.size()]);
  std::shuffle(rows.keys.begin(), rows.keys.end(), random);
  std::stable_sort(rows.keys.begin(), rows.keys.end(),
                   [](const WideKey& left, const WideKey& right) {
                     return std::tuple(left.namespace_id, left.node_id) <
                            std::tuple(right.namespace_id, right.node_id);
                   });
  std::map<std::tuple<uint32_t, uint32_t, uint32_t>, uint32_t> numbers;
  for (const auto& key : rows.keys) {
    rows.numbers.push_back(
        numbers.try_emplace(as_tuple(key), static_cast<uint32_t>(numbers.size())).first->second);
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
  uint32_t Find(const WideKey& key) {
    return map.try_emplace(key, static_cast<uint32_t>(map.size())).first->second;
  }
};

/// What grouping by texts would cost: names of the usual length, put together for every row.
struct FlatHashMapTexts {
  absl::flat_hash_map<std::string, uint32_t, base::TextHash, std::equal_to<>> map;
  std::string text;
  void Clear() { map.clear(); }
  uint32_t Find(const WideKey& key) {
    static const std::vector<std::string> names = [] {
      std::vector<std::string> all;
      for (int name = 0; name < 3000; ++name)
        all.push_back("a-name-of-the-usual-length-" + std::to_string(name));
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
    for (size_t row = 0; row < rows.keys.size(); ++row)
      numbers[row] = contender.Find(rows.keys[row]);
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
    for (uint32_t row = 0; row < rows.keys.size(); ++row)
      sorted[row] = {Packed(rows.keys[row]), row};
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

double Smallest(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

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

// Laying label sets over a day's 27,000 rows. Arguments: groups before that, label sets of each
// node, label sets of each namespace.

/// A day's rows as one block, and the label sets of its nodes and namespaces.
struct LabelledDay {
  explicit LabelledDay(const benchmark::State& state)
      : rules{.enabled_tag_keys = {"app", "team", "zone"}, .cost_categories = {}},
        vocabulary(rules) {
    const Rows rows = MakeRows(27'000, state.range(0));
    auto& namespaces = vocabulary.names(model::Name::kNamespace);
    auto& nodes = vocabulary.names(model::Name::kNode);
    codes.Reset(vocabulary);
    std::vector<std::string> texts;
    const auto extend = [&](CodeMap& map, uint32_t count, auto&& ids_of) {
      texts.clear();
      for (uint32_t each = 1; each <= count; ++each)
        texts.push_back("name-" + std::to_string(each));
      const std::vector<std::string_view> views(texts.begin(), texts.end());
      map.Extend({.codes = nullptr, .new_entries = views, .first_new_code = 1}, ids_of);
    };
    extend(codes.namespaces, 100, namespaces);
    extend(codes.nodes, 133, nodes);
    extend(codes.labels, 2'100, [&](std::span<const std::string_view> names, LabelSetId* ids) {
      for (const auto name : names)
        *ids++ = vocabulary.labels.FromText("{\"app\": \"" + std::string(name) + "\"}");
    });
    const auto add_sets = [&](const base::Interner& owners, int64_t count, std::string_view key,
                              OwnerLabels& labels) {
      for (base::TextId owner = 1; owner < owners.size(); ++owner) {
        for (int64_t set = 0; set < count; ++set) {
          labels.Add(owner, vocabulary.labels.FromText(
                                "{\"" + std::string(key) + "\": \"" +
                                std::to_string(owner * 10 + static_cast<uint32_t>(set)) + "\"}"));
        }
      }
    };
    add_sets(nodes, state.range(1), "zone", node_labels);
    add_sets(namespaces, state.range(2), "team", namespace_labels);
    for (const auto& key : rows.keys) {
      columns[model::DailyPod::kNamespace].push_back(key.namespace_id);
      columns[model::DailyPod::kNode].push_back(key.node_id);
      columns[model::DailyPod::kPodLabels].push_back(key.labels - 19);
    }
    const size_t count = rows.keys.size();
    for (const auto column : {model::DailyPod::kPod, model::DailyPod::kResourceId})
      columns[column].resize(count);
    values.assign(count, 1.25);
    block.rows = static_cast<int64_t>(count);
    for (const auto& column : columns) block.texts.push_back({.codes = column.data()});
    block.numbers.assign(model::DailyPod::kNumberCount,
                         {.values = values.data(), .valid = nullptr});
    capacity.Finish();
  }

  WideKey BaseKey(size_t row) const {
    return {codes.namespaces[columns[model::DailyPod::kNamespace][row]],
            codes.nodes[columns[model::DailyPod::kNode][row]],
            codes.labels[columns[model::DailyPod::kPodLabels][row]]};
  }

  /// Calls `visit` with the label map of each copy that a row with this key has.
  template <typename Visit>
  void ForEachCopy(const WideKey& key, Visit visit) {
    for (const auto node_set : node_labels.Of(key.node_id)) {
      for (const auto namespace_set : namespace_labels.Of(key.namespace_id)) {
        visit(
            vocabulary.labels.Merge(vocabulary.labels.Merge(node_set, namespace_set), key.labels));
      }
    }
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

using Sums = std::array<double, model::DailyPod::kNumberCount>;

void AddRowTo(const LabelledDay& day, size_t row, Sums& sums) {
  for (size_t at = 0; at < sums.size(); ++at) sums[at] += day.block.numbers[at].values[row];
}

/// Checks the answer: every copy is counted.
void Account(benchmark::State& state, const LabelledDay& day, const std::vector<Sums>& groups) {
  double total = 0;
  for (const auto& sums : groups) total += sums[0];
  const auto copies = static_cast<double>(day.block.rows * state.range(1) * state.range(2));
  if (total != 1.25 * copies) state.SkipWithError("rows got lost");
  state.counters["rows_out"] = static_cast<double>(groups.size());
  state.SetItemsProcessed(state.iterations() * day.block.rows);
}

/// As the rules are written: every row over the label sets, a look-up and ten numbers for each
/// copy.
void LabelSetsForEachRow(benchmark::State& state) {
  LabelledDay day(state);
  GroupTable table;
  std::vector<Sums> groups;
  for (auto _ : state) {
    table.Clear();
    groups.clear();
    for (size_t row = 0; row < day.values.size(); ++row) {
      const WideKey key = day.BaseKey(row);
      day.ForEachCopy(key, [&](LabelSetId labels) {
        const uint32_t number = table.FindOrAdd(GroupKey(key.namespace_id, key.node_id, labels));
        if (number == groups.size()) groups.emplace_back();
        AddRowTo(day, row, groups[number]);
      });
    }
    benchmark::DoNotOptimize(groups.data());
  }
  Account(state, day, groups);
}

/// One look-up a row, by the pod's own map, that gives the list of groups its copies go to.
void ListsOfTargets(benchmark::State& state) {
  LabelledDay day(state);
  GroupTable base, table;
  std::vector<std::pair<uint32_t, uint32_t>> spans;  // Of `targets`, by base group.
  std::vector<uint32_t> targets;
  std::vector<Sums> groups;
  for (auto _ : state) {
    base.Clear();
    table.Clear();
    spans.clear();
    targets.clear();
    groups.clear();
    for (size_t row = 0; row < day.values.size(); ++row) {
      const WideKey key = day.BaseKey(row);
      const uint32_t number = base.FindOrAdd(Packed(key));
      if (number == spans.size()) {
        const auto first = static_cast<uint32_t>(targets.size());
        day.ForEachCopy(key, [&](LabelSetId labels) {
          targets.push_back(table.FindOrAdd(GroupKey(key.namespace_id, key.node_id, labels)));
          if (targets.back() == groups.size()) groups.emplace_back();
        });
        spans.emplace_back(first, targets.size());
      }
      for (uint32_t at = spans[number].first; at < spans[number].second; ++at)
        AddRowTo(day, row, groups[targets[at]]);
    }
    benchmark::DoNotOptimize(groups.data());
  }
  Account(state, day, groups);
}

/// As it is done: rows by the pod's own map first, then the sums over the label sets.
void SumsThenLabelSets(benchmark::State& state) {
  LabelledDay day(state);
  GroupTable base, table;
  std::vector<std::pair<WideKey, Sums>> own;
  std::vector<Sums> groups;
  for (auto _ : state) {
    base.Clear();
    table.Clear();
    own.clear();
    groups.clear();
    for (size_t row = 0; row < day.values.size(); ++row) {
      const WideKey key = day.BaseKey(row);
      const uint32_t number = base.FindOrAdd(Packed(key));
      if (number == own.size()) own.push_back({key, {}});
      AddRowTo(day, row, own[number].second);
    }
    for (const auto& [key, sums] : own) {
      day.ForEachCopy(key, [&, &from = sums, &of = key](LabelSetId labels) {
        const uint32_t number = table.FindOrAdd(GroupKey(of.namespace_id, of.node_id, labels));
        if (number == groups.size()) groups.emplace_back();
        for (size_t at = 0; at < from.size(); ++at) groups[number][at] += from[at];
      });
    }
    benchmark::DoNotOptimize(groups.data());
  }
  Account(state, day, groups);
}

/// All of PodAggregator: the above, with NULLs, maxima, categories, audit, and the finished rows.
void WholeAggregator(benchmark::State& state) {
  LabelledDay day(state);
  PodAggregator pods(model::Semantics::kTrino);
  VolumeMounts mounts;
  BadRows bad_rows;
  std::vector<model::SummaryRow> rows;
  model::Audit audit;
  for (auto _ : state) {
    pods.Clear();
    rows.clear();
    pods.Add(day.block, day.codes, 0, day.block.rows, day.vocabulary, mounts, {}, bad_rows);
    pods.Finish(day.node_labels, day.namespace_labels, day.vocabulary, rows, audit);
    for (auto& row : rows) pods.Complete(day.capacity, day.vocabulary, row);
    benchmark::DoNotOptimize(rows.data());
  }
  state.counters["rows_out"] = static_cast<double>(rows.size());
  state.SetItemsProcessed(state.iterations() * day.block.rows);
}

void LabelSets(benchmark::internal::Benchmark* benchmark) {
  for (const int64_t groups : {17'000, 1'600}) {
    benchmark->Args({groups, 1, 1})->Args({groups, 2, 1})->Args({groups, 2, 2});
  }
  benchmark->ComputeStatistics("min", Smallest);
}

BENCHMARK(LabelSetsForEachRow)->Apply(LabelSets);
BENCHMARK(ListsOfTargets)->Apply(LabelSets);
BENCHMARK(SumsThenLabelSets)->Apply(LabelSets);
BENCHMARK(WholeAggregator)->Apply(LabelSets);

}  // namespace
}  // namespace matome::aggregate
