// SPDX-License-Identifier: Apache-2.0
#include "aggregate/day_aggregator.h"

#include "aggregate/unallocated.h"

namespace matome::aggregate {
namespace {

using model::DailyLabels;
using model::HourlyPod;
using model::Name;
using model::Report;

Name OwnerColumn(Report report) {
  return report == Report::kNamespaceLabelsDaily ? Name::kNamespace : Name::kNode;
}

std::string_view LabelColumn(Report report) {
  return model::SummaryProjection(report).texts[DailyLabels::kLabels];
}

}  // namespace

void RowGroupCodes::Reset(Report report, const Vocabulary& vocabulary) {
  report_ = report;
  switch (report) {
    case Report::kPodUsageDaily:
      pods_.Reset(vocabulary);
      break;
    case Report::kStorageUsageDaily:
      storage_.Reset(vocabulary);
      break;
    case Report::kPodUsageHourly:
    case Report::kNodeLabelsDaily:
    case Report::kNamespaceLabelsDaily:
      owners_.Reset(base::kNullText);
      labels_.Reset(vocabulary.labels.FromNull());
      break;
  }
}

base::Status RowGroupCodes::Extend(const batch::Block& block, Vocabulary& vocabulary) {
  switch (report_) {
    case Report::kPodUsageHourly:
      owners_.Extend(block.texts[HourlyPod::kNode], vocabulary.names(Name::kNode));
      break;
    case Report::kPodUsageDaily:
      pods_.Extend(block, vocabulary);
      break;
    case Report::kStorageUsageDaily:
      storage_.Extend(block, vocabulary);
      break;
    case Report::kNodeLabelsDaily:
    case Report::kNamespaceLabelsDaily:
      owners_.Extend(block.texts[DailyLabels::kOwner], vocabulary.names(OwnerColumn(report_)));
      labels_.Extend(block.texts[DailyLabels::kLabels],
                     [&](std::span<const std::string_view> texts, model::LabelSetId* ids) {
                       vocabulary.labels.FromTexts(texts, ids);
                     });
      break;
  }
  if (vocabulary.names(Name::kNamespace).size() >> kNamespaceBits != 0 ||
      vocabulary.names(Name::kNode).size() >> kNodeBits != 0 ||
      (vocabulary.labels.size() + 1) >> kLabelSetBits != 0) {
    return base::Failed(
        "more than a million namespaces or nodes, or 16 million label maps, at once");
  }
  return {};
}

DayAggregator::DayAggregator(const Rules& rules)
    : rules_(rules),
      capacity_(rules.semantics),
      storage_(rules.semantics),
      pods_(rules.semantics) {}

void DayAggregator::Start(model::Day day) {
  day_ = day;
  capacity_.Clear();
  node_labels_.Clear();
  namespace_labels_.Clear();
  mounts_.Clear();
  storage_.Clear();
  pods_.Clear();
  bad_rows_.Clear();
  rows_in_ = 0;
  pod_rows_in_ = 0;
}

void DayAggregator::AddLabels(const batch::Block& block, const RowGroupCodes& codes, int64_t first,
                              int64_t last, const RowOrigin& origin, const Vocabulary& vocabulary,
                              OwnerLabels& labels) {
  const batch::Code* const owner_codes = block.texts[DailyLabels::kOwner].codes;
  const batch::Code* const label_codes = block.texts[DailyLabels::kLabels].codes;
  for (int64_t row = first; row < last; ++row) {
    const model::LabelSetId set = codes.labels_[label_codes[row]];
    if (labels::LabelStore::IsBad(set)) {
      bad_rows_.AddLabelText(origin, row, LabelColumn(codes.report()),
                             vocabulary.labels.bad_text(set));
      continue;
    }
    if (const base::TextId owner = codes.owners_[owner_codes[row]]; owner != base::kNullText) {
      labels.Add(owner, set);
    }
  }
}

void DayAggregator::Add(const batch::Block& block, const RowGroupCodes& codes, int64_t millis,
                        int64_t first, int64_t last, const RowOrigin& origin,
                        Vocabulary& vocabulary) {
  switch (codes.report()) {
    case Report::kPodUsageHourly:
      capacity_.Add(block, codes.owners_, millis, first, last);
      break;
    case Report::kPodUsageDaily:
      pods_.Add(block, codes.pods_, first, last, vocabulary, mounts_, origin, bad_rows_);
      pod_rows_in_ += last - first;
      break;
    case Report::kStorageUsageDaily:
      if (!rules_.storage_exists) return;
      storage_.Add(block, codes.storage_, first, last, vocabulary, mounts_, origin, bad_rows_);
      break;
    case Report::kNodeLabelsDaily:
      AddLabels(block, codes, first, last, origin, vocabulary, node_labels_);
      break;
    case Report::kNamespaceLabelsDaily:
      AddLabels(block, codes, first, last, origin, vocabulary, namespace_labels_);
      break;
  }
  rows_in_ += last - first;
}

void DayAggregator::Finish(Vocabulary& vocabulary, OutputCheck& check, model::DaySummary& summary,
                           model::Audit& audit) {
  summary.day = day_;
  summary.rows.clear();
  capacity_.Finish();
  auto& rows = summary.rows;
  pods_.Finish(node_labels_, namespace_labels_, vocabulary, rows, audit);
  if ((vocabulary.labels.size() + 1) >> kLabelSetBits != 0) {
    // Merging made more maps than group keys can tell apart.
    rows.clear();
    bad_rows_.Add({.object = {},
                   .row_group = {},
                   .row = {},
                   .column = "pod_labels",
                   .reason = "more than 16 million label maps at once",
                   .raw_text = {}});
  }
  // All that is to be done with a pod row, while it is at hand: the rows of a day are more than a
  // core's cache holds.
  UnallocatedAggregator unallocated(*rules_.node_roles, rules_.semantics, vocabulary);
  size_t kept = 0;
  for (auto& row : rows) {
    pods_.Complete(capacity_, vocabulary, row);
    unallocated.Add(row);
    if (!check.Fits(rules_.semantics, vocabulary, row, bad_rows_)) continue;
    if (&row != &rows[kept]) rows[kept] = row;
    ++kept;
  }
  rows.resize(kept);
  asked_roles_ = unallocated.AskedRoles();
  unallocated.Append(rows);
  storage_.Finish(mounts_, node_labels_, namespace_labels_, model::Month::Of(day_).day_count(),
                  vocabulary, rows, audit, bad_rows_);
  check.Check(rules_.semantics, vocabulary, kept, rows, bad_rows_);
  for (size_t at = 0; at < model::kNameCount; ++at) {
    summary.dictionaries[at] = &vocabulary.name_interners[at];
  }
  summary.label_json = [&labels = vocabulary.labels](model::LabelSetId id) {
    return labels.Json(id);
  };
}

size_t DayAggregator::allocated_bytes() const {
  return capacity_.allocated_bytes() + node_labels_.allocated_bytes() +
         namespace_labels_.allocated_bytes() + mounts_.allocated_bytes() +
         storage_.allocated_bytes() + pods_.allocated_bytes();
}

}  // namespace matome::aggregate
