// SPDX-License-Identifier: Apache-2.0
#include "catalog/month_catalog.h"

#include <string>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/lake_layout.h"
#include "store/memory_store.h"
#include "testing/text_parquet.h"

namespace matome::catalog {
namespace {

using model::Day;
using model::DayRange;
using model::Month;
using model::Report;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Month kOctober{2025, 10};

class MonthCatalogTest : public ::testing::Test {
 protected:
  /// Adds an object with a row of `report` for each interval start.
  void Put(Report report, const std::string& name, const std::vector<std::string>& starts,
           int64_t row_group_rows = 1000) {
    std::string table = "interval_start\n";
    for (const auto& start : starts) table += start + "\n";
    PutBytes(report, name,
             testing::ParquetFromText(report, table, {.row_group_rows = row_group_rows}));
  }
  void PutBytes(Report report, const std::string& name, std::vector<uint8_t> bytes) {
    store_.Put(MonthPrefix(report, "org1", "u-1", kOctober) + name, std::move(bytes));
  }

  MonthCatalog Read() const {
    const ForEach in_order = [](size_t count, const std::function<void(size_t)>& fn) {
      for (size_t index = 0; index < count; ++index) fn(index);
    };
    auto catalog = ReadCatalog(store_, "org1", "u-1", kOctober, in_order);
    EXPECT_TRUE(catalog.ok());
    return std::move(catalog).value();
  }

  static DayRange Days(int first, int last) {
    const Day start = kOctober.first_day();
    return {start + (first - 1), start + (last - 1)};
  }

  static std::vector<std::string> Names(const MonthCatalog& catalog) {
    std::vector<std::string> names;
    for (const auto& file : catalog.files) {
      const auto& key = file.file.object.key;
      names.push_back(std::string(model::ReportName(file.report)) + " " +
                      key.substr(key.find("month=10/") + 9));
    }
    return names;
  }

