// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "base/interner.h"
#include "model/summary_row.h"

namespace matome::aggregate {

/// The set of filtered label maps that each node, or each namespace, has on a day (semantics §5.1).
class OwnerLabels {
 public:
  void Add(base::TextId owner, model::LabelSetId labels) {
    if (sets_.size() <= owner) sets_.resize(owner + 1);
    auto& sets = sets_[owner];
    if (std::find(sets.begin(), sets.end(), labels) == sets.end()) sets.push_back(labels);
  }

  /// In order of first appearance; empty where the owner has no row, or is NULL.
  std::span<const model::LabelSetId> Of(base::TextId owner) const {
    if (owner == base::kNullText || owner >= sets_.size()) return {};
    return sets_[owner];
  }

  void Clear() {
    for (auto& sets : sets_) sets.clear();
  }

  size_t allocated_bytes() const {
    size_t bytes = sets_.capacity() * sizeof(sets_[0]);
    for (const auto& sets : sets_) bytes += sets.capacity() * sizeof(model::LabelSetId);
    return bytes;
  }

 private:
  std::vector<std::vector<model::LabelSetId>> sets_;  // By owner id.
};

}  // namespace matome::aggregate
