// SPDX-License-Identifier: Apache-2.0
#include "scan/row_group_scan.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/lake_layout.h"
#include "store/memory_store.h"
#include "testing/text_parquet.h"

namespace matome::scan {
namespace {

using model::Day;
using model::Report;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Writes down what it is given: "day hour: namespaces".
class Listener final : public BlockVisitor {
 public:
  explicit Listener(size_t column) : column_(column) {}

  base::Status OnBlock(const batch::Block& block) override {
    ++blocks;
    for (const auto entry : block.texts[column_].new_entries) entries_.emplace_back(entry);
    if (fail_at_block == blocks) return base::Failed("enough");
    if (stop_at_block == blocks) *stop = true;
    return {};
  }

  void OnRows(const batch::Block& block, Day day, int64_t millis, int64_t first,
              int64_t last) override {
    ASSERT_LT(first, last);
    ASSERT_LE(last, block.rows);
    std::string line =
        fmt::format("{} {}:", day.ToString().substr(8), (millis - day.start_millis()) / 3'600'000);
    for (int64_t row = first; row < last; ++row) {
      const batch::Code code = block.texts[column_].codes[row];
      line += " " + (code == batch::kNullCode ? "NULL" : entries_.at(code - 1));
    }
    lines.push_back(std::move(line));
  }

  std::vector<std::string> lines;
  int blocks = 0;
  int fail_at_block = 0;
  int stop_at_block = 0;
  std::atomic<bool>* stop = nullptr;

 private:
  size_t column_;
  std::vector<std::string> entries_;
};

class RowGroupScanTest : public ::testing::Test {
 protected:
  /// Scans a file of one row group.
  base::Result<ScanCounts> Scan(Report report, std::string_view table, Listener& listener,
                                int64_t batch_rows = 1024) {
    store_.Put(catalog::MonthPrefix(report, "org1", "u-1", {2025, 10}) + "file",
               testing::ParquetFromText(report, table));
    const catalog::ForEach in_order = [](size_t count, const std::function<void(size_t)>& fn) {
      for (size_t index = 0; index < count; ++index) fn(index);
    };
    catalog_ = catalog::ReadCatalog(store_, "org1", "u-1", {2025, 10}, in_order).value();
    if (catalog_.row_groups.empty()) return base::Failed("no row group");
    return ScanRowGroup(store_, catalog_.files[0], catalog_.row_groups[0],
                        model::SummaryProjection(report), {.batch_rows = batch_rows, .days = days_},
                        stop_, listener);
  }

