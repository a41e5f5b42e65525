// SPDX-License-Identifier: Apache-2.0
#include "testing/naive_summary.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "testing/naive_aggregates_internal.h"
#include "testing/naive_labels.h"
#include "testing/naive_text.h"

namespace matome::testing {
namespace {

using Text = std::optional<std::string>;
using Number = std::optional<double>;
using LabelSet = std::set<std::optional<NaiveLabelMap>>;
using Category = std::optional<int32_t>;

constexpr double kSecondsPerHour = 3600.0;
constexpr double kSecondsPerDay = 86400.0;
constexpr double kGigabytesPerByte = 1.0 / 1073741824.0;
constexpr size_t kNameLimit = 253;
constexpr size_t kClusterIdLimit = 50;
constexpr size_t kClusterAliasLimit = 256;

Number Divided(Number value, double divisor) {
  return value.has_value() ? Number(*value / divisor) : std::nullopt;
}

Number Gigabytes(Number bytes) {
  return bytes.has_value() ? Number(*bytes * kGigabytesPerByte) : std::nullopt;
}

Number Minus(Number left, Number right) {
  return left.has_value() && right.has_value() ? Number(*left - *right) : std::nullopt;
}

struct PodGroup {
  Text resource_id;
  Category cost_category_id;
  std::array<Sum, kPodLimitMemoryGigabyteHours + 1> sums;
  Max node_capacity_cpu_cores;
  Max node_capacity_memory_bytes;
};

struct StorageGroup {
  Category cost_category_id;
  Max capacity_bytes;
  Sum capacity_byte_seconds;
  Sum request_byte_seconds;
  Sum usage_byte_seconds;
};

struct UnallocatedGroup {
  Text role;
  Text resource_id;
  std::array<Sum, kPodLimitMemoryGigabyteHours + 1> sums;
  std::array<Max, kNumberColumns> maxima;
};

/// A pod seen on a node with a volume: an element of VN (semantics §5.5.1), less its day.
struct VolumeNode {
  Text persistentvolumeclaim;
  Text persistentvolume;
  Text pod;
  Text namespace_;
  Text node;
  Text resource_id;
  auto operator<=>(const VolumeNode&) const = default;
};

bool Joins(const Text& left, const Text& right) { return left.has_value() && left == right; }

class DaySummary {
 public:
  DaySummary(const Dataset& dataset, const SummaryParameters& parameters, int64_t day,
             BadRows bad_rows)
      : dataset_(dataset),
        parameters_(parameters),
        bad_rows_(bad_rows),
        semantics_(parameters.semantics),
        postgresql_(parameters.semantics == Semantics::kKokuPostgresql),
        day_(day),
        allowed_keys_(NaiveAllowedKeys(parameters.enabled_keys, parameters.semantics)) {}

  NaiveDay Finish() {
    ReadLabelSets(dataset_.node_labels, &node_label_sets_);
    ReadLabelSets(dataset_.namespace_labels, &namespace_label_sets_);
    ReadCapacity();
    AddPodRows();
    const std::vector<ExpectedRow> pod_rows = rows_;
    if (parameters_.storage_exists) {
      AddStorageRows();
    }
    AddUnallocatedRows(pod_rows);
    FitRows();
    if (!rows_.empty()) {
      Fit(parameters_.cluster_id, kClusterIdLimit, "cluster_id");
      Fit(parameters_.cluster_alias.value_or(""), kClusterAliasLimit, "cluster_alias");
    }
    if (error_.has_value()) {
      return {{}, error_};
    }
    return {std::move(rows_), std::nullopt};
  }

 private:
  void Fail(std::string reason) {
    if (!error_.has_value()) {
      error_ = std::move(reason);
    }
  }

  /// A row that cannot be written: the day fails, or goes without it.
  void FailRow(std::string reason) {
    if (bad_rows_ == BadRows::kLeftOut) {
      row_is_bad_ = true;
    } else {
      Fail(std::move(reason));
    }
  }

  void AddRow(ExpectedRow row) {
    unwritable_.push_back(std::exchange(row_is_bad_, false));
    rows_.push_back(std::move(row));
  }