  store::MemoryStore store_;
};

TEST_F(MonthCatalogTest, AnEmptyLakeIsAnEmptyCatalog) {
  const auto catalog = Read();
  EXPECT_THAT(catalog.files, IsEmpty());
  EXPECT_THAT(catalog.row_groups, IsEmpty());
  EXPECT_EQ(catalog.listed_bytes, 0);
}

TEST_F(MonthCatalogTest, ListsReportsThenKeys) {
  Put(Report::kNodeLabelsDaily, "a", {"2025-10-01"});
  Put(Report::kPodUsageDaily, "z", {"2025-10-01"});
  Put(Report::kPodUsageDaily, "sub/folder/b.parquet", {"2025-10-01"});
  Put(Report::kPodUsageHourly, "h", {"2025-10-01"});
  const auto catalog = Read();
  EXPECT_THAT(Names(catalog),
              ElementsAre("pod_usage (hourly) h", "pod_usage (daily) sub/folder/b.parquet",
                          "pod_usage (daily) z", "node_labels (daily) a"));
  EXPECT_THAT(catalog.row_groups, SizeIs(4));
  EXPECT_GT(catalog.listed_bytes, 1000);
}

TEST_F(MonthCatalogTest, PassesOverHiddenAndEmptyObjects) {
  PutBytes(Report::kPodUsageDaily, "_hidden", {1, 2, 3});
  PutBytes(Report::kPodUsageDaily, ".staging/x.parquet", {1, 2, 3});
  PutBytes(Report::kPodUsageDaily, "sub/_x", {1, 2, 3});
  PutBytes(Report::kPodUsageDaily, "empty.parquet", std::vector<uint8_t>());
  Put(Report::kPodUsageDaily, "no_ending", {"2025-10-02"});
  EXPECT_THAT(Names(Read()), ElementsAre("pod_usage (daily) no_ending"));
}

TEST_F(MonthCatalogTest, DaysComeFromStatistics) {
  Put(Report::kPodUsageHourly, "a", {"2025-10-03 00:00", "2025-10-03 23:59"});
  Put(Report::kPodUsageHourly, "b", {"2025-10-03 23:59", "2025-10-05"});
  Put(Report::kPodUsageHourly, "c", {"2025-10-04", "NULL"});
  const auto catalog = Read();
  ASSERT_THAT(catalog.row_groups, SizeIs(3));
  EXPECT_EQ(catalog.row_groups[0].days, Days(3, 3));
  EXPECT_TRUE(catalog.row_groups[0].only_this_day);
  EXPECT_EQ(catalog.row_groups[1].days, Days(3, 5));
  EXPECT_FALSE(catalog.row_groups[1].only_this_day);
  EXPECT_EQ(catalog.row_groups[2].days, Days(4, 4));
  EXPECT_FALSE(catalog.row_groups[2].only_this_day);
}

TEST_F(MonthCatalogTest, RowsOfOtherMonthsAreOutOfScope) {
  Put(Report::kPodUsageDaily, "a", {"2025-09-30", "2025-10-02"});
  Put(Report::kPodUsageDaily, "b", {"2025-10-30", "2025-12-24"});
  Put(Report::kPodUsageDaily, "c", {"2025-11-01"});
  const auto catalog = Read();
  EXPECT_THAT(catalog.files, SizeIs(3));
  ASSERT_THAT(catalog.row_groups, SizeIs(2));
  EXPECT_EQ(catalog.row_groups[0].days, Days(1, 2));
  EXPECT_FALSE(catalog.row_groups[0].only_this_day);
  EXPECT_EQ(catalog.row_groups[1].days, Days(30, 31));
}

TEST_F(MonthCatalogTest, EachRowGroupHasItsDays) {
  Put(Report::kPodUsageDaily, "a", {"2025-10-01", "2025-10-01", "2025-10-02", "2025-10-04"},
      /*row_group_rows=*/2);
  const auto catalog = Read();
  ASSERT_THAT(catalog.row_groups, SizeIs(2));
  EXPECT_EQ(catalog.row_groups[0].days, Days(1, 1));
  EXPECT_EQ(catalog.row_groups[1].days, Days(2, 4));
  EXPECT_EQ(catalog.row_groups[1].row_group, 1U);
}

TEST_F(MonthCatalogTest, WithoutIntervalStartNoRowIsInScope) {
  PutBytes(Report::kPodUsageDaily, "a",
           testing::ParquetFromText(Report::kPodUsageDaily, "namespace\nshop\n"));
  const auto catalog = Read();
  EXPECT_TRUE(catalog.files[0].status.ok());
  EXPECT_THAT(catalog.row_groups, IsEmpty());
}

TEST_F(MonthCatalogTest, AFileWithoutRowsHasNoRowGroup) {
  PutBytes(Report::kPodUsageDaily, "a",
           testing::ParquetFromText(Report::kPodUsageDaily, "interval_start | namespace\n"));
  const auto catalog = Read();
  EXPECT_TRUE(catalog.files[0].status.ok());
  EXPECT_THAT(catalog.row_groups, IsEmpty());
}

TEST_F(MonthCatalogTest, AnUnreadableFileConcernsTheDayInItsNameOrTheMonth) {
  PutBytes(Report::kPodUsageDaily, "pod_usage.2025-10-07.x.parquet", {1, 2, 3});
  PutBytes(Report::kPodUsageDaily, "pod_usage.2025-11-07.x.parquet", {1, 2, 3});
  PutBytes(Report::kPodUsageDaily, "report_0.parquet", {1, 2, 3});
  Put(Report::kPodUsageDaily, "zgood.parquet", {"2025-10-01"});
  const auto catalog = Read();
  ASSERT_THAT(catalog.files, SizeIs(4));
  for (int bad = 0; bad < 3; ++bad)
    EXPECT_EQ(catalog.files[static_cast<size_t>(bad)].status.code(), base::Code::kBadInput);
  EXPECT_TRUE(catalog.files[3].status.ok());
  EXPECT_EQ(catalog.DaysOfUnreadable(catalog.files[0]), Days(7, 7));
  EXPECT_EQ(catalog.DaysOfUnreadable(catalog.files[1]), Days(1, 31));
  EXPECT_EQ(catalog.DaysOfUnreadable(catalog.files[2]), Days(1, 31));
  EXPECT_THAT(catalog.row_groups, SizeIs(1));
}

TEST_F(MonthCatalogTest, FootersMayBeReadOnAnyThread) {
  for (int file = 0; file < 20; ++file)
    Put(Report::kPodUsageDaily, "f" + std::to_string(100 + file), {"2025-10-01"});
  const ForEach on_threads = [](size_t count, const std::function<void(size_t)>& fn) {
    std::vector<std::jthread> threads;
    for (size_t index = count; index-- > 0;) threads.emplace_back([&fn, index] { fn(index); });
  };
  const auto catalog = ReadCatalog(store_, "org1", "u-1", kOctober, on_threads);
  ASSERT_TRUE(catalog.ok());
  EXPECT_EQ(Names(*catalog), Names(Read()));
  EXPECT_EQ(catalog->row_groups.size(), 20U);
}

/// A lake that is best read in few requests.
class RemoteLake final : public store::ObjectStore {
 public:
  struct Read {
    int64_t offset = 0;
    int64_t bytes = 0;
  };

  explicit RemoteLake(const store::MemoryStore& objects) : objects_(objects) {}

