// SPDX-License-Identifier: Apache-2.0
#include "model/day.h"

#include <chrono>

#include <fmt/format.h>

namespace matome::model {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

year_month_day Civil(Day day) { return year_month_day{sys_days{days{day.days_since_epoch}}}; }

Day FromCivil(const year_month_day& date) {
  return {static_cast<int32_t>(sys_days{date}.time_since_epoch().count())};
}

std::optional<int32_t> Digits(std::string_view text) {
  int32_t value = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  return value;
}

}  // namespace

Day Day::OfMillis(int64_t millis) {
  int64_t day = millis / kMillisPerDay;
  if (millis % kMillisPerDay < 0) --day;
  return {static_cast<int32_t>(day)};
}

std::optional<Day> Day::Parse(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = Digits(text.substr(0, 4));
  const auto month = Digits(text.substr(5, 2));
  const auto day = Digits(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const year_month_day date{std::chrono::year{*year},
                            std::chrono::month{static_cast<unsigned>(*month)},
                            std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return FromCivil(date);
}

std::string Day::ToString() const {
  const auto date = Civil(*this);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

Month Month::Of(Day day) {
  const auto date = Civil(day);
  return {static_cast<int>(date.year()), static_cast<int32_t>(static_cast<unsigned>(date.month()))};
}

std::optional<Month> Month::Parse(std::string_view text) {
  if (text.size() != 7 || text[4] != '-') return std::nullopt;
  const auto year = Digits(text.substr(0, 4));
  const auto month = Digits(text.substr(5, 2));
  if (!year || !month || *month < 1 || *month > 12) return std::nullopt;
  return Month{*year, *month};
}

Day Month::first_day() const {
  return FromCivil({std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                    std::chrono::day{1}});
}

Day Month::last_day() const {
  const Month next = month == 12 ? Month{year + 1, 1} : Month{year, month + 1};
  return next.first_day() + -1;
}

std::string Month::ToString() const { return fmt::format("{:04}-{:02}", year, month); }

}  // namespace matome::model
