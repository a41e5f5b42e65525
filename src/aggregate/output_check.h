// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "aggregate/bad_rows.h"
#include "aggregate/vocabulary.h"
#include "model/summary_row.h"

namespace matome::aggregate {

/// Holds a day's rows against the table's columns (semantics §7.3): numbers must fit
/// numeric(33,15), names their varchar and UTF-8, and nothing may hold U+0000. Characters beyond
/// the limit that are all spaces are cut.
///
/// Remembers what it found out about each name. One per worker, beside its vocabulary.
class OutputCheck {
 public:
  /// Removes the rows that do not fit and tells `bad_rows` why.
  void Check(model::Semantics semantics, Vocabulary& vocabulary,
             std::vector<model::SummaryRow>& rows, BadRows& bad_rows);

 private:
  enum class Verdict : uint8_t { kUnknown, kFits, kCut, kTooLong, kNul, kNotUtf8 };
  struct Known {
    Verdict verdict = Verdict::kUnknown;
    base::TextId cut = base::kNullText;
  };

  Known Judge(std::string_view text, base::Interner& interner) const;

  std::array<std::vector<Known>, model::kNameCount> known_;  // By name id.
};

}  // namespace matome::aggregate
