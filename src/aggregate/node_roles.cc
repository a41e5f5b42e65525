// SPDX-License-Identifier: Apache-2.0
#include "aggregate/node_roles.h"

namespace matome::aggregate {

NodeRoles::NodeRoles(std::span<const model::NodeRole> nodes) {
  for (const auto& row : nodes) {
    if (!row.node || !row.resource_id || !row.node_role) continue;
    const auto [found, inserted] =
        roles_.try_emplace({*row.node, *row.resource_id}, *row.node_role);
    if (!inserted && found->second < *row.node_role) found->second = *row.node_role;
  }
}

std::optional<std::string_view> NodeRoles::Role(std::string_view node,
                                                std::string_view resource_id) const {
  const auto found = roles_.find(std::pair(std::string(node), std::string(resource_id)));
  if (found == roles_.end()) return std::nullopt;
  return found->second;
}

}  // namespace matome::aggregate
