// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace matome::pipeline {

/// What marks a node's role where its pods do not tell it (semantics §4.3): a pod of this
/// namespace, or this piece of a node's label text.
inline constexpr std::string_view kMasterNamespace = "openshift-kube-apiserver";
inline constexpr std::string_view kInfraLabel = R"("node_role_kubernetes_io": "infra")";

/// The role of a node, from the byte-largest that its pods tell and from the marks.
inline std::string NodeRoleBy(const std::optional<std::string>& largest_role, bool runs_api_server,
                              bool infra) {
  // An empty role is a role: it wins over the guesses.
  if (largest_role) return *largest_role;
  if (runs_api_server) return "master";
  return infra ? "infra" : "worker";
}

}  // namespace matome::pipeline
