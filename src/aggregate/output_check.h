// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
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
  /// Why a row does not fit.
  struct Problem {
    std::string column;
    std::string reason;
  };

  /// Whether the row fits; if not, tells `bad_rows` why. May cut the row's names.
  bool Fits(model::Semantics semantics, Vocabulary& vocabulary, model::SummaryRow& row,
            BadRows& bad_rows);
  /// Removes those of `rows` from `first` on that do not fit.
  void Check(model::Semantics semantics, Vocabulary& vocabulary, size_t first,
             std::vector<model::SummaryRow>& rows, BadRows& bad_rows);

 private:
  enum class Verdict : uint8_t { kUnknown, kFits, kCut, kTooLong, kNul, kNotUtf8 };
  struct Known {
    Verdict verdict = Verdict::kUnknown;
    base::TextId cut = base::kNullText;
  };

  std::optional<Problem> CheckName(model::Name column, Vocabulary& vocabulary,
                                   model::SummaryRow& row);
  Known Judge(std::string_view text, base::Interner& interner) const;

  std::array<std::vector<Known>, model::kNameCount> known_;  // By name id.
};

}  // namespace matome::aggregate
