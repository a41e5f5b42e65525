// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "model/reference.h"

namespace matome::aggregate {

/// role(node, resource id) of semantics §4.3: the byte-largest role of the equal rows. Read-only
/// once made, so shared by workers.
class NodeRoles {
 public:
  explicit NodeRoles(std::span<const model::NodeRole> nodes);

  /// Absent where no row has a role. The view lives as long as this object.
  std::optional<std::string_view> Role(std::string_view node, std::string_view resource_id) const;

 private:
  std::map<std::pair<std::string, std::string>, std::string> roles_;
};

}  // namespace matome::aggregate
