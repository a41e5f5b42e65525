// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "aggregate/node_roles.h"
#include "aggregate/vocabulary.h"
#include "base/hash.h"
#include "model/summary_row.h"

namespace matome::aggregate {

/// What a day's pod rows leave of each node's capacity: the unallocated rows of semantics §5.6.
/// One day, one worker; the arguments must outlive it.
class UnallocatedAggregator {
 public:
  UnallocatedAggregator(const NodeRoles& roles, model::Semantics semantics, Vocabulary& vocabulary);

  /// Adds a pod row of the summary.
  void Add(const model::SummaryRow& pod);

  /// What roles Add() has looked up, ascending by node and resource id.
  std::vector<model::NodeRole> AskedRoles() const;

  /// Appends the unallocated rows, by node in order of first appearance.
  void Append(std::vector<model::SummaryRow>& rows);

 private:
  /// What is known of one node's day: sums and maxima, in a row that becomes the result.
  struct NodeDay {
    model::SummaryRow row{};  // Usage columns hold sums until the end.
    std::optional<std::string_view> role;
    base::TextId latest_resource_id =
        base::kNullText;  // Usually a node has one, so it is looked up once.
  };
  static constexpr size_t kNotSubtractedCount = 4;

  bool IsSubtracted(base::TextId namespace_id) const;
  void AddResourceId(base::TextId node, base::TextId resource_id, NodeDay& day);

  const NodeRoles& roles_;
  model::Semantics semantics_;
  Vocabulary& vocabulary_;
  std::array<base::TextId, kNotSubtractedCount> not_subtracted_;
  std::vector<NodeDay> days_;
  std::vector<uint32_t> day_of_node_;  // Index into `days_`, plus one; by node id.
  absl::flat_hash_map<uint64_t, std::optional<std::string_view>, base::IntegerHash> known_roles_;
};

}  // namespace matome::aggregate