  store::MemoryStore store_;
  catalog::MonthCatalog catalog_;
  model::DayRange days_ = {*Day::Parse("2025-10-01"), *Day::Parse("2025-10-31")};
  std::atomic<bool> stop_ = false;
};

constexpr size_t kDailyNamespace = model::DailyPod::kNamespace;
constexpr size_t kHourlyNode = model::HourlyPod::kNode;

TEST_F(RowGroupScanTest, HandsOutRowsByDay) {
  Listener listener(kDailyNamespace);
  const auto counts = Scan(Report::kPodUsageDaily,
                           "interval_start | namespace\n"
                           "2025-10-01 | a\n2025-10-01 | b\n2025-10-02 | c\n2025-10-01 | d\n",
                           listener);
  ASSERT_TRUE(counts.ok()) << counts.status().message();
  EXPECT_THAT(listener.lines, ElementsAre("01 0: a b", "02 0: c", "01 0: d"));
  EXPECT_EQ(counts->rows, 4);
  EXPECT_GT(counts->bytes, 0);
}

TEST_F(RowGroupScanTest, HourlyRowsGoOutByTheHourAndDailyOnesByTheDay) {
  const std::string rows = "2025-10-01 05:00 | a\n2025-10-01 05:00 | b\n2025-10-01 06:00 | c\n";
  Listener hourly(kHourlyNode);
  ASSERT_TRUE(Scan(Report::kPodUsageHourly, "interval_start | node\n" + rows, hourly).ok());
  EXPECT_THAT(hourly.lines, ElementsAre("01 5: a b", "01 6: c"));
  store_ = {};
  Listener daily(kDailyNamespace);
  ASSERT_TRUE(Scan(Report::kPodUsageDaily,
                   "interval_start | namespace\n" + rows + "2025-10-02 | d\n", daily)
                  .ok());
  EXPECT_THAT(daily.lines, ElementsAre("01 5: a b c", "02 0: d"));
}

TEST_F(RowGroupScanTest, PassesOverRowsOfNoDayAndOfOtherDays) {
  days_ = {*Day::Parse("2025-10-02"), *Day::Parse("2025-10-03")};
  Listener listener(kDailyNamespace);
  ASSERT_TRUE(Scan(Report::kPodUsageDaily,
                   "interval_start | namespace\n"
                   "2025-10-01 | a\nNULL | b\n2025-10-02 | c\n2025-10-03 23:59:59 | d\n2025-10-04 "
                   "| e\n2025-11-02 | f\n",
                   listener)
                  .ok());
  EXPECT_THAT(listener.lines, ElementsAre("02 0: c", "03 23: d"));
}

TEST_F(RowGroupScanTest, ARowGroupOfOneDayIsReadWithoutItsTimes) {
  Listener listener(kDailyNamespace);
  ASSERT_TRUE(Scan(Report::kPodUsageDaily,
                   "interval_start | namespace\n2025-10-05 07:00 | a\n2025-10-05 | b\n", listener)
                  .ok());
  EXPECT_TRUE(catalog_.row_groups[0].only_this_day);
  EXPECT_THAT(listener.lines, ElementsAre("05 0: a b"));
  days_ = {*Day::Parse("2025-10-06"), *Day::Parse("2025-10-31")};
  Listener none(kDailyNamespace);
  ASSERT_TRUE(ScanRowGroup(store_, catalog_.files[0], catalog_.row_groups[0],
                           model::SummaryProjection(Report::kPodUsageDaily), {.days = days_}, stop_,
                           none)
                  .ok());
  EXPECT_THAT(none.lines, IsEmpty());
}

TEST_F(RowGroupScanTest, BlocksCutRuns) {
  Listener listener(kDailyNamespace);
  ASSERT_TRUE(Scan(Report::kPodUsageDaily,
                   "interval_start | namespace\n2025-10-01 | a\n2025-10-01 | b\n2025-10-02 | a\n",
                   listener, /*batch_rows=*/1)
                  .ok());
  EXPECT_THAT(listener.lines, ElementsAre("01 0: a", "01 0: b", "02 0: a"));
  EXPECT_EQ(listener.blocks, 3);
}

TEST_F(RowGroupScanTest, StopsBetweenBlocks) {
  Listener listener(kDailyNamespace);
  listener.stop = &stop_;
  listener.stop_at_block = 2;
  const auto counts = Scan(Report::kPodUsageDaily,
                           "interval_start\n2025-10-01\n2025-10-01\n2025-10-01\n", listener, 1);
  EXPECT_EQ(counts.status().code(), base::Code::kInterrupted);
  EXPECT_EQ(listener.blocks, 2);
}

TEST_F(RowGroupScanTest, AnErrorOfTheVisitorEndsTheScan) {
  Listener listener(kDailyNamespace);
  listener.fail_at_block = 2;
  const auto counts = Scan(Report::kPodUsageDaily,
                           "interval_start\n2025-10-01\n2025-10-01\n2025-10-01\n", listener, 1);
  EXPECT_EQ(counts.status().message(), "enough");
  EXPECT_EQ(listener.blocks, 2);
}

TEST_F(RowGroupScanTest, ErrorsNameTheRowGroup) {
  Listener listener(kDailyNamespace);
  ASSERT_TRUE(
      Scan(Report::kPodUsageDaily, "interval_start | namespace\n2025-10-01 | a\n", listener).ok());
  auto file = catalog_.files[0];
  file.file.row_groups[0].rows = 9;
  const auto counts = ScanRowGroup(store_, file, catalog_.row_groups[0],
                                   model::SummaryProjection(Report::kPodUsageDaily),
                                   {.days = days_}, stop_, listener);
  EXPECT_EQ(counts.status().code(), base::Code::kBadInput);
  EXPECT_THAT(counts.status().message(), HasSubstr("row group 0: column namespace: 1 values"));
}

}  // namespace
}  // namespace matome::scan
