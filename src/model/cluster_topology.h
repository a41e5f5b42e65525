// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace matome::model {

/// What a cluster consists of, as some days of its reports show it (semantics §4.3, §4.4).
struct ClusterTopology {
  struct Node {
    std::string node;
    std::optional<std::string> resource_id;
    std::optional<double> capacity_cpu_cores;
    std::string role;
    std::optional<std::string> architecture;
  };
  struct Claim {
    std::string persistent_volume;
    std::string persistent_volume_claim;
    std::optional<std::string> csi_volume_handle;
  };

  std::vector<Node> nodes;            // One for each pair of node and resource id.
  std::vector<Claim> claims;          // One for each pair of volume and claim.
  std::vector<std::string> projects;  // Each once.
};

}  // namespace matome::model