  void FitRows() {
    std::vector<ExpectedRow> fitting;
    for (size_t index = 0; index < rows_.size(); ++index) {
      row_is_bad_ = unwritable_[index];
      FitColumns(&rows_[index]);
      if (!row_is_bad_) {
        fitting.push_back(std::move(rows_[index]));
      }
    }
    rows_ = std::move(fitting);
  }

  bool IsToday(std::optional<int64_t> interval_start_ms) const {
    return DayOf(interval_start_ms) == day_;
  }

  std::optional<NaiveLabelMap> Labels(const Text& text) {
    const NaiveLabels labels = NaiveParseLabels(text, semantics_);
    if (labels.error.has_value()) {
      Fail(fmt::format("label text {}: {}", text.value_or("NULL"), *labels.error));
    }
    return NaiveFilter(labels.map, allowed_keys_);
  }

  void ReadLabelSets(const std::vector<LabelRow>& rows, std::map<std::string, LabelSet>* sets) {
    for (const LabelRow& row : rows) {
      if (!IsToday(row.interval_start_ms)) {
        continue;
      }
      std::optional<NaiveLabelMap> labels = Labels(row.labels);
      if (row.key.has_value()) {
        (*sets)[*row.key].insert(std::move(labels));
      }
    }
  }

  /// The partners of a row; one NULL map stands for none. An absent map and a NULL one merge alike.
  static std::vector<NaiveLabelMap> Partners(const std::map<std::string, LabelSet>& sets,
                                             const Text& key) {
    std::vector<NaiveLabelMap> partners;
    const auto found = key.has_value() ? sets.find(*key) : sets.end();
    if (found == sets.end()) {
      return {NaiveLabelMap{}};
    }
    for (const std::optional<NaiveLabelMap>& labels : found->second) {
      partners.push_back(labels.value_or(NaiveLabelMap{}));
    }
    return partners;
  }

  std::vector<Category> Categories(const Text& name) const {
    std::vector<Category> categories;
    for (const CategoryPattern& category : parameters_.patterns) {
      if (name.has_value() && NaiveLike(*name, category.pattern, semantics_)) {
        categories.emplace_back(category.cost_category_id);
      }
    }
    if (categories.empty()) {
      categories.emplace_back(std::nullopt);
    }
    return categories;
  }

  void ReadCapacity() {
    std::map<std::pair<int64_t, Text>, std::pair<Max, Max>> per_hour;
    for (const PodRow& row : dataset_.pod_hourly) {
      if (IsToday(row.interval_start_ms)) {
        auto& [cpu, memory] = per_hour[{*row.interval_start_ms, row.node}];
        cpu.Add(row.node_capacity_cpu_core_seconds, semantics_);
        memory.Add(row.node_capacity_memory_byte_seconds, semantics_);
      }
    }
    for (const auto& [hour_and_node, capacity] : per_hour) {
      auto& [cpu, memory] = node_capacity_[hour_and_node.second];
      cpu.Add(capacity.first.largest());
      memory.Add(capacity.second.largest());
    }
    for (const auto& [node, capacity] : node_capacity_) {
      cluster_cpu_core_seconds_.Add(capacity.first.total());
      cluster_memory_byte_seconds_.Add(capacity.second.total());
    }
  }

  /// PostgreSQL's script reads a capacity it does not have as zero.
  Number KnownCapacity(Number capacity) const {
    return postgresql_ ? Number(capacity.value_or(0.0)) : capacity;
  }

  Number EffectiveUsage(Number effective, Number usage, Number request) const {
    if (effective.has_value()) {
      return effective;
    }
    if (usage.has_value() && request.has_value()) {
      return Larger(*usage, *request, semantics_);
    }
    if (!postgresql_) {
      return std::nullopt;
    }
    return usage.has_value() ? usage : request;
  }

