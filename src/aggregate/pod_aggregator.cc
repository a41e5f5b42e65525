// SPDX-License-Identifier: Apache-2.0
#include "aggregate/pod_aggregator.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "aggregate/audit.h"
#include "aggregate/sql_semantics.h"
#include "model/units.h"

namespace matome::aggregate {
namespace {

using model::AuditCause;
using model::DailyPod;
using model::LabelSetId;
using model::Name;
using model::Number;

constexpr uint16_t kAllPresent = (1U << DailyPod::kNumberCount) - 1;
constexpr uint32_t kSumsPresent = (1U << (DailyPod::kLimitMemory + 1)) - 1;

constexpr uint64_t kCountsNowhere = 0;  // No group has this key.
constexpr size_t kAhead = 12;           // Rows for which memory is asked in advance.
constexpr size_t kStride = 16;

/// Instead of a label set: more than one is laid under a group.
constexpr LabelSetId kSeveralOverlays = labels::LabelStore::kFirstBad;

/// What is laid under the labels of the pods of a node and namespace, where that is one label set.
LabelSetId OnlyOverlay(std::span<const LabelSetId> node_sets,
                       std::span<const LabelSetId> namespace_sets, labels::LabelStore& store) {
  if (node_sets.size() > 1 || namespace_sets.size() > 1) return kSeveralOverlays;
  LabelSetId only = model::kEmptyLabelSet;
  ForEachOverlay(node_sets, namespace_sets, store, [&](LabelSetId overlay) { only = overlay; });
  return only;
}

bool HasNulls(const batch::Block& block) {
  return std::any_of(block.numbers.begin(), block.numbers.end(),
                     [](const batch::NumberView& view) { return view.valid != nullptr; });
}

std::optional<double> ValueAt(const batch::NumberView& view, int64_t row) {
  return view.has(row) ? std::optional(view.values[row]) : std::nullopt;
}

}  // namespace

void PodCodes::Reset(const Vocabulary& vocabulary) {
  for (CodeMap* map : {&namespaces, &nodes, &pods, &resource_ids}) map->Reset(base::kNullText);
  labels.Reset(vocabulary.labels.FromNull());
}

void PodCodes::Extend(const batch::Block& block, Vocabulary& vocabulary) {
  const auto intern = [&](CodeMap& map, DailyPod::Text column, base::Interner& interner) {
    map.Extend(block.texts[column], interner);
  };
  intern(namespaces, DailyPod::kNamespace, vocabulary.names(Name::kNamespace));
  intern(nodes, DailyPod::kNode, vocabulary.names(Name::kNode));
  intern(resource_ids, DailyPod::kResourceId, vocabulary.names(Name::kResourceId));
  pods.Extend(block.texts[DailyPod::kPod],
              [&](std::span<const std::string_view> texts, base::TextId* ids) {
                vocabulary.storage_pods.FindAll(texts, ids);
              });
  labels.Extend(block.texts[DailyPod::kPodLabels],
                [&](std::span<const std::string_view> texts, model::LabelSetId* ids) {
                  vocabulary.labels.FromTexts(texts, ids);
                });
}

void PodAggregator::Add(const batch::Block& block, const PodCodes& codes, int64_t first,
                        int64_t last, const Vocabulary& vocabulary, VolumeMounts& mounts,
                        const RowOrigin& origin, BadRows& bad_rows) {
  const bool has_nulls = HasNulls(block);
  std::array<const double*, DailyPod::kNumberCount> numbers;
  for (size_t at = 0; at < numbers.size(); ++at) numbers[at] = block.numbers[at].values;
  const base::TextId empty_node = vocabulary.names(Name::kNode).Find("");
  const auto column = [&](DailyPod::Text text) { return block.texts[text].codes; };
  const batch::Code* const namespace_codes = column(DailyPod::kNamespace);
  const batch::Code* const node_codes = column(DailyPod::kNode);
  const batch::Code* const pod_codes = column(DailyPod::kPod);
  const batch::Code* const label_codes = column(DailyPod::kPodLabels);
  const batch::Code* const resource_codes = column(DailyPod::kResourceId);
  const auto rows = static_cast<size_t>(last - first);
  keys_.resize(rows);
  numbers_.resize(rows);
  for (int64_t row = first; row < last; ++row) {
    uint64_t& key = keys_[static_cast<size_t>(row - first)];
    key = kCountsNowhere;
    const base::TextId namespace_id = codes.namespaces[namespace_codes[row]];
    const base::TextId node = codes.nodes[node_codes[row]];
    const bool counts = node != base::kNullText && node != empty_node;
    const LabelSetId labels = codes.labels[label_codes[row]];
    // A row without a node needs no labels; one whose labels are bad does not even mount its
    // volumes.
    if (counts && labels::LabelStore::IsBad(labels)) {
      bad_rows.AddLabelText(origin, row, "pod_labels", vocabulary.labels.bad_text(labels));
      continue;
    }
    if (const base::TextId pod = codes.pods[pod_codes[row]]; pod != base::kNullText) {
      mounts.See(namespace_id, pod, {node, codes.resource_ids[resource_codes[row]]});
    }
    if (counts) key = GroupKey(namespace_id, node, labels);
  }
  FindGroups();
  for (size_t at = 0; at < rows; ++at) {
    if (at + kAhead < rows) {
      const auto* ahead = reinterpret_cast<const char*>(groups_.data() + numbers_[at + kAhead]);
      __builtin_prefetch(ahead, 1);
      __builtin_prefetch(ahead + 64, 1);
    }
    if (keys_[at] == kCountsNowhere) continue;
    const int64_t row = first + static_cast<int64_t>(at);
    Group& group = groups_[numbers_[at]];
    if (has_nulls) {
      AddRowWithNulls(block, row, group);
    } else {
      AddRow(numbers, row, group);
    }
    const base::TextId resource_id = codes.resource_ids[resource_codes[row]];
    if (resource_id != group.resource_id)
      RaiseResourceId(resource_id, vocabulary, group.resource_id);
    ++group.row_count;
    ++row_count_;
  }
}

void PodAggregator::FindGroups() {
  // Files are sorted, so the pods of a group often follow each other.
  uint64_t latest_key = kCountsNowhere;
  uint32_t number = 0;
  for (size_t at = 0; at < keys_.size(); ++at) {
    if (at + kAhead < keys_.size()) table_.Prefetch(keys_[at + kAhead]);
    const uint64_t key = keys_[at];
    if (key != latest_key && key != kCountsNowhere) {
      latest_key = key;
      number = table_.FindOrAdd(key);
      if (number == groups_.size()) {
        Group& added = groups_.emplace_back();
        added.namespace_id = NamespaceOf(key);
        added.node_id = NodeOf(key);
        added.labels = LabelSetOf(key);
      }
    }
    numbers_[at] = number;
  }
}

void PodAggregator::AddRow(std::span<const double* const> numbers, int64_t row,
                           Group& group) const {
  for (size_t sum = 0; sum < kSums; ++sum) group.sums[sum] += numbers[sum][row];
  const double cores = numbers[DailyPod::kCapacityCpuCores][row];
  const double memory = numbers[DailyPod::kCapacityMemoryBytes][row];
  const auto raise = [&](DailyPod::Number number, double value, double& current) {
    if ((group.present >> number & 1) == 0 || IsGreater(value, current, semantics_))
      current = value;
  };
  raise(DailyPod::kCapacityCpuCores, cores, group.capacity_cpu_cores);
  raise(DailyPod::kCapacityMemoryBytes, memory, group.capacity_memory_bytes);
  group.present = kAllPresent;
}

void PodAggregator::AddRowWithNulls(const batch::Block& block, int64_t row, Group& group) const {
  const auto value_of = [&](size_t number) { return ValueAt(block.numbers[number], row); };
  const auto mark = [&](size_t number) {
    group.present = static_cast<uint16_t>(group.present | 1U << number);
  };
  for (size_t sum = 0; sum < kSums; ++sum) {
    std::optional<double> value = value_of(sum);
    if (!value && sum == DailyPod::kEffectiveCpu) {
      value = Greatest(value_of(DailyPod::kUsageCpu), value_of(DailyPod::kRequestCpu), semantics_);
    } else if (!value && sum == DailyPod::kEffectiveMemory) {
      value = Greatest(value_of(DailyPod::kUsageMemory), value_of(DailyPod::kRequestMemory),
                       semantics_);
    }
    if (!value) continue;
    group.sums[sum] += *value;
    mark(sum);
  }
  const auto raise = [&](DailyPod::Number number, double& current) {
    const std::optional<double> value = value_of(number);
    if (!value) return;
    if ((group.present >> number & 1) == 0 || IsGreater(*value, current, semantics_))
      current = *value;
    mark(number);
  };
  raise(DailyPod::kCapacityCpuCores, group.capacity_cpu_cores);
  raise(DailyPod::kCapacityMemoryBytes, group.capacity_memory_bytes);
}

void PodAggregator::RaiseResourceId(base::TextId resource_id, const Vocabulary& vocabulary,
                                    base::TextId& largest) {
  if (resource_id == base::kNullText || resource_id == largest) return;
  const auto& texts = vocabulary.names(Name::kResourceId);
  if (largest == base::kNullText ||
      vocabulary.IsGreater(texts.text(resource_id), texts.text(largest)))
    largest = resource_id;
}

void PodAggregator::AddCopies(const Group& from, int copies, const Vocabulary& vocabulary,
                              model::SummaryRow& into) const {
  // What is absent is zero here, so it may be added.
  for (size_t sum = 0; sum < kSums; ++sum) into.numbers[sum] += from.sums[sum] * copies;
  const auto raise = [&](DailyPod::Number number, double value, Number column) {
    if ((from.present >> number & 1) == 0) return;
    if (!into.has(column) || IsGreater(value, into.number(column), semantics_))
      into.set(column, value);
  };
  raise(DailyPod::kCapacityCpuCores, from.capacity_cpu_cores, Number::kNodeCapacityCpuCores);
  raise(DailyPod::kCapacityMemoryBytes, from.capacity_memory_bytes,
        Number::kNodeCapacityMemoryGigabytes);
  into.present |= from.present & kSumsPresent;
  RaiseResourceId(from.resource_id, vocabulary, into.name(Name::kResourceId));
}

void PodAggregator::CountAudit(const Group& group, std::span<const LabelSetId> node_sets,
                               std::span<const LabelSetId> namespace_sets, size_t patterns,
                               const Vocabulary& vocabulary, model::Audit& audit) const {
  const double core_hours = model::CoreHours(group.sums[DailyPod::kUsageCpu]);
  const auto count = [&](AuditCause cause, size_t times, Name owner_column, uint32_t owner) {
    if (times < 2) return;
    auto& entry = audit[static_cast<size_t>(cause)];
    entry.input_rows += group.row_count;
    entry.extra_core_hours += core_hours * static_cast<double>(times - 1);
    AddExample(entry, [&] {
      return fmt::format("{} {} × {}", model::NameName(owner_column),
                         vocabulary.names(owner_column).text(owner), times);
    });
  };
  count(AuditCause::kNodeLabelSets, node_sets.size(), Name::kNode, group.node_id);
  count(AuditCause::kNamespaceLabelSets, namespace_sets.size(), Name::kNamespace,
        group.namespace_id);
  count(AuditCause::kSeveralPatterns, patterns, Name::kNamespace, group.namespace_id);
  if (HasNullAndEmpty(node_sets))
    count(AuditCause::kNullAndEmptyLabels, 2, Name::kNode, group.node_id);
  if (HasNullAndEmpty(namespace_sets)) {
    count(AuditCause::kNullAndEmptyLabels, 2, Name::kNamespace, group.namespace_id);
  }
}

void PodAggregator::Finish(const OwnerLabels& node_labels, const OwnerLabels& namespace_labels,
                           Vocabulary& vocabulary, std::vector<model::SummaryRow>& rows,
                           model::Audit& audit) {
  const auto& namespaces = vocabulary.names(Name::kNamespace);
  first_row_ = rows.size();
  rows.reserve(rows.size() + groups_.size());
  std::vector<Overlay> overlays;
  // What is laid under each group of a stride, if it is one thing; then the labels that result.
  std::array<LabelSetId, kStride> labels;
  for (size_t first = 0; first < groups_.size(); first += kStride) {
    const std::span<const Group> stride(groups_.data() + first,
                                        std::min(kStride, groups_.size() - first));
    for (size_t at = 0; at < stride.size(); ++at) {
      labels[at] = OnlyOverlay(node_labels.Of(stride[at].node_id),
                               namespace_labels.Of(stride[at].namespace_id), vocabulary.labels);
      vocabulary.labels.PrefetchMerge(labels[at], stride[at].labels);
    }
    for (size_t at = 0; at < stride.size(); ++at) {
      const Group& group = stride[at];
      if (labels[at] == kSeveralOverlays) continue;
      labels[at] = vocabulary.labels.Merge(labels[at], group.labels);
      output_table_.Prefetch(GroupKey(group.namespace_id, group.node_id, labels[at]));
    }
    for (size_t at = 0; at < stride.size(); ++at) {
      const Group& group = stride[at];
      const auto node_sets = node_labels.Of(group.node_id);
      const auto namespace_sets = namespace_labels.Of(group.namespace_id);
      const size_t patterns = vocabulary.categories.Match(group.namespace_id, namespaces).count();
      if (labels[at] == kSeveralOverlays || patterns > 1) {
        Spread(group, node_sets, namespace_sets, patterns, vocabulary, overlays, rows, audit);
      } else {
        AddCopies(group, 1, vocabulary, FindOrAddRow(group, labels[at], 0, rows));
      }
    }
  }
  for (const uint16_t causes : causes_) CountGroups(causes, audit);
}

void PodAggregator::Spread(const Group& group, std::span<const LabelSetId> node_sets,
                           std::span<const LabelSetId> namespace_sets, size_t patterns,
                           Vocabulary& vocabulary, std::vector<Overlay>& overlays,
                           std::vector<model::SummaryRow>& rows, model::Audit& audit) {
  CountAudit(group, node_sets, namespace_sets, patterns, vocabulary, audit);
  const uint16_t causes = CausesOf(node_sets, namespace_sets, patterns);
  overlays.clear();
  ForEachOverlay(node_sets, namespace_sets, vocabulary.labels, [&](LabelSetId overlay) {
    const LabelSetId labels = vocabulary.labels.Merge(overlay, group.labels);
    const auto same = std::find_if(overlays.begin(), overlays.end(),
                                   [&](const Overlay& known) { return known.labels == labels; });
    if (same == overlays.end()) {
      overlays.push_back({labels, 1});
    } else {
      ++same->copies;
    }
  });
  for (const Overlay& overlay : overlays) {
    const int copies = overlay.copies * static_cast<int>(std::max<size_t>(patterns, 1));
    AddCopies(group, copies, vocabulary, FindOrAddRow(group, overlay.labels, causes, rows));
  }
}

model::SummaryRow& PodAggregator::FindOrAddRow(const Group& group, LabelSetId labels,
                                               uint16_t causes,
                                               std::vector<model::SummaryRow>& rows) {
  const uint32_t number =
      output_table_.FindOrAdd(GroupKey(group.namespace_id, group.node_id, labels));
  if (number < causes_.size()) {
    causes_[number] |= causes;
    return rows[first_row_ + number];
  }
  causes_.push_back(causes);
  model::SummaryRow& row = rows.emplace_back();
  row.kind = model::RowKind::kPod;
  row.name(Name::kNamespace) = group.namespace_id;
  row.name(Name::kNode) = group.node_id;
  row.label(model::Labels::kPodLabels) = labels;
  row.label(model::Labels::kAllLabels) =
      labels == model::kNullLabelSet ? model::kEmptyLabelSet : labels;
  return row;
}

void PodAggregator::Complete(const CapacityAggregator& capacity, Vocabulary& vocabulary,
                             model::SummaryRow& row) const {
  const auto& match =
      vocabulary.categories.Match(row.name(Name::kNamespace), vocabulary.names(Name::kNamespace));
  row.has_cost_category = match.count() > 0;
  row.cost_category_id = match.largest;
  // The sums stand in the same order in the report and in the summary: four of cpu, four of memory.
  // What is absent is zero and stays it.
  for (size_t sum = 0; sum < DailyPod::kUsageMemory; ++sum)
    row.numbers[sum] = model::CoreHours(row.numbers[sum]);
  for (size_t sum = DailyPod::kUsageMemory; sum < kSums; ++sum)
    row.numbers[sum] = model::GigabyteHours(row.numbers[sum]);
  if (row.has(Number::kNodeCapacityMemoryGigabytes)) {
    row.set(Number::kNodeCapacityMemoryGigabytes,
            model::Gigabytes(row.number(Number::kNodeCapacityMemoryGigabytes)));
  }
  const Capacity node = capacity.OfNode(row.name(Name::kNode));
  const Capacity& cluster = capacity.OfCluster();
  const auto set = [&](Number number, std::optional<double> stored, double (*convert)(double)) {
    if (!stored && semantics_ == model::Semantics::kKokuPostgresql) stored = 0.0;
    if (stored) row.set(number, convert(*stored));
  };
  set(Number::kNodeCapacityCpuCoreHours, node.cpu_core_seconds, model::CoreHours);
  set(Number::kNodeCapacityMemoryGigabyteHours, node.memory_byte_seconds, model::GigabyteHours);
  set(Number::kClusterCapacityCpuCoreHours, cluster.cpu_core_seconds, model::CoreHours);
  set(Number::kClusterCapacityMemoryGigabyteHours, cluster.memory_byte_seconds,
      model::GigabyteHours);
}

void PodAggregator::Clear() {
  table_.Clear();
  groups_.clear();
  output_table_.Clear();
  causes_.clear();
  row_count_ = 0;
}

size_t PodAggregator::allocated_bytes() const {
  return table_.allocated_bytes() + output_table_.allocated_bytes() +
         groups_.capacity() * sizeof(Group) + causes_.capacity() * sizeof(uint16_t) +
         keys_.capacity() * sizeof(uint64_t) + numbers_.capacity() * sizeof(uint32_t);
}

}  // namespace matome::aggregate
