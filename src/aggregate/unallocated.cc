// SPDX-License-Identifier: Apache-2.0
#include "aggregate/unallocated.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "aggregate/sql_semantics.h"

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

std::optional<std::string_view> NamespaceOf(std::optional<std::string_view> role) {
  if (role == "master" || role == "infra") return kPlatformUnallocated;
  if (role == "worker") return kWorkerUnallocated;
  return std::nullopt;
}

}  // namespace

UnallocatedAggregator::UnallocatedAggregator(const NodeRoles& roles, model::Semantics semantics,
                                             Vocabulary& vocabulary)
    : roles_(roles),
      semantics_(semantics),
      vocabulary_(vocabulary),
      day_of_node_(vocabulary.names(Name::kNode).size(), 0) {
  static_assert(kNotSubtracted.size() == kNotSubtractedCount);
  for (size_t at = 0; at < not_subtracted_.size(); ++at)
    not_subtracted_[at] = vocabulary.names(Name::kNamespace).Find(kNotSubtracted[at]);
}

bool UnallocatedAggregator::IsSubtracted(base::TextId namespace_id) const {
  // Find() gives kNullText for a name that no row has, and rows without a namespace are left out
  // too.
  return namespace_id != base::kNullText &&
         std::find(not_subtracted_.begin(), not_subtracted_.end(), namespace_id) ==
             not_subtracted_.end();
}

void UnallocatedAggregator::Add(const SummaryRow& pod) {
  if (!IsSubtracted(pod.name(Name::kNamespace))) return;
  const base::TextId node = pod.name(Name::kNode);
  if (day_of_node_[node] == 0) {
    days_.emplace_back().row.name(Name::kNode) = node;
    day_of_node_[node] = static_cast<uint32_t>(days_.size());
  }
  NodeDay& day = days_[day_of_node_[node] - 1];
  for (const auto& [usage, capacity] : kDifferences) {
    // Zero plus a number is that number, but for the sign of zero, which no text shows.
    if (pod.has(usage)) day.row.set(usage, day.row.number(usage) + pod.number(usage));
  }
  for (const Number capacity : kCapacities) {
    if (!pod.has(capacity)) continue;
    if (!day.row.has(capacity) ||
        IsGreater(pod.number(capacity), day.row.number(capacity), semantics_)) {
      day.row.set(capacity, pod.number(capacity));
    }
  }
  const base::TextId resource_id = pod.name(Name::kResourceId);
  if (resource_id != base::kNullText && resource_id != day.latest_resource_id)
    AddResourceId(node, resource_id, day);
}

void UnallocatedAggregator::AddResourceId(base::TextId node, base::TextId resource_id,
                                          NodeDay& day) {
  const auto& resource_ids = vocabulary_.names(Name::kResourceId);
  day.latest_resource_id = resource_id;
  base::TextId& largest = day.row.name(Name::kResourceId);
  if (largest == base::kNullText ||
      vocabulary_.IsGreater(resource_ids.text(resource_id), resource_ids.text(largest))) {
    largest = resource_id;
  }
  const auto [known, is_new] = known_roles_.try_emplace(uint64_t{node} << 32 | resource_id);
  if (is_new) {
    known->second =
        roles_.Role(vocabulary_.names(Name::kNode).text(node), resource_ids.text(resource_id));
  }
  const auto& role = known->second;
  if (role && (!day.role || vocabulary_.IsGreater(*role, *day.role))) day.role = role;
}

std::vector<model::NodeRole> UnallocatedAggregator::AskedRoles() const {
  std::vector<model::NodeRole> asked;
  for (const auto& [key, role] : known_roles_) {
    const auto text = [&](Name name, uint64_t id) {
      return std::string(vocabulary_.names(name).text(static_cast<base::TextId>(id)));
    };
    asked.push_back({text(Name::kNode, key >> 32), text(Name::kResourceId, key & 0xFFFF'FFFFU),
                     role ? std::optional(std::string(*role)) : std::nullopt});
  }
  std::sort(asked.begin(), asked.end(), [](const auto& left, const auto& right) {
    return std::tie(left.node, left.resource_id) < std::tie(right.node, right.resource_id);
  });
  return asked;
}

void UnallocatedAggregator::Append(std::vector<SummaryRow>& rows) {
  auto& namespaces = vocabulary_.names(Name::kNamespace);
  for (NodeDay& day : days_) {
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
    const auto& match = vocabulary_.categories.Match(row.name(Name::kNamespace), namespaces);
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
