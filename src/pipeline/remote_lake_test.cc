// SPDX-License-Identifier: Apache-2.0
// A run over a store that is far away: what is read, and what becomes of objects that change and of
// bytes that are spoiled on the way.
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "catalog/lake_layout.h"
#include "pipeline/month_plan.h"
#include "pipeline/store_for_test.h"
#include "pipeline/summarize.h"
#include "sink/directory_for_test.h"
#include "testing/text_parquet.h"

namespace matome::pipeline {
namespace {

using model::Day;
using model::DayState;
using model::Report;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Read = StoreForTest::Read;

constexpr const char* kSource = "11111111-0000-4000-8000-000000000001";
constexpr int kDays = 3;

class RemoteLakeTest : public sink::DirectoryTest {
 protected:
  RemoteLakeTest() {
    options_.account = "org1";
    options_.source_uuid = kSource;
    options_.days = {DayAt(1), DayAt(kDays)};
    options_.program_version = "test";
    options_.threads = 2;
    for (int day = 1; day <= kDays; ++day) {
      Pods(day, "100");
      Put(Report::kPodUsageHourly, day,
          fmt::format("interval_start | node | node_capacity_cpu_core_seconds\n"
                      "{0} 00:00 | n1 | 3600\n{0} 01:00 | n1 | 3600\n",
                      Date(day)));
      Put(Report::kNodeLabelsDaily, day,
          fmt::format("interval_start | node | node_labels\n{} | n1 | {{\"a\": \"b\"}}\n",
                      Date(day)));
    }
  }

  static Day DayAt(int day) { return *Day::Parse("2025-10-01") + (day - 1); }
  static std::string Date(int day) { return DayAt(day).ToString(); }
  static std::string Key(Report report, int day) {
    return catalog::MonthPrefix(report, "org1", kSource, {2025, 10}) + Date(day) + ".parquet";
  }

  void Pods(int day, const std::string& usage) {
    Put(Report::kPodUsageDaily, day,
        fmt::format("interval_start | namespace | node | pod | resource_id | pod_labels | "
                    "pod_usage_cpu_core_seconds\n{} | shop | n1 | p1 | i-1 | {{}} | {}\n",
                    Date(day), usage));
  }
  void Put(Report report, int day, const std::string& table) {
    lake_.Put(Key(report, day), testing::ParquetFromText(report, table, {}));
  }

  base::Result<model::RunResult> Summarize(const std::string& output,
                                           const store::ObjectStore& lake) {
    options_.outputs = {sink::TreeTarget{.directory = root() + "/" + output}};
    return SummarizeSource(lake, options_, {}, stop_);
  }
  model::RunResult MustSummarize(const std::string& output) {
    auto result = Summarize(output, lake_);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? std::move(result).value() : model::RunResult();
  }
  static std::vector<DayState> StatesOf(const model::RunResult& result) {
    std::vector<DayState> states;
    for (const auto& day : result.days) states.push_back(day.state);
    return states;
  }
  /// The rows that a run left, by file.
  std::map<std::string, std::string> Rows(const std::string& output) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ / output)) {
      const std::string path = entry.path().string();
      if (entry.is_regular_file() && path.ends_with("/part-0.parquet")) {
        const std::string relative = std::filesystem::relative(path, root_ / output).string();
        files[relative] = Content(fmt::format("{}/{}", output, relative));
      }
    }
    return files;
  }

  /// The rows of a run over the lake as it is now, from near by.
  std::map<std::string, std::string> RowsFromNearBy() {
    StoreForTest near_by{{}};
    const auto listed = lake_.List("").value();
    for (const auto& ref : listed) {
      std::vector<uint8_t> bytes(static_cast<size_t>(ref.size_bytes));
      EXPECT_TRUE(lake_.Open(ref).value()->ReadAt(0, bytes).ok());
      near_by.Put(ref.key, std::move(bytes));
    }
    std::filesystem::remove_all(root_ / "near_by");
    EXPECT_TRUE(Summarize("near_by", near_by).ok());
    return Rows("near_by");
  }

  std::map<std::string, int> ReadsByObject() const {
    std::map<std::string, int> reads;
    for (const auto& read : lake_.reads()) ++reads[read.key];
    return reads;
  }

  StoreForTest lake_{
      {.merge_gap_bytes = 1 << 20, .whole_object_bytes = 1 << 20, .reads_in_flight = 4}};
  SummarizeOptions options_;
  std::atomic<bool> stop_ = false;
};

