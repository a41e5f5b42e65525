// SPDX-License-Identifier: Apache-2.0
#include "aggregate/cost_categories.h"

#include <algorithm>

namespace matome::aggregate {

CostCategories::CostCategories(std::span<const model::CostCategory> categories,
                               model::Semantics semantics) {
  for (const auto& category : categories) {
    categories_.push_back({LikePattern(category.pattern, semantics), category.cost_category_id});
  }
}

const CategoryMatch& CostCategories::Match(base::TextId namespace_id,
                                           const base::Interner& namespaces) {
  if (matches_.size() <= namespace_id) matches_.resize(namespaces.size());
  Remembered& remembered = matches_[namespace_id];
  if (remembered.known) return remembered.match;
  remembered.known = true;
  if (namespace_id == base::kNullText) return remembered.match;
  CategoryMatch& match = remembered.match;
  for (const auto& category : categories_) {
    if (!category.pattern.Matches(namespaces.text(namespace_id))) continue;
    match.largest = match.count() == 0 ? category.cost_category_id
                                       : std::max(match.largest, category.cost_category_id);
    match.cost_category_ids.push_back(category.cost_category_id);
  }
  return match;
}

}  // namespace matome::aggregate