  void AddToPodGroup(const PodRow& row, Category category, PodGroup* group) const {
    AddMax(row.resource_id, &group->resource_id);
    AddMax(category, &group->cost_category_id);
    auto& sums = group->sums;
    sums[kPodUsageCpuCoreHours].Add(row.pod_usage_cpu_core_seconds);
    sums[kPodRequestCpuCoreHours].Add(row.pod_request_cpu_core_seconds);
    sums[kPodEffectiveUsageCpuCoreHours].Add(
        EffectiveUsage(row.pod_effective_usage_cpu_core_seconds, row.pod_usage_cpu_core_seconds,
                       row.pod_request_cpu_core_seconds));
    sums[kPodLimitCpuCoreHours].Add(row.pod_limit_cpu_core_seconds);
    sums[kPodUsageMemoryGigabyteHours].Add(row.pod_usage_memory_byte_seconds);
    sums[kPodRequestMemoryGigabyteHours].Add(row.pod_request_memory_byte_seconds);
    sums[kPodEffectiveUsageMemoryGigabyteHours].Add(
        EffectiveUsage(row.pod_effective_usage_memory_byte_seconds,
                       row.pod_usage_memory_byte_seconds, row.pod_request_memory_byte_seconds));
    sums[kPodLimitMemoryGigabyteHours].Add(row.pod_limit_memory_byte_seconds);
    group->node_capacity_cpu_cores.Add(row.node_capacity_cpu_cores, semantics_);
    group->node_capacity_memory_bytes.Add(row.node_capacity_memory_bytes, semantics_);
  }

  void AddPodRows() {
    using Key = std::tuple<Text, Text, std::optional<NaiveLabelMap>>;
    std::map<Key, PodGroup> groups;
    for (const PodRow& row : dataset_.pod_daily) {
      if (!IsToday(row.interval_start_ms) || row.node.value_or("").empty()) {
        continue;
      }
      const std::optional<NaiveLabelMap> own = Labels(row.pod_labels);
      for (const NaiveLabelMap& of_node : Partners(node_label_sets_, row.node)) {
        for (const NaiveLabelMap& of_namespace : Partners(namespace_label_sets_, row.namespace_)) {
          for (const Category category : Categories(row.namespace_)) {
            const std::optional<NaiveLabelMap> merged = NaiveMerge({of_node, of_namespace, own});
            AddToPodGroup(row, category, &groups[{row.namespace_, row.node, merged}]);
          }
        }
      }
    }
    for (const auto& [key, group] : groups) {
      const auto& [name, node, labels] = key;
      AddPodRow(name, node, labels, group);
    }
  }

  void AddPodRow(const Text& name, const Text& node, const std::optional<NaiveLabelMap>& labels,
                 const PodGroup& group) {
    ExpectedRow row;
    row.kind = "pod";
    row.usage_start_day = day_;
    row.data_source = "Pod";
    row.namespace_ = name;
    row.node = node;
    row.resource_id = group.resource_id;
    row.pod_labels = LabelText(labels);
    row.all_labels = LabelText(labels.value_or(NaiveLabelMap{}));
    row.cost_category_id = group.cost_category_id;
    row.has_infrastructure_usage_cost = true;
    for (size_t column = kPodUsageCpuCoreHours; column <= kPodLimitCpuCoreHours; ++column) {
      row.numbers[column] = Divided(group.sums[column].total(), kSecondsPerHour);
    }
    for (size_t column = kPodUsageMemoryGigabyteHours; column <= kPodLimitMemoryGigabyteHours;
         ++column) {
      row.numbers[column] = Gigabytes(Divided(group.sums[column].total(), kSecondsPerHour));
    }
    const auto found = node_capacity_.find(node);
    const auto [cpu, memory] =
        found == node_capacity_.end() ? std::pair<Sum, Sum>{} : found->second;
    auto& numbers = row.numbers;
    numbers[kNodeCapacityCpuCores] = group.node_capacity_cpu_cores.largest();
    numbers[kNodeCapacityCpuCoreHours] = Divided(KnownCapacity(cpu.total()), kSecondsPerHour);
    numbers[kNodeCapacityMemoryGigabytes] = Gigabytes(group.node_capacity_memory_bytes.largest());
    numbers[kNodeCapacityMemoryGigabyteHours] =
        Gigabytes(Divided(KnownCapacity(memory.total()), kSecondsPerHour));
    numbers[kClusterCapacityCpuCoreHours] =
        Divided(KnownCapacity(cluster_cpu_core_seconds_.total()), kSecondsPerHour);
    numbers[kClusterCapacityMemoryGigabyteHours] =
        Gigabytes(Divided(KnownCapacity(cluster_memory_byte_seconds_.total()), kSecondsPerHour));
    AddRow(std::move(row));
  }

