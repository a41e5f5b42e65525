// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "aggregate/like_pattern.h"
#include "base/interner.h"
#include "model/reference.h"

namespace matome::aggregate {

/// The patterns that one namespace matches.
struct CategoryMatch {
  std::vector<int32_t> cost_category_ids;  // One for each matching pattern, in the patterns' order.
  int32_t largest = 0;                     // Meaningless without a match.

  size_t count() const { return cost_category_ids.size(); }
};

/// match(namespace) of semantics §4.2, found once per namespace. Not thread-safe.
class CostCategories {
 public:
  CostCategories(std::span<const model::CostCategory> categories, model::Semantics semantics);

  /// The match of an interned namespace; NULL matches nothing. The reference is valid until the
  /// next call.
  const CategoryMatch& Match(base::TextId namespace_id, const base::Interner& namespaces);

  void Forget() { matches_.clear(); }

 private:
  struct Category {
    LikePattern pattern;
    int32_t cost_category_id;
  };
  struct Remembered {
    bool known = false;
    CategoryMatch match;
  };
  std::vector<Category> categories_;
  std::vector<Remembered> matches_;  // By namespace id.
};

}  // namespace matome::aggregate
