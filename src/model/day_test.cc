// SPDX-License-Identifier: Apache-2.0
#include "model/day.h"

#include <gtest/gtest.h>

namespace matome::model {
namespace {

TEST(Day, ReadsAndPrintsDates) {
  EXPECT_EQ(Day::Parse("1970-01-02")->days_since_epoch, 1);
  EXPECT_EQ(Day::Parse("2024-02-29")->ToString(), "2024-02-29");
  for (const char* text :
       {"2023-02-29", "2024-2-29", "2024-02-29 ", "", "2024/02/29", "abcd-ef-gh"}) {
    EXPECT_FALSE(Day::Parse(text)) << text;
  }
}

TEST(Day, OfMillisIsTheCalendarDateAlsoBeforeTheEpoch) {
  EXPECT_EQ(Day::OfMillis(0).days_since_epoch, 0);
  EXPECT_EQ(Day::OfMillis(kMillisPerDay - 1).days_since_epoch, 0);
  EXPECT_EQ(Day::OfMillis(-1).days_since_epoch, -1);
  EXPECT_EQ(Day::OfMillis(-kMillisPerDay).days_since_epoch, -1);
}

TEST(Month, KnowsItsDays) {
  const Month february = *Month::Parse("2024-02");
  EXPECT_EQ(february.day_count(), 29);
  EXPECT_EQ(february.last_day().ToString(), "2024-02-29");
  EXPECT_EQ(Month::Of(*Day::Parse("2025-12-31")).ToString(), "2025-12");
  EXPECT_EQ(Month::Parse("2025-12")->last_day().ToString(), "2025-12-31");
  EXPECT_EQ(february.day_of(*Day::Parse("2024-02-07")), 7);
  for (const char* text : {"2024-13", "2024-00", "2024-1", "202401", ""})
    EXPECT_FALSE(Month::Parse(text)) << text;
}

}  // namespace
}  // namespace matome::model
