// SPDX-License-Identifier: Apache-2.0
#include "sink/tree_output.h"

#include <gmock/gmock.h>

#include "sink/day_for_test.h"
#include "sink/directory_for_test.h"
#include "sink/open_output.h"

namespace matome::sink {
namespace {

using model::Day;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kRecord = "_matome/quarantine/source=u-1/2025-10-03.jsonl";
constexpr const char* kLedger = "_matome/ledger/source=u-1/2025-10.json";

class TreeOutputTest : public DirectoryTest {
 protected:
  base::Result<std::unique_ptr<MonthOutput>> Open(OpenFor purpose = OpenFor::kWriting) {
    return OpenOutput(
        TreeTarget{.directory = root()},
        {.source_uuid = "u-1", .month = {2025, 10}, .run_id = "run", .purpose = purpose});
  }

  MonthState Load(MonthOutput& output) {
    auto state = output.Load({day_, day_ + 1}, warnings_);
    EXPECT_TRUE(state.ok()) << state.status().message();
    return std::move(state).value();
  }

  base::Status Commit(MonthOutput& output, const std::vector<model::BadInput>& bad = {},
                      int rows = 1) {
    DayForTest day("2025-10-03");
    for (int row = 0; row < rows; ++row) day.AddPod("ns", "n1", 1.0 + row);
    model::LedgerDay entry;
    entry.fingerprint.input = "i";
    entry.incomplete = !bad.empty();
    return output.Commit({.summary = day.summary(),
                          .constants = kConstantsForTest,
                          .entry = entry,
                          .quarantined = bad},
                         notes_);
  }

  const Day day_ = *Day::Parse("2025-10-03");
  std::vector<std::string> warnings_;
  CommitNotes notes_;
};

TEST_F(TreeOutputTest, RemembersWhatItWrote) {
  {
    const auto output = Open().value();
    EXPECT_THAT(Load(*output).stamps, IsEmpty());
    ASSERT_TRUE(Commit(*output).ok());
    ASSERT_TRUE(output->SaveRoles({.input = "roles", .nodes = {}, .day_hashes = {}}).ok());
  }
  const auto output = Open(OpenFor::kReading).value();
  const MonthState state = Load(*output);
  ASSERT_TRUE(state.days.contains(day_));
  EXPECT_EQ(state.days.at(day_).fingerprint.input, "i");
  EXPECT_EQ(state.days.at(day_).stamp, state.stamps.at(day_));
  EXPECT_FALSE(state.stamps.contains(day_ + 1));
  ASSERT_TRUE(state.roles.has_value());
  EXPECT_EQ(state.roles->input, "roles");
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_THAT(notes_.warnings, IsEmpty());
}

TEST_F(TreeOutputTest, ADayWithoutRowsLosesItsFileAndIsRemembered) {
  const auto output = Open().value();
  Load(*output);
  ASSERT_TRUE(Commit(*output).ok());
  ASSERT_TRUE(Commit(*output, {}, 0).ok());
  const MonthState state = Load(*output);
  EXPECT_THAT(state.stamps, IsEmpty());
  ASSERT_TRUE(state.days.contains(day_));
  EXPECT_EQ(state.days.at(day_).stamp, std::nullopt);
}

TEST_F(TreeOutputTest, WithoutItsRecordADayIsNotWritten) {
  const auto output = Open().value();
  Load(*output);
  Write("_matome/quarantine", "a file");
  const std::vector<model::BadInput> bad = {{.object = "o", .reason = "r"}};
  EXPECT_EQ(Commit(*output, bad).code(), base::Code::kFailed);
  EXPECT_THAT(Load(*output).stamps, IsEmpty());
}

TEST_F(TreeOutputTest, TheRecordGoesWithTheDayThatIsWhole) {
  const auto output = Open().value();
  Load(*output);
  ASSERT_TRUE(Commit(*output, {{.object = "o", .reason = "r"}}).ok());
  EXPECT_TRUE(Exists(kRecord));
  EXPECT_TRUE(Load(*output).days.at(day_).incomplete);
  ASSERT_TRUE(Commit(*output).ok());
  EXPECT_FALSE(Exists(kRecord));
}

TEST_F(TreeOutputTest, ALedgerThatCannotBeKeptIsAWarning) {
  const auto output = Open().value();
  Load(*output);
  std::filesystem::create_directories(root_ / kLedger);
  EXPECT_TRUE(Commit(*output).ok());
  EXPECT_THAT(notes_.warnings,
              ElementsAre(HasSubstr("day 2025-10-03: its rows are written, but not remembered")));
}

TEST_F(TreeOutputTest, OnlyWritingTakesTheLock) {
  const auto reading = Open(OpenFor::kReading);
  EXPECT_FALSE(Exists("_matome"));
  const auto writing = Open();
  ASSERT_TRUE(writing.ok());
  EXPECT_EQ(Open().status().code(), base::Code::kLocked);
  EXPECT_TRUE(Open(OpenFor::kReading).ok());
}

TEST_F(TreeOutputTest, OpeningForWritingRemovesWhatKilledRunsLeft) {
  const std::string leftover =
      "reporting_ocpusagelineitem_daily_summary/source=u-1/year=2025/month=10/day=3/.part-0.x.tmp";
  Write(leftover, "half a day");
  ASSERT_TRUE(Open(OpenFor::kReading).ok());
  EXPECT_TRUE(Exists(leftover));
  ASSERT_TRUE(Open().ok());
  EXPECT_FALSE(Exists(leftover));
}

}  // namespace
}  // namespace matome::sink
