// SPDX-License-Identifier: Apache-2.0
#include "pipeline/work_unit.h"

#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::pipeline {
namespace {

using model::Day;
using model::PlanState;
using model::Report;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A plan of the days 1 … 9 of October, all of which need work at first.
class WorkUnitTest : public ::testing::Test {
 protected:
  WorkUnitTest() {
    plan_.month = {2025, 10};
    plan_.catalog.month = plan_.month;
    for (int day = 1; day <= 9; ++day) {
      DayPlan& added = plan_.days.emplace_back();
      added.day = DayAt(day);
      added.state = PlanState::kNew;
    }
  }

  static Day DayAt(int day) { return *Day::Parse("2025-10-01") + (day - 1); }

  /// A file of one row group that may hold rows of days `first` to `last`.
  void AddFile(Report report, int first, int last, int64_t rows = 100, int64_t bytes = 1000) {
    catalog::CatalogFile file;
    file.report = report;
    file.file.row_groups.push_back(
        {.rows = rows, .time_bounds = {}, .chunks = {{.compressed_bytes = bytes}}});
    const auto index = static_cast<uint32_t>(plan_.catalog.files.size());
    plan_.catalog.files.push_back(std::move(file));
    plan_.catalog.row_groups.push_back(
        {.file = index, .row_group = 0, .days = {DayAt(first), DayAt(last)}});
  }

  DayPlan& Plan(int day) { return plan_.days[static_cast<size_t>(day - 1)]; }

  /// "1,2: 0 3" for a unit of days 1 and 2 that reads files 0 and 3.
  std::vector<std::string> Units() {
    std::vector<std::string> texts;
    for (const auto& unit : CutIntoUnits(plan_)) {
      std::string text;
      for (const auto* day : unit.days) {
        text += (text.empty() ? "" : ",") + std::to_string(plan_.month.day_of(day->day));
      }
      text += ":";
      for (const auto* group : unit.row_groups) text += " " + std::to_string(group->file);
      texts.push_back(text);
    }
    return texts;
  }

  MonthPlan plan_;
};

TEST_F(WorkUnitTest, ADayIsAUnit) {
  plan_.days.resize(3);
  AddFile(Report::kPodUsageDaily, 1, 1);
  AddFile(Report::kPodUsageDaily, 3, 3);
  AddFile(Report::kPodUsageDaily, 1, 1);
  EXPECT_THAT(Units(), ElementsAre("1: 0 2", "2:", "3: 1"));
}

TEST_F(WorkUnitTest, DaysThatShareARowGroupAreDoneTogether) {
  AddFile(Report::kPodUsageDaily, 1, 1);
  AddFile(Report::kPodUsageDaily, 2, 3);
  AddFile(Report::kNodeLabelsDaily, 3, 4);
  AddFile(Report::kPodUsageHourly, 7, 9);
  EXPECT_THAT(Units(), ElementsAre("1: 0", "2,3,4: 2 1", "5:", "6:", "7,8,9: 3"));
}

TEST_F(WorkUnitTest, AMonthInOneRowGroupIsOneUnit) {
  AddFile(Report::kPodUsageDaily, 1, 9);
  EXPECT_THAT(Units(), ElementsAre("1,2,3,4,5,6,7,8,9: 0"));
}

TEST_F(WorkUnitTest, DaysThatNeedNoWorkAreLeftOut) {
  AddFile(Report::kPodUsageDaily, 1, 1);
  AddFile(Report::kPodUsageDaily, 2, 4);
  AddFile(Report::kPodUsageDaily, 5, 6);
  for (const int day : {1, 3, 5, 6, 8}) Plan(day).state = PlanState::kUnchanged;
  Plan(7).status = base::BadInput("unreadable");
  Plan(9).state = PlanState::kEmpty;
  // Days 2 and 4 still share a row group over the unchanged day 3.
  EXPECT_THAT(Units(), ElementsAre("2,4: 1"));
}

TEST_F(WorkUnitTest, NothingToDoGivesNoUnits) {
  AddFile(Report::kPodUsageDaily, 1, 9);
  for (auto& day : plan_.days) day.state = PlanState::kUnchanged;
  EXPECT_THAT(Units(), IsEmpty());
}

TEST_F(WorkUnitTest, RowGroupsOutsideOfTheRangeAreNotRead) {
  plan_.days.erase(plan_.days.begin(), plan_.days.begin() + 4);  // 5 … 9
  plan_.days.resize(2);                                          // 5, 6
  AddFile(Report::kPodUsageDaily, 1, 4);
  AddFile(Report::kPodUsageDaily, 4, 5);
  AddFile(Report::kPodUsageDaily, 7, 9);
  AddFile(Report::kPodUsageDaily, 1, 9);
  EXPECT_THAT(Units(), ElementsAre("5,6: 1 3"));
}

TEST_F(WorkUnitTest, ReadsStorageBeforePodsAndPodsLast) {
  plan_.days.resize(1);
  AddFile(Report::kPodUsageHourly, 1, 1);
  AddFile(Report::kPodUsageDaily, 1, 1);
  AddFile(Report::kPodUsageDaily, 1, 1);
  AddFile(Report::kStorageUsageDaily, 1, 1);
  AddFile(Report::kNodeLabelsDaily, 1, 1);
  AddFile(Report::kNamespaceLabelsDaily, 1, 1);
  AddFile(Report::kStorageUsageDaily, 1, 1);
  EXPECT_THAT(Units(), ElementsAre("1: 4 5 3 6 0 1 2"));
}

TEST_F(WorkUnitTest, CountsBytesAndEstimatesMemoryByDailyPodRows) {
  plan_.days.resize(1);
  AddFile(Report::kPodUsageHourly, 1, 1, 1'000'000, 5);
  const auto hourly = CutIntoUnits(plan_).at(0);
  EXPECT_EQ(hourly.bytes, 5);
  AddFile(Report::kPodUsageDaily, 1, 1, 10'000, 7);
  const auto both = CutIntoUnits(plan_).at(0);
  EXPECT_EQ(both.bytes, 12);
  EXPECT_GT(hourly.estimated_memory_bytes, 0);
  EXPECT_GT(both.estimated_memory_bytes, hourly.estimated_memory_bytes + 10'000 * 100);
}

}  // namespace
}  // namespace matome::pipeline
