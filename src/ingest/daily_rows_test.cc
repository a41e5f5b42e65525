// SPDX-License-Identifier: Apache-2.0
#include "ingest/daily_rows.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/batches_for_test.h"
#include "model/day.h"

namespace matome::ingest {
namespace {

using ::testing::ElementsAre;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr auto kUsage = "pod_usage_cpu_core_seconds";

// Rows of one pod and day with these numbers.
ConvertedTable PodRows(std::vector<double> usage) {
  ConvertedTable table;
  table.row_count = usage.size();
  table.columns.push_back(
      {"interval_start",
       TimeColumn{std::vector(usage.size(), model::Day::Parse("2025-10-01")->start_millis())}});
  table.columns.push_back({"pod", TextColumn{std::vector<int32_t>(usage.size(), 0), {"p"}}});
  table.columns.push_back({kUsage, NumberColumn{std::move(usage)}});
  return table;
}

std::vector<std::string> SumOf(std::vector<double> usage) {
  return ToText(AggregateByDay(CsvReport::kPodUsage, PodRows(std::move(usage))))[kUsage];
}

TEST(DailyRowsTest, SumsAreCompensated) {
  EXPECT_THAT(SumOf({1e16, 1, 1, 1, 1, -1e16}), ElementsAre("4"));
  EXPECT_THAT(SumOf(std::vector(10, 0.1)), ElementsAre("1"));
}

TEST(DailyRowsTest, SumsPassOverNullAndKeepInfinity) {
  EXPECT_THAT(SumOf({kNan, 1, kNan}), ElementsAre("1"));
  EXPECT_THAT(SumOf({kNan}), ElementsAre("0"));
  EXPECT_THAT(SumOf({1, -kInfinity, 2}), ElementsAre("-inf"));
}

TEST(DailyRowsTest, SortsByCodePointNullLast) {
  ConvertedTable table = PodRows({1, 2, 3, 4, 5, 6});
  table.columns[1].values = TextColumn{{0, 1, 2, 3, TextColumn::kNull, 0}, {"é", "Z", "a", ""}};
  const auto daily = ToText(AggregateByDay(CsvReport::kPodUsage, table));
  EXPECT_THAT(daily["pod"], ElementsAre("", "Z", "a", "é", "NULL"));
  EXPECT_THAT(daily[kUsage], ElementsAre("4", "2", "3", "7", "5"));
}

TEST(DailyRowsTest, MaximumOfTextsIsByCodePointAndSkipsNull) {
  ConvertedTable table = PodRows({1, 1, 1, 1});
  table.columns.push_back(
      {"node_role", TextColumn{{TextColumn::kNull, 1, 0, 2}, {"worker", "Worker", ""}}});
  table.columns.push_back({"resource_id", TextColumn{std::vector(4, TextColumn::kNull), {}}});
  const auto daily = ToText(AggregateByDay(CsvReport::kPodUsage, table));
  EXPECT_THAT(daily["node_role"], ElementsAre("worker"));
  EXPECT_THAT(daily["resource_id"], ElementsAre("NULL"));
}

TEST(DailyRowsTest, AcceptsNoRows) {
  const auto daily = AggregateByDay(CsvReport::kPodUsage, PodRows({}));
  EXPECT_EQ(daily.row_count, 0U);
}

TEST(DailyRowsTest, DaysBefore1970) {
  ConvertedTable table = PodRows({1});
  std::get<TimeColumn>(table.columns[0].values).millis[0] = -1;
  EXPECT_THAT(ToText(AggregateByDay(CsvReport::kPodUsage, table))["interval_start"],
              ElementsAre("1969-12-31 00:00:00"));
}

}  // namespace
}  // namespace matome::ingest