  std::set<VolumeNode> VolumeNodes() const {
    std::set<VolumeNode> volume_nodes;
    for (const StorageRow& storage : dataset_.storage) {
      for (const PodRow& pod : dataset_.pod_daily) {
        if (IsToday(storage.interval_start_ms) && IsToday(pod.interval_start_ms) &&
            Joins(storage.namespace_, pod.namespace_) && Joins(storage.pod, pod.pod)) {
          volume_nodes.insert({storage.persistentvolumeclaim, storage.persistentvolume, storage.pod,
                               storage.namespace_, pod.node, pod.resource_id});
        }
      }
    }
    return volume_nodes;
  }

  /// The number of nodes a volume's amounts are divided by; NULL makes them NULL.
  Number NodeCount(const std::set<VolumeNode>& volume_nodes, const Text& volume) const {
    bool known = false;
    std::set<std::string> nodes;
    for (const VolumeNode& volume_node : volume_nodes) {
      if (Joins(volume_node.persistentvolume, volume)) {
        known = true;
        if (volume_node.node.has_value()) {
          nodes.insert(*volume_node.node);
        }
      }
    }
    if (!known) {
      return postgresql_ ? Number(1.0) : std::nullopt;
    }
    return static_cast<double>(nodes.size());
  }

  void AddStorageRows() {
    using Key = std::tuple<Text, Text, Text, Text, Text, Text, Text, std::optional<NaiveLabelMap>>;
    std::map<Key, StorageGroup> groups;
    const std::set<VolumeNode> volume_nodes = VolumeNodes();
    for (const StorageRow& row : dataset_.storage) {
      if (!IsToday(row.interval_start_ms)) {
        continue;
      }
      const std::optional<NaiveLabelMap> of_volume = Labels(row.persistentvolume_labels);
      const std::optional<NaiveLabelMap> of_claim = Labels(row.persistentvolumeclaim_labels);
      std::vector<VolumeNode> placements;
      for (const VolumeNode& volume_node : volume_nodes) {
        if (Joins(row.persistentvolumeclaim, volume_node.persistentvolumeclaim) &&
            Joins(row.pod, volume_node.pod) && Joins(row.namespace_, volume_node.namespace_)) {
          placements.push_back(volume_node);
        }
      }
      if (placements.empty()) {
        placements.emplace_back();
      }
      for (const VolumeNode& placement : placements) {
        for (const NaiveLabelMap& of_node : Partners(node_label_sets_, placement.node)) {
          for (const NaiveLabelMap& of_namespace :
               Partners(namespace_label_sets_, row.namespace_)) {
            for (const Category category : Categories(row.namespace_)) {
              const std::optional<NaiveLabelMap> merged =
                  NaiveMerge({of_node, of_namespace, of_volume, of_claim});
              StorageGroup& group = groups[{row.namespace_, placement.node, placement.resource_id,
                                            row.persistentvolumeclaim, row.persistentvolume,
                                            row.storageclass, row.csi_volume_handle, merged}];
              AddMax(category, &group.cost_category_id);
              group.capacity_bytes.Add(row.persistentvolumeclaim_capacity_bytes, semantics_);
              group.capacity_byte_seconds.Add(row.persistentvolumeclaim_capacity_byte_seconds);
              group.request_byte_seconds.Add(row.volume_request_storage_byte_seconds);
              group.usage_byte_seconds.Add(row.persistentvolumeclaim_usage_byte_seconds);
            }
          }
        }
      }
    }
    for (const auto& [key, group] : groups) {
      ExpectedRow row;
      row.kind = "storage";
      row.usage_start_day = day_;
      row.data_source = "Storage";
      row.cost_category_id = group.cost_category_id;
      row.has_infrastructure_usage_cost = true;
      std::optional<NaiveLabelMap> labels;
      std::tie(row.namespace_, row.node, row.resource_id, row.persistentvolumeclaim,
               row.persistentvolume, row.storageclass, row.csi_volume_handle, labels) = key;
      row.volume_labels = LabelText(labels);
      row.all_labels = LabelText(labels.value_or(NaiveLabelMap{}));
      AddStorageNumbers(group, NodeCount(volume_nodes, row.persistentvolume), &row);
      AddRow(std::move(row));
    }
  }

