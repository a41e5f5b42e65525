// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/interner.h"
#include "ingest/field_values.h"
#include "model/day.h"

namespace matome::ingest {

/// The day that a row goes to (payload §3.3, §9): the first ten characters of its date, or the day
/// of the instant if the text has an offset from UTC.
inline model::Day CutDayOf(std::string_view text, const FieldDate& date) {
  if (date.offset_seconds.value_or(0) == 0) {
    if (const auto day = model::Day::Parse(text.substr(0, 10))) return *day;
  }
  return model::Day::OfMillis(date.utc_millis);
}

/// Reads the dates of one column, each distinct text once. Not thread-safe.
class DateMemo {
 public:
  struct Entry {
    std::optional<FieldDate> date;  // Absent: the text is none.
    model::Day cut_day;             // Only with a date.
    bool is_new = false;            // The text was not seen before, as far as is remembered.
  };

  /// Valid until the next call.
  const Entry& Read(std::string_view text) {
    if (last_ < entries_.size() && text == texts_.text(last_)) {
      entries_[last_].is_new = false;
      return entries_[last_];
    }
    if (entries_.size() > kMostTexts) {
      texts_ = {};
      entries_.resize(1);
    }
    last_ = texts_.Intern(text);
    if (last_ < entries_.size()) {
      entries_[last_].is_new = false;
    } else {
      Entry entry{ParseFieldDate(text), {}, true};
      if (entry.date) entry.cut_day = CutDayOf(text, *entry.date);
      entries_.push_back(entry);
    }
    return entries_[last_];
  }

 private:
  // Hours of a month are far fewer: who has more does not repeat them.
  static constexpr size_t kMostTexts = 50'000;

  base::Interner texts_;
  std::vector<Entry> entries_ = {Entry{}};  // By id.
  base::TextId last_ = base::kNullText;
};

}  // namespace matome::ingest
