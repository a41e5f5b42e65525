// SPDX-License-Identifier: Apache-2.0
#include "s3/http_date.h"

#include <array>
#include <cstdio>
#include <string_view>

namespace matome::s3 {

std::optional<std::chrono::sys_seconds> ParseHttpDate(const std::string& text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  unsigned day = 0;
  std::array<char, 4> month{};
  int year = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int end = 0;
  if (std::sscanf(text.c_str(), "%*3s, %2u %3s %4d %2d:%2d:%2d GMT%n", &day, month.data(), &year,
                  &hour, &minute, &second, &end) != 6 ||
      end != std::ssize(text)) {
    return std::nullopt;
  }
  const size_t at = months.find(month.data());
  if (at == std::string_view::npos || at % 3 != 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(at / 3 + 1)),
                                         std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace matome::s3