TEST_F(RemoteLakeTest, ASmallObjectTakesOneRequest) {
  const auto result = MustSummarize("a");
  EXPECT_THAT(StatesOf(result), Each(DayState::kWritten));
  const auto reads = ReadsByObject();
  EXPECT_THAT(reads, SizeIs(3 * kDays));
  for (const auto& [key, count] : reads) EXPECT_EQ(count, 1) << key;
  EXPECT_EQ(result.traffic.requests.at("list"), 5);
  EXPECT_EQ(result.traffic.requests.at("get"), 3 * kDays);
  EXPECT_EQ(result.traffic.bytes_fetched, result.bytes_listed);
  EXPECT_GT(result.traffic.bytes_wanted, 0);
  EXPECT_EQ(result.traffic.read_ahead_peak_bytes, result.bytes_listed);
  EXPECT_EQ(Rows("a"), RowsFromNearBy());
}

TEST_F(RemoteLakeTest, WhatDoesNotFitIsFetchedAgain) {
  options_.read_ahead_bytes = 10'000;
  const auto result = MustSummarize("a");
  EXPECT_LE(result.traffic.read_ahead_peak_bytes, 10'000);
  EXPECT_GT(result.traffic.requests.at("get"), 3 * kDays);
  EXPECT_EQ(Rows("a"), RowsFromNearBy());
  options_.read_ahead_bytes = 0;
  MustSummarize("b");
  EXPECT_EQ(Rows("b"), Rows("near_by"));
}

TEST_F(RemoteLakeTest, ALimitOfMemoryLeavesLessToReadAhead) {
  options_.memory_limit_bytes = int64_t{4} << 30;
  MustSummarize("a");
  options_.memory_limit_bytes = 80'000;  // Does not do for a day, but for the figures.
  const auto result = Summarize("b", lake_);
  ASSERT_TRUE(result.ok());
  EXPECT_LE(result->traffic.read_ahead_peak_bytes, 10'000);
}

TEST_F(RemoteLakeTest, PlanningReadsFootersAlone) {
  options_.outputs = {sink::TreeTarget{.directory = root() + "/a"}};
  const auto plan = PlanSource(lake_, options_, stop_);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->objects, 3 * kDays);
  EXPECT_THAT(lake_.reads(), SizeIs(3 * kDays));
}

/// Replaces or removes objects between listing and reading.
class ChangingLakeTest : public RemoteLakeTest {
 protected:
  /// Does something once all five prefixes are listed, in each of so many listings.
  void AfterListing(int times, std::function<void()> change) {
    lake_.after_list = [this, times, change = std::move(change)](const std::string&) {
      const int done = ++lists_;
      if (done % 5 == 0 && done / 5 <= times) change();
    };
  }

  std::atomic<int> lists_ = 0;
};

TEST_F(ChangingLakeTest, TheDayIsDoneOverFromANewListing) {
  AfterListing(1, [&] { Put(Report::kPodUsageHourly, 2, "interval_start | node\n"); });
  const auto result = MustSummarize("a");
  EXPECT_THAT(StatesOf(result), Each(DayState::kWritten));
  EXPECT_THAT(result.days, SizeIs(kDays));
  EXPECT_EQ(result.ExitCode(), 0);
  EXPECT_THAT(result.warnings, ElementsAre(HasSubstr(Key(Report::kPodUsageHourly, 2))));
  EXPECT_EQ(result.traffic.requests.at("list"), 10);
  EXPECT_EQ(Rows("a"), RowsFromNearBy());
}

TEST_F(ChangingLakeTest, AnObjectThatVanishedToo) {
  AfterListing(1, [&] { lake_.Remove(Key(Report::kPodUsageHourly, 2)); });
  const auto result = MustSummarize("a");
  EXPECT_THAT(StatesOf(result), Each(DayState::kWritten));
  EXPECT_EQ(Rows("a"), RowsFromNearBy());
}

TEST_F(ChangingLakeTest, TheSecondTimeTheDayFails) {
  AfterListing(2, [&] { Put(Report::kPodUsageHourly, 2, "interval_start | node\n"); });
  const auto result = MustSummarize("a");
  EXPECT_THAT(StatesOf(result),
              ElementsAre(DayState::kWritten, DayState::kFailed, DayState::kWritten));
  EXPECT_EQ(result.days[1].status.code(), base::Code::kInputChanged);
  EXPECT_EQ(base::ExitCodeOf(result.days[1].status.code()), 75);
  EXPECT_EQ(result.ExitCode(), 3);
}

TEST_F(ChangingLakeTest, RolesAreNotDerivedWithoutTheObject) {
  AfterListing(1, [&] { Pods(2, "7"); });
  const auto result = MustSummarize("a");
  EXPECT_THAT(StatesOf(result), Each(DayState::kWritten));
  EXPECT_THAT(result.warnings, ElementsAre(HasSubstr(Key(Report::kPodUsageDaily, 2))));
  EXPECT_EQ(Rows("a"), RowsFromNearBy());
  AfterListing(1'000'000, [&] { Pods(2, "7"); });
  EXPECT_EQ(Summarize("b", lake_).status().code(), base::Code::kInputChanged);
}

// The footers are read, then the object changes.
TEST_F(ChangingLakeTest, BetweenFooterAndRows) {
  options_.read_ahead_bytes = 0;  // No object is kept from its footer on.
  std::atomic<int> reads = 0;
  lake_.before_read = [&](const Read& read) {
    if (read.key == Key(Report::kPodUsageDaily, 3) && ++reads == 3) Pods(3, "7");
    return base::Status();
  };
  options_.dry_run = false;
  const auto result = MustSummarize("a");
  EXPECT_THAT(StatesOf(result), Each(DayState::kWritten));
  EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("1 day done over")));
  lake_.before_read = nullptr;
  EXPECT_EQ(Rows("a"), RowsFromNearBy());
}

