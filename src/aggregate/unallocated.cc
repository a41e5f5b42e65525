// SPDX-License-Identifier: Apache-2.0
#include "aggregate/unallocated.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include <absl/container/flat_hash_map.h>

#include "aggregate/sql_semantics.h"
#include "base/hash.h"

namespace matome::aggregate {
namespace {

using model::Name;
using model::Number;
using model::SummaryRow;

/// Each usage column is taken from the capacity column of its unit.
struct Difference {
  Number usage;
  Number capacity;
};
constexpr std::array kDifferences = {
    Difference{Number::kPodUsageCpuCoreHours, Number::kNodeCapacityCpuCoreHours},
    Difference{Number::kPodRequestCpuCoreHours, Number::kNodeCapacityCpuCoreHours},
    Difference{Number::kPodEffectiveUsageCpuCoreHours, Number::kNodeCapacityCpuCoreHours},
    Difference{Number::kPodUsageMemoryGigabyteHours, Number::kNodeCapacityMemoryGigabyteHours},
    Difference{Number::kPodRequestMemoryGigabyteHours, Number::kNodeCapacityMemoryGigabyteHours},
    Difference{Number::kPodEffectiveUsageMemoryGigabyteHours,
               Number::kNodeCapacityMemoryGigabyteHours},
};
constexpr std::array kCapacities = {
    Number::kNodeCapacityCpuCores,        Number::kNodeCapacityCpuCoreHours,
    Number::kNodeCapacityMemoryGigabytes, Number::kNodeCapacityMemoryGigabyteHours,
    Number::kClusterCapacityCpuCoreHours, Number::kClusterCapacityMemoryGigabyteHours,
};
constexpr std::array<std::string_view, 4> kNotSubtracted = {
    kPlatformUnallocated, kWorkerUnallocated, "Network unattributed", "Storage unattributed"};

/// What is known of one node's day: sums and maxima, in a row that becomes the result.
struct NodeDay {
  SummaryRow row{};  // Usage columns hold sums until the end.
  std::optional<std::string_view> role;
  base::TextId latest_resource_id =
      base::kNullText;  // Usually a node has one, so it is looked up once.
};

std::optional<std::string_view> NamespaceOf(std::optional<std::string_view> role) {
  if (role == "master" || role == "infra") return kPlatformUnallocated;
  if (role == "worker") return kWorkerUnallocated;
  return std::nullopt;
}

}  // namespace

void AppendUnallocated(const NodeRoles& roles, model::Semantics semantics, Vocabulary& vocabulary,
                       std::vector<SummaryRow>& rows) {
  const auto& nodes = vocabulary.names(Name::kNode);
  const auto& resource_ids = vocabulary.names(Name::kResourceId);
  auto& namespaces = vocabulary.names(Name::kNamespace);
  std::array<base::TextId, kNotSubtracted.size()> excluded{};
  for (size_t at = 0; at < excluded.size(); ++at)
    excluded[at] = namespaces.Find(kNotSubtracted[at]);
  const auto is_excluded = [&](base::TextId id) {
    // Find() gives kNullText for a name that no row has, and rows without a namespace are left out
    // too.
    return id == base::kNullText ||
           std::find(excluded.begin(), excluded.end(), id) != excluded.end();
  };

  std::vector<NodeDay> days;
  std::vector<uint32_t> day_of_node(nodes.size(), 0);  // Index into `days`, plus one.
  absl::flat_hash_map<uint64_t, std::optional<std::string_view>, base::IntegerHash> known_roles;
  for (const SummaryRow& pod : rows) {
    if (pod.kind != model::RowKind::kPod || is_excluded(pod.name(Name::kNamespace))) continue;
    const base::TextId node = pod.name(Name::kNode);
    const base::TextId resource_id = pod.name(Name::kResourceId);
    if (day_of_node[node] == 0) {
      days.emplace_back().row.name(Name::kNode) = node;
      day_of_node[node] = static_cast<uint32_t>(days.size());
    }
    NodeDay& day = days[day_of_node[node] - 1];
    for (const auto& [usage, capacity] : kDifferences) {
      if (!pod.has(usage)) continue;
      day.row.set(usage, day.row.has(usage) ? day.row.number(usage) + pod.number(usage)
                                            : pod.number(usage));
    }
    for (const Number capacity : kCapacities) {
      if (!pod.has(capacity)) continue;
      if (!day.row.has(capacity) ||
          IsGreater(pod.number(capacity), day.row.number(capacity), semantics)) {
        day.row.set(capacity, pod.number(capacity));
      }
    }
    if (resource_id == base::kNullText || resource_id == day.latest_resource_id) continue;
    day.latest_resource_id = resource_id;
    base::TextId& largest = day.row.name(Name::kResourceId);
    if (largest == base::kNullText || resource_ids.text(resource_id) > resource_ids.text(largest)) {
      largest = resource_id;
    }
    const auto [known, is_new] = known_roles.try_emplace(uint64_t{node} << 32 | resource_id);
    if (is_new) known->second = roles.Role(nodes.text(node), resource_ids.text(resource_id));
    // An absent role compares below every role.
    if (known->second > day.role) day.role = known->second;
  }

  for (NodeDay& day : days) {
    SummaryRow& row = day.row;
    row.kind = model::RowKind::kUnallocated;
    for (const auto& [usage, capacity] : kDifferences) {
      if (row.has(usage) && row.has(capacity)) {
        row.set(usage, row.number(capacity) - row.number(usage));
      } else {
        row.present &= ~(1U << static_cast<unsigned>(usage));
      }
    }
    row.label(model::Labels::kAllLabels) = model::kEmptyLabelSet;
    const auto name = NamespaceOf(day.role);
    row.name(Name::kNamespace) = name ? namespaces.Intern(*name) : base::kNullText;
    const auto& match = vocabulary.categories.Match(row.name(Name::kNamespace), namespaces);
    if (match.count() == 0) rows.push_back(row);
    // Unlike pod rows, each matching pattern gives a row of its own.
    for (const int32_t cost_category_id : match.cost_category_ids) {
      row.has_cost_category = true;
      row.cost_category_id = cost_category_id;
      rows.push_back(row);
    }
  }
}

}  // namespace matome::aggregate
