// SPDX-License-Identifier: Apache-2.0
#include "sink/tree_output.h"

#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sink/month_lock.h"
#include "sink/tree_layout.h"
#include "sink/tree_output_for_test.h"
#include "testing/minio_server.h"

namespace matome::sink {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

enum class Where : uint8_t { kDirectory, kMemory, kMinio };

class AnyTreeOutputTest : public TreeOutputTest, public ::testing::WithParamInterface<Where> {
 protected:
  void SetUp() override {
    TreeOutputTest::SetUp();
    switch (GetParam()) {
      case Where::kDirectory:
        return UseDirectory();
      case Where::kMemory:
        return UseBucketInMemory();
      case Where::kMinio: {
        auto& server = testing::MinioServer::Shared();
        return Use({.s3 = server.Options(server.MakeBucket(), "a/b/")});
      }
    }
  }
};

std::string NameOfPlace(const ::testing::TestParamInfo<Where>& where) {
  switch (where.param) {
    case Where::kDirectory:
      return "ADirectory";
    case Where::kMemory:
      return "Memory";
    case Where::kMinio:
      return "MinIO";
  }
  return "?";
}

INSTANTIATE_TEST_SUITE_P(In, AnyTreeOutputTest,
                         ::testing::Values(Where::kDirectory, Where::kMemory, Where::kMinio),
                         NameOfPlace);

TEST_P(AnyTreeOutputTest, RemembersWhatItWrote) {
  {
    const auto output = Open().value();
    EXPECT_THAT(Load(*output).stamps, IsEmpty());
    ASSERT_TRUE(Commit(*output).ok());
    ASSERT_TRUE(output->SaveRoles({.input = "roles", .nodes = {}, .day_hashes = {}}).ok());
    ASSERT_TRUE(output->Finish().ok());
  }
  EXPECT_TRUE(Has(kRows));
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

TEST_P(AnyTreeOutputTest, LooksAtTheStampsOfTheDaysAskedFor) {
  const auto output = Open().value();
  Load(*output);
  for (const auto* date : {"2025-10-02", "2025-10-03", "2025-10-04", "2025-10-05"})
    ASSERT_TRUE(Commit(*output, {}, 1, date).ok());
  const MonthState state = Reload(*output);
  EXPECT_EQ(state.days.size(), 4U);
  EXPECT_EQ(state.stamps.size(), 2U);
  EXPECT_TRUE(state.stamps.contains(day_) && state.stamps.contains(day_ + 1));
}

TEST_P(AnyTreeOutputTest, ADayIsReplacedAgainAndAgain) {
  const auto output = Open().value();
  Load(*output);
  for (const int rows : {1, 2, 3}) ASSERT_TRUE(Commit(*output, {}, rows).ok());
  const auto version = store_->VersionOf(kRows).value();
  const MonthState state = Reload(*output);
  EXPECT_EQ(state.stamps.at(day_), version);
  EXPECT_EQ(state.days.at(day_).stamp, version);
  EXPECT_THAT(notes_.warnings, IsEmpty());
}

TEST_P(AnyTreeOutputTest, ADayWithoutRowsLosesItsFileAndIsRemembered) {
  const auto output = Open().value();
  Load(*output);
  ASSERT_TRUE(Commit(*output).ok());
  ASSERT_TRUE(Commit(*output, {}, 0).ok());
  const MonthState state = Reload(*output);
  EXPECT_THAT(state.stamps, IsEmpty());
  ASSERT_TRUE(state.days.contains(day_));
  EXPECT_EQ(state.days.at(day_).stamp, std::nullopt);
  ASSERT_TRUE(Commit(*output).ok());
  EXPECT_TRUE(Has(kRows));
}

TEST_P(AnyTreeOutputTest, TheRecordGoesWithTheDayThatIsWhole) {
  auto output = Open().value();
  Load(*output);
  ASSERT_TRUE(Commit(*output, {{.object = "o", .reason = "r"}}).ok());
  EXPECT_TRUE(Has(kRecord));
  EXPECT_TRUE(Reload(*output).days.at(day_).incomplete);
  ASSERT_TRUE(Commit(*output).ok());
  EXPECT_FALSE(Has(kRecord));
  // That of an earlier run too.
  ASSERT_TRUE(Commit(*output, {{.object = "o", .reason = "r"}}).ok());
  output.reset();
  output = Open().value();
  Load(*output);
  ASSERT_TRUE(Commit(*output).ok());
  EXPECT_FALSE(Has(kRecord));
}

TEST_P(AnyTreeOutputTest, OnlyWritingTakesTheLock) {
  {
    const auto reading = Open(OpenFor::kReading);
    EXPECT_THAT(store_->List("").value(), IsEmpty());
    auto writing = Open();
    ASSERT_TRUE(writing.ok());
    EXPECT_TRUE(IsMonthLocked(*store_, "u-1", {2025, 10}).value());
    EXPECT_EQ(Open().status().code(), base::Code::kLocked);
    EXPECT_TRUE(Open(OpenFor::kReading).ok());
  }
  EXPECT_FALSE(IsMonthLocked(*store_, "u-1", {2025, 10}).value());
  EXPECT_TRUE(Open().ok());
}

TEST_P(AnyTreeOutputTest, ADayOfOthersIsSeenByItsStamp) {
  {
    const auto output = Open().value();
    Load(*output);
    ASSERT_TRUE(Commit(*output).ok());
    ASSERT_TRUE(output->Finish().ok());
  }
  ASSERT_TRUE(store_->Put(kRows, [](const store::ByteSink&) { return base::Status(); }, {}).ok());
  const auto output = Open().value();
  const MonthState state = Load(*output);
  EXPECT_NE(state.days.at(day_).stamp, state.stamps.at(day_));
  EXPECT_TRUE(Commit(*output).ok());
}

class TreeInDirectoryTest : public TreeOutputTest {
 protected:
  void SetUp() override {
    TreeOutputTest::SetUp();
    UseDirectory();
  }
};

TEST_F(TreeInDirectoryTest, WithoutItsRecordADayIsNotWritten) {
  const auto output = Open().value();
  Load(*output);
  Write("_matome/quarantine", "a file");
  const std::vector<model::BadInput> bad = {{.object = "o", .reason = "r"}};
  EXPECT_EQ(Commit(*output, bad).code(), base::Code::kFailed);
  EXPECT_THAT(Load(*output).stamps, IsEmpty());
}

TEST_F(TreeInDirectoryTest, ALedgerThatCannotBeKeptIsAWarning) {
  const auto output = Open().value();
  Load(*output);
  std::filesystem::create_directories(root_ / kLedger);
  EXPECT_TRUE(Commit(*output).ok());
  EXPECT_THAT(output->Finish().message(), HasSubstr("written, but not remembered"));
  // Nor does one that cannot be read keep anybody from working.
  EXPECT_THAT(Load(*output).days, IsEmpty());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("2025-10.json cannot be used")));
}