TEST_F(ChangingLakeTest, ALakeOutOfReachTheSecondTimeFailsOnlyWhatIsLeft) {
  AfterListing(1, [&] {
    lake_.Remove(Key(Report::kPodUsageHourly, 2));
    lake_.after_list = [&](const std::string&) {
      lake_.before_read = [](const Read&) {
        return base::Status(base::Code::kStoreUnavailable, "no answer");
      };
    };
  });
  options_.threads = 1;
  options_.force = true;
  const auto result = MustSummarize("a");
  EXPECT_THAT(StatesOf(result),
              ElementsAre(DayState::kWritten, DayState::kFailed, DayState::kWritten));
  EXPECT_EQ(result.days[1].status.code(), base::Code::kStoreUnavailable);
}

TEST_F(RemoteLakeTest, BytesSpoiledOnceOnTheWayAreReadAgain) {
  for (const int64_t bound : {0, 64 << 20}) {
    SCOPED_TRACE(bound);
    options_.read_ahead_bytes = bound;
    std::mutex mutex;
    std::set<std::pair<std::string, int64_t>> spoiled;
    lake_.after_read = [&](const Read& read, std::span<uint8_t> bytes) {
      const std::lock_guard lock(mutex);
      if (!spoiled.emplace(read.key, read.offset).second) return;
      for (auto& byte : bytes.first(std::min<size_t>(bytes.size(), 100))) byte ^= 0x5A;
      bytes.back() ^= 0x5A;
    };
    const std::string output = fmt::format("out-{}", bound);
    const auto result = MustSummarize(output);
    EXPECT_THAT(StatesOf(result), Each(DayState::kWritten));
    EXPECT_THAT(result.warnings, IsEmpty());
    lake_.after_read = nullptr;
    EXPECT_EQ(Rows(output), RowsFromNearBy());
  }
}

TEST_F(RemoteLakeTest, BytesThatComeSpoiledEachTimeAreBadInput) {
  options_.read_ahead_bytes = 0;
  lake_.after_read = [&](const Read& read, std::span<uint8_t> bytes) {
    if (read.key == Key(Report::kPodUsageHourly, 2) && read.offset < 100)
      for (auto& byte : bytes.first(20)) byte ^= 0x5A;
  };
  lake_.before_read = nullptr;
  const auto result = MustSummarize("a");
  EXPECT_THAT(StatesOf(result),
              ElementsAre(DayState::kWritten, DayState::kFailed, DayState::kWritten));
  EXPECT_EQ(result.days[1].status.code(), base::Code::kBadInput);
  EXPECT_THAT(result.days[1].status.message(), HasSubstr(Key(Report::kPodUsageHourly, 2)));
}

}  // namespace
}  // namespace matome::pipeline
