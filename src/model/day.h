// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace matome::model {

inline constexpr int64_t kMillisPerDay = 86'400'000;

/// A calendar date without a zone, as days since 1970-01-01.
struct Day {
  int32_t days_since_epoch = 0;

  /// The calendar date of a wall-clock instant.
  static Day OfMillis(int64_t millis);
  /// Parses "YYYY-MM-DD"; nothing else is a date.
  static std::optional<Day> Parse(std::string_view text);

  int64_t start_millis() const { return int64_t{days_since_epoch} * kMillisPerDay; }
  std::string ToString() const;
  Day operator+(int32_t days) const { return {days_since_epoch + days}; }

  auto operator<=>(const Day&) const = default;
};

/// A calendar month.
struct Month {
  int32_t year = 1970;
  int32_t month = 1;  // 1 to 12

  static Month Of(Day day);
  /// Parses "YYYY-MM"; nothing else is a month.
  static std::optional<Month> Parse(std::string_view text);

  Day first_day() const;
  Day last_day() const;
  int32_t day_count() const {
    return last_day().days_since_epoch - first_day().days_since_epoch + 1;
  }
  int32_t day_of(Day day) const { return day.days_since_epoch - first_day().days_since_epoch + 1; }
  std::string ToString() const;

  auto operator<=>(const Month&) const = default;
};

/// Days from `first` to `last`, both inclusive.
struct DayRange {
  Day first;
  Day last;

  bool Contains(Day day) const { return first <= day && day <= last; }
  auto operator<=>(const DayRange&) const = default;
};

}  // namespace matome::model
