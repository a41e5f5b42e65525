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
    map.Extend(block.texts[column], [&](std::string_view text) { return interner.Intern(text); });
  };
  intern(namespaces, DailyPod::kNamespace, vocabulary.names(Name::kNamespace));
  intern(nodes, DailyPod::kNode, vocabulary.names(Name::kNode));
  intern(resource_ids, DailyPod::kResourceId, vocabulary.names(Name::kResourceId));
  pods.Extend(block.texts[DailyPod::kPod],
              [&](std::string_view text) { return vocabulary.storage_pods.Find(text); });
  labels.Extend(block.texts[DailyPod::kPodLabels],
                [&](std::string_view text) { return vocabulary.labels.FromText(text); });
}

void PodAggregator::Add(const batch::Block& block, const PodCodes& codes, int64_t first,
                        int64_t last, const Vocabulary& vocabulary, VolumeMounts& mounts,
                        const RowOrigin& origin, BadRows& bad_rows) {
  const bool has_nulls = HasNulls(block);
  std::array<const double*, DailyPod::kNumberCount> numbers;
  for (size_t at = 0; at < numbers.size(); ++at) numbers[at] = block.numbers[at].values;
  const auto& resource_ids = vocabulary.names(Name::kResourceId);
  const base::TextId empty_node = vocabulary.names(Name::kNode).Find("");
  const auto column = [&](DailyPod::Text text) { return block.texts[text].codes; };
  const batch::Code* const namespace_codes = column(DailyPod::kNamespace);
  const batch::Code* const node_codes = column(DailyPod::kNode);
  const batch::Code* const pod_codes = column(DailyPod::kPod);
  const batch::Code* const label_codes = column(DailyPod::kPodLabels);
  const batch::Code* const resource_codes = column(DailyPod::kResourceId);
  // Files are sorted, so the pods of a group often follow each other.
  uint64_t latest_key = 0;
  uint32_t number = 0;
  for (int64_t row = first; row < last; ++row) {
    const base::TextId namespace_id = codes.namespaces[namespace_codes[row]];
    const base::TextId node = codes.nodes[node_codes[row]];
    const base::TextId resource_id = codes.resource_ids[resource_codes[row]];
    const bool counts = node != base::kNullText && node != empty_node;
    const LabelSetId labels = codes.labels[label_codes[row]];
    // A row without a node needs no labels; one whose labels are bad does not even mount its
    // volumes.
    if (counts && labels::LabelStore::IsBad(labels)) {
      bad_rows.AddLabelText(origin, row, "pod_labels", vocabulary.labels.bad_text(labels));
      continue;
    }
    if (const base::TextId pod = codes.pods[pod_codes[row]]; pod != base::kNullText) {
      mounts.See(namespace_id, pod, {node, resource_id});
    }
    if (!counts) continue;
    const uint64_t key = GroupKey(namespace_id, node, labels);
    if (key != latest_key) {
      latest_key = key;
      number = table_.FindOrAdd(key);
      if (number == groups_.size()) {
        Group& added = groups_.emplace_back();
        added.namespace_id = namespace_id;
        added.node_id = node;
        added.labels = labels;
      }
    }
    Group& group = groups_[number];
    if (has_nulls) {
      AddRowWithNulls(block, row, group);
    } else {
      AddRow(numbers, row, group);
    }
    if (resource_id != group.resource_id) RaiseResourceId(resource_id, resource_ids, group);
    ++group.row_count;
    ++row_count_;
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

void PodAggregator::RaiseResourceId(base::TextId resource_id, const base::Interner& texts,
                                    Group& group) const {
  if (resource_id == base::kNullText) return;
  if (group.resource_id == base::kNullText ||
      texts.text(resource_id) > texts.text(group.resource_id)) {
    group.resource_id = resource_id;
  }
}

void PodAggregator::AddCopies(const Group& from, int copies, const base::Interner& resource_ids,
                              Group& into) const {
  for (size_t sum = 0; sum < kSums; ++sum) {
    if ((from.present >> sum & 1) != 0) into.sums[sum] += from.sums[sum] * copies;
  }
  const auto raise = [&](DailyPod::Number number, double value, double& current) {
    if ((from.present >> number & 1) == 0) return;
    if ((into.present >> number & 1) == 0 || IsGreater(value, current, semantics_)) current = value;
  };
  raise(DailyPod::kCapacityCpuCores, from.capacity_cpu_cores, into.capacity_cpu_cores);
  raise(DailyPod::kCapacityMemoryBytes, from.capacity_memory_bytes, into.capacity_memory_bytes);
  into.present |= from.present;
  into.causes |= from.causes;
  RaiseResourceId(from.resource_id, resource_ids, into);
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

void PodAggregator::Finish(const CapacityAggregator& capacity, const OwnerLabels& node_labels,
                           const OwnerLabels& namespace_labels, Vocabulary& vocabulary,
                           std::vector<model::SummaryRow>& rows, model::Audit& audit) {
  const auto& namespaces = vocabulary.names(Name::kNamespace);
  const auto& resource_ids = vocabulary.names(Name::kResourceId);
  std::vector<Overlay> overlays;
  rows.reserve(rows.size() + groups_.size());
  for (Group& group : groups_) {
    const auto node_sets = node_labels.Of(group.node_id);
    const auto namespace_sets = namespace_labels.Of(group.namespace_id);
    const size_t patterns = vocabulary.categories.Match(group.namespace_id, namespaces).count();
    const bool once = node_sets.size() < 2 && namespace_sets.size() < 2;
    if (!once || patterns > 1) {
      group.causes = CausesOf(node_sets, namespace_sets, patterns);
      CountAudit(group, node_sets, namespace_sets, patterns, vocabulary, audit);
    }
    if (once && patterns < 2 && LaysNothingOver(node_sets, namespace_sets)) {
      // Nothing is laid over the pods' own labels, here and for the other groups of this node and
      // namespace: so the group is a row of its own.
      FillRow(group, capacity, vocabulary, rows.emplace_back());
      continue;
    }
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
      const uint32_t number =
          output_table_.FindOrAdd(GroupKey(group.namespace_id, group.node_id, overlay.labels));
      if (number == output_.size()) {
        Group& added = output_.emplace_back();
        added.namespace_id = group.namespace_id;
        added.node_id = group.node_id;
        added.labels = overlay.labels;
      }
      AddCopies(group, copies, resource_ids, output_[number]);
    }
  }
  for (const Group& group : output_) {
    FillRow(group, capacity, vocabulary, rows.emplace_back());
    CountGroups(group.causes, audit);
  }
}

void PodAggregator::FillRow(const Group& group, const CapacityAggregator& capacity,
                            Vocabulary& vocabulary, model::SummaryRow& row) const {
  row.kind = model::RowKind::kPod;
  row.name(Name::kNamespace) = group.namespace_id;
  row.name(Name::kNode) = group.node_id;
  row.name(Name::kResourceId) = group.resource_id;
  row.label(model::Labels::kPodLabels) = group.labels;
  row.label(model::Labels::kAllLabels) =
      group.labels == model::kNullLabelSet ? model::kEmptyLabelSet : group.labels;
  const auto& match =
      vocabulary.categories.Match(group.namespace_id, vocabulary.names(Name::kNamespace));
  row.has_cost_category = match.count() > 0;
  row.cost_category_id = match.largest;

  // The sums stand in the same order in the report and in the summary: four of cpu, four of memory.
  for (size_t sum = 0; sum < kSums; ++sum) {
    if ((group.present >> sum & 1) == 0) continue;
    const double total = group.sums[sum];
    row.set(static_cast<Number>(sum),
            sum < DailyPod::kUsageMemory ? model::CoreHours(total) : model::GigabyteHours(total));
  }
  if ((group.present >> DailyPod::kCapacityCpuCores & 1) != 0) {
    row.set(Number::kNodeCapacityCpuCores, group.capacity_cpu_cores);
  }
  if ((group.present >> DailyPod::kCapacityMemoryBytes & 1) != 0) {
    row.set(Number::kNodeCapacityMemoryGigabytes, model::Gigabytes(group.capacity_memory_bytes));
  }
  const Capacity node = capacity.OfNode(group.node_id);
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
  output_.clear();
  row_count_ = 0;
}

size_t PodAggregator::allocated_bytes() const {
  return table_.allocated_bytes() + output_table_.allocated_bytes() +
         (groups_.capacity() + output_.capacity()) * sizeof(Group);
}

}  // namespace matome::aggregate
