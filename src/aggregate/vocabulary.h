// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include "aggregate/cost_categories.h"
#include "aggregate/node_roles.h"
#include "base/interner.h"
#include "labels/label_store.h"
#include "model/day.h"
#include "model/reference.h"
#include "model/semantics.h"
#include "model/summary_row.h"
#include "model/text_order.h"

namespace matome::aggregate {

/// What the rules depend on beside the rows; the same for all days of a run.
struct Rules {
  std::vector<std::string> enabled_tag_keys;
  std::vector<model::CostCategory> cost_categories;
  const NodeRoles* node_roles = nullptr;
  bool storage_exists = true;
  bool count_label_keys = false;
  model::Semantics semantics = model::Semantics::kTrino;
  const model::TextOrder* text_order = nullptr;  // Of max(); null is the order of bytes.
};

/// Names of the namespaces that unallocated capacity is booked on.
inline constexpr std::string_view kPlatformUnallocated = "Platform unallocated";
inline constexpr std::string_view kWorkerUnallocated = "Worker unallocated";

/// What a worker knows from day to day: dense ids for names and label maps, and what was found out
/// about them.
///
/// One per worker, not thread-safe. Grows with distinct texts; the pipeline starts a new one when
/// it is large.
struct Vocabulary {
  explicit Vocabulary(const Rules& rules)
      : labels(rules.enabled_tag_keys, rules.semantics, rules.count_label_keys),
        categories(rules.cost_categories, rules.semantics),
        text_order(rules.text_order) {}

  /// Whether max() prefers `text` to `current`.
  bool IsGreater(std::string_view text, std::string_view current) const {
    return text_order == nullptr ? text > current : text_order->IsAfter(text, current);
  }

  base::Interner& names(model::Name name) { return name_interners[static_cast<size_t>(name)]; }
  const base::Interner& names(model::Name name) const {
    return name_interners[static_cast<size_t>(name)];
  }

  size_t allocated_bytes() const {
    size_t bytes = labels.allocated_bytes() + storage_pods.allocated_bytes();
    for (const auto& interner : name_interners) bytes += interner.allocated_bytes();
    return bytes;
  }

  std::array<base::Interner, model::kNameCount> name_interners;
  base::Interner storage_pods;  // Only pods that mount a volume; other pod names are never kept.
  labels::LabelStore labels;
  CostCategories categories;
  const model::TextOrder* text_order;
};

}  // namespace matome::aggregate
