// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "labels/label_store.h"
#include "model/run_result.h"

namespace matome::aggregate {

inline constexpr size_t kMostExamples = 3;

/// Adds the example that `text` makes, unless there are enough or it is there already.
template <typename MakeText>
void AddExample(model::AuditEntry& entry, MakeText make_text) {
  if (entry.examples.size() >= kMostExamples) return;
  auto text = make_text();
  if (std::find(entry.examples.begin(), entry.examples.end(), text) != entry.examples.end()) return;
  entry.examples.push_back(std::move(text));
}

inline uint16_t CauseBit(model::AuditCause cause) {
  return static_cast<uint16_t>(1U << static_cast<unsigned>(cause));
}

/// Counts a row of the summary under each of its causes.
inline void CountGroups(uint16_t causes, model::Audit& audit) {
  for (size_t cause = 0; causes != 0; ++cause, causes = static_cast<uint16_t>(causes >> 1)) {
    if ((causes & 1) != 0) ++audit[cause].groups;
  }
}

inline bool HasNullAndEmpty(std::span<const model::LabelSetId> sets) {
  const auto has = [&](model::LabelSetId id) {
    return std::find(sets.begin(), sets.end(), id) != sets.end();
  };
  return sets.size() > 1 && has(model::kNullLabelSet) && has(model::kEmptyLabelSet);
}

/// The causes that multiply a row of a node and namespace with these label sets and so many
/// matching patterns.
inline uint16_t CausesOf(std::span<const model::LabelSetId> node_sets,
                         std::span<const model::LabelSetId> namespace_sets, size_t patterns) {
  unsigned causes = 0;
  if (node_sets.size() > 1) causes |= CauseBit(model::AuditCause::kNodeLabelSets);
  if (namespace_sets.size() > 1) causes |= CauseBit(model::AuditCause::kNamespaceLabelSets);
  if (patterns > 1) causes |= CauseBit(model::AuditCause::kSeveralPatterns);
  if (HasNullAndEmpty(node_sets) || HasNullAndEmpty(namespace_sets)) {
    causes |= CauseBit(model::AuditCause::kNullAndEmptyLabels);
  }
  return static_cast<uint16_t>(causes);
}

/// Calls `visit` with what lies below a row's own labels, once for each combination of a node's and
/// a namespace's label set; a NULL or absent set counts as the empty map (semantics §5.4).
template <typename Visit>
void ForEachOverlay(std::span<const model::LabelSetId> node_sets,
                    std::span<const model::LabelSetId> namespace_sets, labels::LabelStore& store,
                    Visit visit) {
  static constexpr model::LabelSetId kAbsent[] = {model::kEmptyLabelSet};
  const auto or_empty = [](model::LabelSetId id) {
    return id == model::kNullLabelSet ? model::kEmptyLabelSet : id;
  };
  if (node_sets.empty()) node_sets = kAbsent;
  if (namespace_sets.empty()) namespace_sets = kAbsent;
  for (const auto node_set : node_sets) {
    for (const auto namespace_set : namespace_sets) {
      visit(store.Merge(or_empty(node_set), or_empty(namespace_set)));
    }
  }
}

}  // namespace matome::aggregate