  base::Result<std::vector<store::ObjectRef>> List(std::string_view prefix) const override {
    if (fail_listing && prefix.find("storage_usage") != std::string_view::npos)
      return base::Status(base::Code::kStoreUnavailable, "no answer");
    return objects_.List(prefix);
  }
  base::Result<std::vector<std::string>> ListDirectories(std::string_view prefix) const override {
    return objects_.ListDirectories(prefix);
  }
  base::Result<std::unique_ptr<store::RandomAccessObject>> Open(
      const store::ObjectRef& object) const override {
    MATOME_ASSIGN_OR_RETURN(auto opened, objects_.Open(object));
    return std::unique_ptr<store::RandomAccessObject>(
        std::make_unique<Opened>(*this, std::move(opened)));
  }
  std::string Describe(std::string_view key) const override { return objects_.Describe(key); }
  store::ReadShape read_shape() const override {
    return {.whole_object_bytes = 40'000, .reads_in_flight = 4};
  }

  bool fail_listing = false;
  bool spoil_first_read = false;
  mutable std::vector<Read> reads;

 private:
  class Opened final : public store::RandomAccessObject {
   public:
    Opened(const RemoteLake& lake, std::unique_ptr<store::RandomAccessObject> object)
        : lake_(lake), object_(std::move(object)) {}

    base::Status ReadAt(int64_t offset, std::span<uint8_t> out) const override {
      lake_.reads.push_back({offset, static_cast<int64_t>(out.size())});
      MATOME_RETURN_IF_ERROR(object_->ReadAt(offset, out));
      if (lake_.spoil_first_read && lake_.reads.size() == 1) out.back() ^= 1;
      return {};
    }

   private:
    const RemoteLake& lake_;
    std::unique_ptr<store::RandomAccessObject> object_;
  };

  const store::MemoryStore& objects_;
};

class RemoteCatalogTest : public MonthCatalogTest {
 protected:
  base::Result<MonthCatalog> ReadRemote(KeptObjects* kept) {
    lake_.reads.clear();
    const ForEach in_order = [](size_t count, const std::function<void(size_t)>& fn) {
      for (size_t index = 0; index < count; ++index) fn(index);
    };
    return ReadCatalog(lake_, "org1", "u-1", kOctober, in_order, kept);
  }

  RemoteLake lake_{store_};
};

TEST_F(RemoteCatalogTest, SmallObjectsAreReadWholeAndKeptWhileThereIsRoom) {
  Put(Report::kPodUsageDaily, "a", {"2025-10-01"});
  Put(Report::kPodUsageDaily, "b", {"2025-10-02"});
  const auto catalog = Read();
  const auto& a = catalog.files[0].file.object;
  KeptObjects kept(a.size_bytes + 10);
  const auto read = ReadRemote(&kept);
  ASSERT_TRUE(read.ok());
  EXPECT_THAT(read->row_groups, SizeIs(2));
  EXPECT_THAT(lake_.reads, SizeIs(2));
  EXPECT_EQ(lake_.reads[0].offset, 0);
  EXPECT_EQ(kept.bytes(), a.size_bytes);
  ASSERT_NE(kept.Get(a.key), nullptr);
  EXPECT_EQ(kept.Get(catalog.files[1].file.object.key), nullptr);
  std::vector<uint8_t> bytes(static_cast<size_t>(a.size_bytes));
  ASSERT_TRUE(store_.Open(a).value()->ReadAt(0, bytes).ok());
  EXPECT_THAT(kept.Get(a.key)->bytes(), ::testing::ElementsAreArray(bytes));
}

TEST_F(RemoteCatalogTest, OfLargeObjectsOnlyTheEndIsRead) {
  std::vector<std::string> starts;
  for (int row = 0; row < 40'000; ++row)
    starts.push_back(fmt::format("2025-10-{:02} {:02}:{:02}:{:02}", row % 31 + 1, row % 24,
                                 row % 60, row / 31 % 60));
  Put(Report::kPodUsageHourly, "large", starts, 100'000);
  KeptObjects kept(1 << 20);
  const auto read = ReadRemote(&kept);
  ASSERT_TRUE(read.ok());
  const int64_t size = read->files[0].file.object.size_bytes;
  ASSERT_GT(size, 40'000);
  ASSERT_THAT(lake_.reads, SizeIs(1));
  EXPECT_EQ(lake_.reads[0].offset + lake_.reads[0].bytes, size);
  EXPECT_LT(lake_.reads[0].bytes, 65'537);
  EXPECT_EQ(kept.bytes(), 0);
}

TEST_F(RemoteCatalogTest, AFooterSpoiledOnTheWayIsReadAgain) {
  Put(Report::kPodUsageDaily, "a", {"2025-10-01"});
  lake_.spoil_first_read = true;
  KeptObjects kept(1 << 20);
  for (auto* keep : {static_cast<KeptObjects*>(nullptr), &kept}) {
    const auto read = ReadRemote(keep);
    EXPECT_TRUE(read->files[0].status.ok());
    EXPECT_THAT(lake_.reads, SizeIs(2));
  }
  PutBytes(Report::kPodUsageDaily, "a", {1, 2, 3});
  EXPECT_EQ(ReadRemote(&kept)->files[0].status.code(), base::Code::kBadInput);
}

TEST_F(RemoteCatalogTest, OnePrefixThatCannotBeListedFailsAll) {
  lake_.fail_listing = true;
  EXPECT_EQ(ReadRemote(nullptr).status().code(), base::Code::kStoreUnavailable);
}

}  // namespace
}  // namespace matome::catalog