TEST_F(TreeInDirectoryTest, OpeningForWritingRemovesWhatKilledRunsLeft) {
  const std::string day = std::string(kRows).substr(0, std::string(kRows).rfind('/') + 1);
  const std::vector<std::string> left = {day + ".part-0.x.tmp",
                                         "_matome/ledger/source=u-1/.2025-10.x.tmp",
                                         "_matome/quarantine/source=u-1/.2025-10-03.x.tmp"};
  const std::vector<std::string> of_others = {"_matome/ledger/source=u-1/.2025-11.x.tmp",
                                              "_matome/quarantine/source=u-1/.2025-11-03.x.tmp"};
  for (const auto& path : left) Write(path, "half");
  for (const auto& path : of_others) Write(path, "half");
  ASSERT_TRUE(Open(OpenFor::kReading).ok());
  for (const auto& path : left) EXPECT_TRUE(Exists(path)) << path;
  ASSERT_TRUE(Open().ok());
  for (const auto& path : left) EXPECT_FALSE(Exists(path)) << path;
  for (const auto& path : of_others) EXPECT_TRUE(Exists(path)) << path;
}

class TreeInBucketTest : public TreeOutputTest {
 protected:
  void SetUp() override {
    TreeOutputTest::SetUp();
    UseBucketInMemory();
  }
};

TEST_F(TreeInBucketTest, NothingIsWrittenOnceTheLockIsLost) {
  const auto output = Open().value();
  Load(*output);
  ASSERT_TRUE(Commit(*output).ok());
  const auto before = store_->List("").value();
  bucket_->LoseLocks();
  const auto status = Commit(*output, {{.object = "o", .reason = "r"}}, 2);
  EXPECT_EQ(status.code(), base::Code::kLocked);
  EXPECT_THAT(status.message(), HasSubstr("is lost"));
  EXPECT_EQ(store_->List("").value(), before);
}

TEST_F(TreeInBucketTest, ALockThatIsLostWhileADayIsEncodedKeepsItFromBeingWritten) {
  const auto output = Open().value();
  Load(*output);
  bucket_->before_put = [&](const std::string& key) {
    if (key == kRecord) bucket_->LoseLocks();
    return base::Status();
  };
  EXPECT_EQ(Commit(*output, {{.object = "o", .reason = "r"}}).code(), base::Code::kLocked);
  EXPECT_FALSE(Has(kRows));
}

