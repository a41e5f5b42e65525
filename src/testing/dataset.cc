// SPDX-License-Identifier: Apache-2.0
#include "testing/dataset.h"

#include <chrono>

namespace matome::testing {

std::optional<int64_t> DayOf(std::optional<int64_t> interval_start_ms) {
  if (!interval_start_ms.has_value()) {
    return std::nullopt;
  }
  int64_t day = *interval_start_ms / kMillisecondsPerDay;
  if (*interval_start_ms % kMillisecondsPerDay < 0) {
    --day;
  }
  return day;
}

int64_t DaysInMonthOf(int64_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  const std::chrono::year_month_day_last last{date.year() / date.month() / std::chrono::last};
  return static_cast<int64_t>(static_cast<unsigned>(last.day()));
}

int64_t DayNumber(int year, unsigned month, unsigned day) {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  return std::chrono::sys_days{date}.time_since_epoch().count();
}

}  // namespace matome::testing
