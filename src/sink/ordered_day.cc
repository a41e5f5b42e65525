// SPDX-License-Identifier: Apache-2.0
#include "sink/ordered_day.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace matome::sink {
namespace {

using model::Labels;
using model::Name;
using model::SummaryRow;

/// Ranks the ids that occur; `text_of` gives their texts.
template <typename TextOf>
void Rank(RankedTexts& ranked, TextOf text_of) {
  std::vector<uint32_t> ids;
  for (uint32_t id = 0; id < ranked.rank_of.size(); ++id) {
    if (ranked.rank_of[id] != RankedTexts::kNull) ids.push_back(id);
  }
  std::vector<std::pair<std::string_view, uint32_t>> sorted;
  sorted.reserve(ids.size());
  for (const uint32_t id : ids) sorted.emplace_back(text_of(id), id);
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [text, id] : sorted) {
    ranked.rank_of[id] = static_cast<int32_t>(ranked.texts.size());
    ranked.texts.push_back(text);
  }
}

void MarkUsed(RankedTexts& ranked, uint32_t id) {
  if (id >= ranked.rank_of.size()) ranked.rank_of.resize(id + 1, RankedTexts::kNull);
  if (id != 0) ranked.rank_of[id] = 0;  // 0 is NULL, for names and for label maps.
}

}  // namespace

OrderedDay::OrderedDay(const model::DaySummary& day_summary) : summary(day_summary) {
  for (const SummaryRow& row : summary.rows) {
    for (size_t name = 0; name < model::kNameCount; ++name) MarkUsed(names[name], row.names[name]);
    for (const model::LabelSetId id : row.labels) MarkUsed(labels, id);
  }
  for (size_t name = 0; name < model::kNameCount; ++name) {
    Rank(names[name], [&](uint32_t id) { return summary.dictionaries[name]->text(id); });
  }
  Rank(labels, summary.label_json);

  // The leading columns fit into one integer and settle nearly every comparison; equal ones look at
  // the rest.
  struct Entry {
    uint64_t leading;
    uint32_t row;
  };
  constexpr unsigned kRankBits = 20;
  const auto clip = [](int32_t rank) {
    constexpr uint64_t kMostRank = (1U << kRankBits) - 1;
    return std::min(static_cast<uint64_t>(rank + 1), uint64_t{kMostRank});
  };
  const auto rest = [&](uint32_t at) {
    const SummaryRow& row = summary.rows[at];
    return std::tuple(code(row, Name::kNamespace), code(row, Name::kNode),
                      code(row, Labels::kPodLabels), code(row, Name::kResourceId),
                      code(row, Name::kPersistentVolumeClaim), code(row, Name::kPersistentVolume),
                      code(row, Name::kStorageClass), code(row, Name::kCsiVolumeHandle),
                      code(row, Labels::kVolumeLabels), row.has_cost_category,
                      row.cost_category_id);
  };
  std::vector<Entry> entries;
  entries.reserve(summary.rows.size());
  for (const SummaryRow& row : summary.rows) {
    const uint64_t leading = static_cast<uint64_t>(row.kind) << 3 * kRankBits |
                             clip(code(row, Name::kNamespace)) << 2 * kRankBits |
                             clip(code(row, Name::kNode)) << kRankBits |
                             clip(code(row, Labels::kPodLabels));
    entries.push_back({leading, static_cast<uint32_t>(entries.size())});
  }
  std::sort(entries.begin(), entries.end(), [&](const Entry& left, const Entry& right) {
    return left.leading != right.leading ? left.leading < right.leading
                                         : rest(left.row) < rest(right.row);
  });
  order.reserve(entries.size());
  for (const Entry& entry : entries) order.push_back(entry.row);
}

}  // namespace matome::sink