// A run that was stopped for so long that another took its lock, and then goes on as if nothing
// were.
TEST_F(TreeInBucketTest, WhoComesBackTooLateIsFencedOffByTheDay) {
  const auto late = Open().value();
  Load(*late);
  bucket_->before_put = [&](const std::string& key) {
    if (key != kRows) return base::Status();
    bucket_->before_put = nullptr;
    bucket_->LoseLocks();
    const auto other = Open().value();
    Load(*other);
    MATOME_RETURN_IF_ERROR(Commit(*other, {}, 5));
    return other->Finish();
  };
  const auto status = Commit(*late);
  EXPECT_EQ(status.code(), base::Code::kLocked);
  const MonthState state = Load(*Open(OpenFor::kReading).value());
  EXPECT_EQ(state.stamps.at(day_), state.days.at(day_).stamp);
  // Nothing else either.
  EXPECT_EQ(Commit(*late, {}, 1, "2025-10-04").code(), base::Code::kLocked);
}

TEST_F(TreeInBucketTest, AnotherRunsLedgerStopsTheRun) {
  const auto output = Open().value();
  Load(*output);
  ASSERT_TRUE(store_->Put(kLedger, [](const store::ByteSink&) { return base::Status(); }, {}).ok());
  const auto ledger = store_->VersionOf(kLedger).value();
  const auto status = Commit(*output);
  EXPECT_EQ(status.code(), base::Code::kLocked);
  EXPECT_THAT(status.message(), HasSubstr("another run has written bucket:_matome/ledger/"));
  EXPECT_EQ(Commit(*output, {}, 1, "2025-10-04").message(), status.message());
  EXPECT_THAT(output->Finish().message(), EndsWith(status.message()));
  EXPECT_EQ(store_->VersionOf(kLedger).value(), ledger);
}

TEST_F(TreeInBucketTest, TheLedgerIsWrittenSometimesAndInTheEnd) {
  const auto output = Open().value();
  Load(*output);
  int writes = 0;
  bucket_->before_put = [&](const std::string& key) {
    writes += key == kLedger ? 1 : 0;
    return base::Status();
  };
  for (int day = 1; day <= 9; ++day)
    ASSERT_TRUE(Commit(*output, {}, 1, "2025-10-0" + std::to_string(day)).ok());
  EXPECT_GE(writes, 1);
  ASSERT_TRUE(output->Finish().ok());
  EXPECT_LE(writes, 10);
  const int before = writes;
  ASSERT_TRUE(output->Finish().ok());
  EXPECT_EQ(writes, before);
  EXPECT_EQ(Load(*output).days.size(), 9U);
}

TEST_F(TreeInBucketTest, ALedgerThatCannotBeKeptIsToldInTheEnd) {
  const auto output = Open().value();
  Load(*output);
  bucket_->before_put = [](const std::string& key) {
    return key == kLedger ? base::Status(base::Code::kStoreUnavailable, "503") : base::Status();
  };
  EXPECT_TRUE(Commit(*output).ok());
  EXPECT_TRUE(Commit(*output, {}, 1, "2025-10-04").ok());
  EXPECT_THAT(output->Finish().message(), EndsWith("does them again: 503"));
  bucket_->before_put = nullptr;
  EXPECT_EQ(Reload(*output).days.size(), 2U);
}

TEST_F(TreeInBucketTest, ManyThreadsCommitAtOnce) {
  const auto output = Open().value();
  Load(*output);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&, thread] {
      for (int day = 1 + thread; day <= 30; day += 3) {
        DayForTest rows(fmt::format("2025-10-{:02}", day));
        rows.AddPod("ns", "n1", day);
        CommitNotes notes;
        const auto status = output->Commit({.summary = rows.summary(),
                                            .constants = kConstantsForTest,
                                            .entry = {},
                                            .quarantined = {}},
                                           notes);
        EXPECT_TRUE(status.ok()) << status.message();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const MonthState state = Reload(*output);
  EXPECT_EQ(state.days.size(), 30U);
  for (const auto& [day, entry] : state.days)
    EXPECT_EQ(entry.stamp, store_->VersionOf(DayPrefix("u-1", day) + "part-0.parquet").value());
}

TEST_F(TreeInBucketTest, ADayThatCannotBeWrittenStaysAsItWas) {
  const auto output = Open().value();
  Load(*output);
  ASSERT_TRUE(Commit(*output).ok());
  const auto before = store_->List("").value();
  bucket_->before_put = [](const std::string&) {
    return base::Status(base::Code::kStoreUnavailable, "503");
  };
  EXPECT_EQ(Commit(*output, {}, 2).code(), base::Code::kStoreUnavailable);
  EXPECT_EQ(store_->List("").value(), before);
  // It is no sign of another run.
  bucket_->before_put = nullptr;
  EXPECT_TRUE(Commit(*output, {}, 2).ok());
}

}  // namespace
}  // namespace matome::sink