  void AddStorageNumbers(const StorageGroup& group, Number node_count, ExpectedRow* row) {
    const double seconds = kSecondsPerDay * static_cast<double>(DaysInMonthOf(day_));
    const auto shared = [&](const Sum& sum) {
      const Number total = sum.total();
      if (postgresql_ && node_count == 0.0 && total.has_value()) {
        FailRow("division by zero nodes");
      }
      const Number share = node_count.has_value() ? Divided(total, *node_count) : std::nullopt;
      return Gigabytes(Divided(share, seconds));
    };
    row->numbers[kPersistentvolumeclaimCapacityGigabyte] =
        Gigabytes(group.capacity_bytes.largest());
    row->numbers[kPersistentvolumeclaimCapacityGigabyteMonths] =
        Gigabytes(Divided(group.capacity_byte_seconds.total(), seconds));
    row->numbers[kVolumeRequestStorageGigabyteMonths] = shared(group.request_byte_seconds);
    row->numbers[kPersistentvolumeclaimUsageGigabyteMonths] = shared(group.usage_byte_seconds);
  }

  Text Role(const Text& node, const Text& resource_id) const {
    Text role;
    for (const NodeRole& known : parameters_.nodes) {
      if (Joins(known.node, node) && Joins(known.resource_id, resource_id)) {
        AddMax(known.node_role, &role);
      }
    }
    return role;
  }

  void AddUnallocatedRows(const std::vector<ExpectedRow>& pod_rows) {
    static const std::set<std::string> kNotUsage = {"Platform unallocated", "Worker unallocated",
                                                    "Network unattributed", "Storage unattributed"};
    std::map<Text, UnallocatedGroup> groups;
    for (const ExpectedRow& row : pod_rows) {
      if (!row.namespace_.has_value() || kNotUsage.contains(*row.namespace_)) {
        continue;
      }
      UnallocatedGroup& group = groups[row.node];
      AddMax(Role(row.node, row.resource_id), &group.role);
      AddMax(row.resource_id, &group.resource_id);
      for (size_t column = 0; column < group.sums.size(); ++column) {
        group.sums[column].Add(row.numbers[column]);
      }
      for (size_t column = 0; column < kNumberColumns; ++column) {
        group.maxima[column].Add(row.numbers[column], semantics_);
      }
    }
    for (const auto& [node, group] : groups) {
      AddUnallocatedRow(node, group);
    }
  }

  void AddUnallocatedRow(const Text& node, const UnallocatedGroup& group) {
    ExpectedRow row;
    row.kind = "unallocated";
    row.usage_start_day = day_;
    row.data_source = "Pod";
    row.node = node;
    row.resource_id = group.resource_id;
    row.all_labels = "{}";
    if (group.role == "master" || group.role == "infra") {
      row.namespace_ = "Platform unallocated";
    } else if (group.role == "worker") {
      row.namespace_ = "Worker unallocated";
    }
    for (size_t column = kNodeCapacityCpuCores; column <= kClusterCapacityMemoryGigabyteHours;
         ++column) {
      row.numbers[column] = group.maxima[column].largest();
    }
    const auto left_of = [&](NumberColumn capacity, NumberColumn used) {
      row.numbers[used] = Minus(row.numbers[capacity], group.sums[used].total());
    };
    left_of(kNodeCapacityCpuCoreHours, kPodUsageCpuCoreHours);
    left_of(kNodeCapacityCpuCoreHours, kPodRequestCpuCoreHours);
    left_of(kNodeCapacityCpuCoreHours, kPodEffectiveUsageCpuCoreHours);
    left_of(kNodeCapacityMemoryGigabyteHours, kPodUsageMemoryGigabyteHours);
    left_of(kNodeCapacityMemoryGigabyteHours, kPodRequestMemoryGigabyteHours);
    left_of(kNodeCapacityMemoryGigabyteHours, kPodEffectiveUsageMemoryGigabyteHours);
    for (const Category category : Categories(row.namespace_)) {
      row.cost_category_id = category;
      AddRow(row);
    }
  }

