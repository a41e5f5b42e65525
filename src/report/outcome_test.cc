// SPDX-License-Identifier: Apache-2.0
#include "report/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::report {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

RunOutcome TwoSources() {
  RunOutcome run;
  run.wall_seconds = 2;
  run.sources.resize(2);
  for (auto& source : run.sources) {
    source.result.rows_read = 100;
    auto& written = source.result.days.emplace_back();
    written.state = model::DayState::kWritten;
    written.rows_out = {1, 2, 3};
    auto& unchanged = source.result.days.emplace_back();
    unchanged.state = model::DayState::kUnchanged;
    unchanged.rows_out = {9, 9, 9};
  }
  run.sources[0].result.label_key_texts = {{"app", 5}, {"env", 7}};
  run.sources[1].result.label_key_texts = {{"app", 5}, {"team", 1}};
  return run;
}

TEST(RunOutcome, AddsItsSourcesUp) {
  const auto run = TwoSources();
  EXPECT_EQ(TotalRowsRead(run), 200);
  EXPECT_EQ(TotalRowsWritten(run), 12);
  EXPECT_THAT(RowsWritten(run.sources[0].result), ElementsAre(1, 2, 3));
  EXPECT_EQ(RowsPerSecond(run), 100);
  EXPECT_THAT(CountDays(run), ElementsAre(2, 2, 0, 0, 0, 0));
}

TEST(WarningsBesideDays, LeavesOutWhatADayTells) {
  model::RunResult result;
  auto& failed = result.days.emplace_back();
  failed.status = base::BadInput("a.parquet: bad footer");
  auto& incomplete = result.days.emplace_back();
  incomplete.quarantined.push_back({"b.parquet", 0, 7, "pod_labels", "not JSON", "{"});
  result.warnings = {"a.parquet: bad footer",
                     "b.parquet, row group 0, row 7, column pod_labels: not JSON", "other",
                     "other"};
  EXPECT_THAT(WarningsBesideDays(result), ElementsAre("other"));
}

TEST(RunOutcome, RanksLabelKeys) {
  EXPECT_THAT(MostFrequentLabelKeys(TwoSources(), 2), ElementsAre(Pair("app", 10), Pair("env", 7)));
}

TEST(WorseExitCode, RanksStopsAbovePartsAboveNothing) {
  EXPECT_EQ(WorseExitCode(0, 4), 4);
  EXPECT_EQ(WorseExitCode(14, 3), 14);
  EXPECT_EQ(WorseExitCode(75, 14), 14);
  EXPECT_EQ(WorseExitCode(1, 14), 1);
  EXPECT_EQ(WorseExitCode(130, 1), 130);
  EXPECT_EQ(WorseExitCode(0, 99), 99);
}

}  // namespace
}  // namespace matome::report
