// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "testing/naive_summary.h"

namespace matome::testing {

std::vector<NodeRole> NaiveDerivedRoles(const Dataset& dataset) {
  using Text = std::optional<std::string>;
  struct Evidence {
    Text role;
    bool runs_api_server = false;
    bool labelled_infra = false;
  };
  constexpr std::string_view kInfraLabel = "\"node_role_kubernetes_io\": \"infra\"";
  std::map<std::pair<Text, Text>, Evidence> nodes;
  for (const PodRow& pod : dataset.pod_daily) {
    for (const LabelRow& label : dataset.node_labels) {
      if (!pod.interval_start_ms.has_value() || !label.interval_start_ms.has_value() ||
          !pod.node.has_value() || pod.node != label.key) {
        continue;
      }
      Evidence& evidence = nodes[{pod.node, pod.resource_id}];
      evidence.role = std::max(evidence.role, pod.node_role);
      evidence.runs_api_server |= pod.namespace_ == "openshift-kube-apiserver";
      evidence.labelled_infra |= label.labels.value_or("").find(kInfraLabel) != std::string::npos;
    }
  }
  std::vector<NodeRole> roles;
  for (const auto& [node, evidence] : nodes) {
    const std::string guess = evidence.runs_api_server  ? "master"
                              : evidence.labelled_infra ? "infra"
                                                        : "worker";
    roles.push_back({node.first, node.second, evidence.role.value_or(guess)});
  }
  return roles;
}

}  // namespace matome::testing
