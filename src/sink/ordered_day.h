// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/summary_row.h"

namespace matome::sink {

/// The distinct texts of one column of a day, sorted by bytes. A text's code is its rank, so codes
/// compare as texts do.
struct RankedTexts {
  static constexpr int32_t kNull = -1;

  std::vector<std::string_view> texts;  // By rank.
  std::vector<int32_t> rank_of;         // By id; kNull for NULL and for ids that no row uses.
};

/// A day's rows in the order in which they are written: by kind, then by group key, texts by bytes,
/// NULL first. Equal rows make equal output whatever order they were computed in. Refers to the
/// summary it was made of.
struct OrderedDay {
  explicit OrderedDay(const model::DaySummary& summary);

  const model::SummaryRow& row(size_t position) const { return summary.rows[order[position]]; }
  int32_t code(const model::SummaryRow& row, model::Name name) const {
    return names[static_cast<size_t>(name)].rank_of[row.name(name)];
  }
  int32_t code(const model::SummaryRow& row, model::Labels column) const {
    return labels.rank_of[row.label(column)];
  }

  const model::DaySummary& summary;
  std::array<RankedTexts, model::kNameCount> names;
  RankedTexts labels;  // Canonical JSON, of all label columns.
  std::vector<uint32_t> order;
};

}  // namespace matome::sink
