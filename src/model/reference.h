// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace matome::model {

/// A namespace pattern of SQL LIKE, and the category of the namespaces that match it (semantics
/// §4.2).
struct CostCategory {
  std::string pattern;
  int32_t cost_category_id = 0;
};

/// A row of the node table; a NULL node or resource id matches nothing (semantics §4.3).
struct NodeRole {
  std::optional<std::string> node;
  std::optional<std::string> resource_id;
  std::optional<std::string> node_role;
};

/// The facts that the summary needs and the reports do not hold (semantics §4). The defaults are
/// those of a run without a reference file.
struct ReferenceData {
  std::optional<std::string> cluster_id;  // Default: the source's UUID.
  std::optional<std::string> cluster_alias;
  int32_t report_period_id = 0;
  bool storage_exists = true;
  std::optional<std::vector<std::string>>
      enabled_tag_keys;  // Absent: none given, and the run ends by naming some.
  std::vector<CostCategory> cost_categories = {
      {"openshift-%", 1}, {"kube-%", 1}, {"Platform unallocated", 1}, {"openshift", 1}};
  std::optional<std::vector<NodeRole>>
      nodes;  // Absent: derived from the month's data. A list is complete.
};

}  // namespace matome::model
