// SPDX-License-Identifier: Apache-2.0
#include "aggregate/output_check.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/utf8.h"
#include "model/decimal.h"

namespace matome::aggregate {
namespace {

using model::Name;
using model::SummaryRow;

std::string DescribeRow(const SummaryRow& row, const Vocabulary& vocabulary) {
  const auto name = [&](Name column) {
    const base::TextId id = row.name(column);
    return id == base::kNullText ? std::string("NULL")
                                 : fmt::format("'{}'", vocabulary.names(column).text(id));
  };
  return fmt::format("{} row of namespace {}, node {}", model::RowKindName(row.kind),
                     name(Name::kNamespace), name(Name::kNode));
}

std::optional<OutputCheck::Problem> CheckNumbers(const SummaryRow& row,
                                                 model::Semantics semantics) {
  // Nearly every row is far from the limit: then so is the sum of the sizes. Numbers that are not
  // there are zero; a NaN makes the comparison false.
  constexpr double kSurelyFits = 1e17;
  constexpr size_t kLanes = 3;
  static_assert(model::kNumberCount % kLanes == 0);
  std::array<double, kLanes> sizes = {};
  for (size_t at = 0; at < model::kNumberCount; at += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) sizes[lane] += std::fabs(row.numbers[at + lane]);
  }
  if (sizes[0] + sizes[1] + sizes[2] < kSurelyFits) return std::nullopt;
  for (size_t at = 0; at < model::kNumberCount; ++at) {
    const auto number = static_cast<model::Number>(at);
    if (!row.has(number) || model::FitsDecimal(row.number(number), semantics)) continue;
    return OutputCheck::Problem{
        std::string(model::NumberName(number)),
        fmt::format("the value {} does not fit numeric(33,15)", row.number(number))};
  }
  return std::nullopt;
}

std::optional<OutputCheck::Problem> CheckLabels(const SummaryRow& row,
                                                const Vocabulary& vocabulary) {
  const auto labels = row.label(model::Labels::kAllLabels);
  if (!vocabulary.labels.HasNul(labels)) return std::nullopt;
  return OutputCheck::Problem{
      "all_labels", "a label holds the character U+0000, which PostgreSQL's jsonb refuses"};
}

}  // namespace

OutputCheck::Known OutputCheck::Judge(std::string_view text, base::Interner& interner) const {
  if (!base::IsValidUtf8(text)) return {Verdict::kNotUtf8};
  if (text.find('\0') != std::string_view::npos) return {Verdict::kNul};
  if (base::CodePointCount(text) <= model::kNameMaxLength) return {Verdict::kFits};
  size_t end = 0;
  for (int64_t kept = 0; kept < model::kNameMaxLength; ++kept) {
    ++end;
    while ((text[end] & 0xC0) == 0x80) ++end;
  }
  if (text.find_first_not_of(' ', end) != std::string_view::npos) return {Verdict::kTooLong};
  return {Verdict::kCut, interner.Intern(text.substr(0, end))};
}

std::optional<OutputCheck::Problem> OutputCheck::CheckName(Name column, Vocabulary& vocabulary,
                                                           SummaryRow& row) {
  base::TextId& id = row.name(column);
  // The handle groups rows but is no column of the table.
  if (id == base::kNullText || column == Name::kCsiVolumeHandle) return std::nullopt;
  auto& interner = vocabulary.names(column);
  auto& known = known_[static_cast<size_t>(column)];
  if (known.size() <= id) known.resize(interner.size());
  if (known[id].verdict == Verdict::kUnknown) known[id] = Judge(interner.text(id), interner);
  std::string reason;
  switch (known[id].verdict) {
    case Verdict::kUnknown:
    case Verdict::kFits:
      return std::nullopt;
    case Verdict::kCut:
      id = known[id].cut;
      return std::nullopt;
    case Verdict::kTooLong:
      reason = fmt::format("the text is longer than {} characters", model::kNameMaxLength);
      break;
    case Verdict::kNul:
      reason = "the text holds the character U+0000";
      break;
    case Verdict::kNotUtf8:
      reason = "the text is not valid UTF-8";
      break;
  }
  return Problem{std::string(model::NameName(column)), std::move(reason)};
}

bool OutputCheck::Fits(model::Semantics semantics, Vocabulary& vocabulary, SummaryRow& row,
                       BadRows& bad_rows) {
  std::optional<Problem> problem = CheckNumbers(row, semantics);
  if (!problem) problem = CheckLabels(row, vocabulary);
  for (size_t at = 0; !problem && at < model::kNameCount; ++at)
    problem = CheckName(static_cast<Name>(at), vocabulary, row);
  if (!problem) return true;
  bad_rows.Add({.object = {},
                .row_group = {},
                .row = {},
                .column = std::move(problem->column),
                .reason = std::move(problem->reason),
                .raw_text = DescribeRow(row, vocabulary)});
  return false;
}

void OutputCheck::Check(model::Semantics semantics, Vocabulary& vocabulary, size_t first,
                        std::vector<SummaryRow>& rows, BadRows& bad_rows) {
  const auto begin = rows.begin() + static_cast<ptrdiff_t>(first);
  rows.erase(
      std::remove_if(begin, rows.end(),
                     [&](SummaryRow& row) { return !Fits(semantics, vocabulary, row, bad_rows); }),
      rows.end());
}

}  // namespace matome::aggregate