  Text LabelText(const std::optional<NaiveLabelMap>& labels) {
    if (!labels.has_value()) {
      return std::nullopt;
    }
    for (const auto& [key, value] : *labels) {
      if ((key + value.value_or("")).find('\0') != std::string::npos) {
        FailRow("a NUL character in a label");
      }
    }
    return NaiveCanonicalText(*labels);
  }

  std::string Fit(const std::string& text, size_t limit, std::string_view column) {
    const Text fitted = NaiveFitText(text, limit);
    if (!fitted.has_value()) {
      FailRow(fmt::format("text too long or with a NUL character in {}", column));
    }
    return fitted.value_or("");
  }

  void FitColumns(ExpectedRow* row) {
    const auto fit = [this](Text* text, std::string_view column) {
      if (text->has_value()) {
        *text = Fit(**text, kNameLimit, column);
      }
    };
    fit(&row->namespace_, "namespace");
    fit(&row->node, "node");
    fit(&row->resource_id, "resource_id");
    fit(&row->persistentvolumeclaim, "persistentvolumeclaim");
    fit(&row->persistentvolume, "persistentvolume");
    fit(&row->storageclass, "storageclass");
    for (size_t column = 0; column < kNumberColumns; ++column) {
      const Number number = row->numbers[column];
      if (number.has_value() && !NaiveNumericText(*number, semantics_).has_value()) {
        FailRow(fmt::format("number {} does not fit column {}", *number, column));
      }
    }
  }

  const Dataset& dataset_;
  const SummaryParameters& parameters_;
  const BadRows bad_rows_;
  const Semantics semantics_;
  const bool postgresql_;
  const int64_t day_;
  const std::set<std::string> allowed_keys_;
  std::map<std::string, LabelSet> node_label_sets_;
  std::map<std::string, LabelSet> namespace_label_sets_;
  std::map<Text, std::pair<Sum, Sum>> node_capacity_;  // CPU core seconds, memory byte seconds.
  Sum cluster_cpu_core_seconds_;
  Sum cluster_memory_byte_seconds_;
  std::vector<ExpectedRow> rows_;
  std::vector<bool> unwritable_;  // Of rows_, whose labels or amounts are to blame.
  bool row_is_bad_ = false;
  std::optional<std::string> error_;
};

/// The rows whose labels can be read.
Dataset ReadableRows(Dataset dataset, Semantics semantics) {
  const auto bad = [semantics](const Text& labels) {
    return NaiveParseLabels(labels, semantics).error.has_value();
  };
  std::erase_if(dataset.node_labels, [&](const LabelRow& row) { return bad(row.labels); });
  std::erase_if(dataset.namespace_labels, [&](const LabelRow& row) { return bad(row.labels); });
  std::erase_if(dataset.pod_daily, [&](const PodRow& row) {
    return !row.node.value_or("").empty() && bad(row.pod_labels);
  });
  std::erase_if(dataset.storage, [&](const StorageRow& row) {
    return bad(row.persistentvolume_labels) || bad(row.persistentvolumeclaim_labels);
  });
  return dataset;
}

std::map<int64_t, NaiveDay> SummaryOf(const Dataset& dataset, const SummaryParameters& parameters,
                                      BadRows bad_rows) {
  std::map<int64_t, NaiveDay> days;
  for (int64_t day = parameters.start_day; day <= parameters.end_day; ++day) {
    days[day] = DaySummary(dataset, parameters, day, bad_rows).Finish();
  }
  return days;
}

}  // namespace

std::map<int64_t, NaiveDay> NaiveSummary(const Dataset& dataset,
                                         const SummaryParameters& parameters, BadRows bad_rows) {
  if (bad_rows == BadRows::kLeftOut) {
    return SummaryOf(ReadableRows(dataset, parameters.semantics), parameters, bad_rows);
  }
  return SummaryOf(dataset, parameters, bad_rows);
}

}  // namespace matome::testing
