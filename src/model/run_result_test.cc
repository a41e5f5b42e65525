// SPDX-License-Identifier: Apache-2.0
#include "model/run_result.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::model {
namespace {

using ::testing::ElementsAre;

DayResult DayIn(DayState state, base::Status status = {}) {
  DayResult day;
  day.state = state;
  day.status = std::move(status);
  return day;
}

int ExitCodeOfDays(std::vector<DayResult> days) {
  RunResult run;
  run.days = std::move(days);
  return run.ExitCode();
}

TEST(RunResult, IsDoneWhenNoDayFailed) {
  EXPECT_EQ(ExitCodeOfDays({}), 0);
  EXPECT_EQ(ExitCodeOfDays({DayIn(DayState::kWritten), DayIn(DayState::kUnchanged),
                            DayIn(DayState::kEmpty), DayIn(DayState::kRemoved)}),
            0);
}

TEST(RunResult, IsDoneInPartWhenSomeDaysFailedOrAreIncomplete) {
  EXPECT_EQ(ExitCodeOfDays({DayIn(DayState::kWritten), DayIn(DayState::kIncomplete)}), 3);
  EXPECT_EQ(
      ExitCodeOfDays({DayIn(DayState::kFailed, base::BadInput("x")), DayIn(DayState::kUnchanged)}),
      3);
  EXPECT_EQ(
      ExitCodeOfDays({DayIn(DayState::kFailed, base::BadInput("x")), DayIn(DayState::kIncomplete)}),
      3);
}

TEST(RunResult, TakesTheCodeOfTheFirstFailedDayWhenNoneSucceeded) {
  EXPECT_EQ(ExitCodeOfDays({DayIn(DayState::kEmpty), DayIn(DayState::kFailed, base::BadInput("x")),
                            DayIn(DayState::kFailed, base::Temporary("y"))}),
            14);
  EXPECT_EQ(ExitCodeOfDays({DayIn(DayState::kFailed, base::Temporary("y"))}), 75);
}

TEST(MergeAudit, AddsAndKeepsAtMostThreeDistinctExamples) {
  Audit from;
  from[0] = {2, 1, 1.5, 0.25, {"a", "b"}};
  Audit into;
  into[0] = {1, 1, 0.5, 0.25, {"b", "c"}};
  MergeAudit(from, into);
  EXPECT_EQ(into[0].input_rows, 3);
  EXPECT_EQ(into[0].groups, 2);
  EXPECT_EQ(into[0].extra_core_hours, 2.0);
  EXPECT_EQ(into[0].extra_gigabyte_months, 0.5);
  EXPECT_THAT(into[0].examples, ElementsAre("b", "c", "a"));
  from[0].examples = {"d"};
  MergeAudit(from, into);
  EXPECT_THAT(into[0].examples, ElementsAre("b", "c", "a"));
}

TEST(AuditCause, HasItsOwnNameAndExplanation) {
  std::set<std::string_view> names;
  std::set<std::string_view> explanations;
  for (size_t cause = 0; cause < kAuditCauseCount; ++cause) {
    names.insert(AuditCauseName(static_cast<AuditCause>(cause)));
    explanations.insert(AuditCauseExplanation(static_cast<AuditCause>(cause)));
  }
  EXPECT_EQ(names.size(), kAuditCauseCount);
  EXPECT_EQ(explanations.size(), kAuditCauseCount);
  EXPECT_EQ(names.count("unknown"), 0U);
}

TEST(DayState, HasAName) {
  EXPECT_EQ(DayStateName(DayState::kWritten), "written");
  EXPECT_EQ(DayStateName(DayState::kFailed), "failed");
}

}  // namespace
}  // namespace matome::model
