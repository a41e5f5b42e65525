// SPDX-License-Identifier: Apache-2.0
#include "sink/day_tree.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "sink/day_for_test.h"
#include "sink/month_lock.h"
#include "sink/tree_target.h"

namespace matome::sink {
namespace {

namespace fs = std::filesystem;
using model::Day;
using model::Semantics;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DayTreeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "matome-sink-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }

  DayTree Tree(FileFormat format = FileFormat::kParquet, const std::string& run_id = "run") {
    stores_.push_back(OpenStore({.directory = root_.string()}, run_id).value());
    auto tree = DayTree::Open(*stores_.back(), "u-1", format, Semantics::kTrino);
    EXPECT_TRUE(tree.ok()) << tree.status().message();
    return std::move(tree).value();
  }

  static std::optional<std::string> StampOf(const DayTree& tree, Day day) {
    const auto stamps = tree.Stamps(model::Month::Of(day)).value();
    const auto found = stamps.find(day);
    return found == stamps.end() ? std::nullopt : std::optional(found->second);
  }
  static base::Status Replace(DayTree& tree, const model::DaySummary& summary) {
    return tree.Replace(summary, kConstantsForTest, {}).status();
  }

  fs::path DayDirectory() const {
    return root_ / "reporting_ocpusagelineitem_daily_summary/source=u-1/year=2025/month=10/day=3";
  }

  /// All regular files and links below the root, sorted.
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      if (!entry.is_directory()) files.push_back(fs::relative(entry.path(), root_).string());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  static std::string Content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  static DayForTest SomeDay(int rows = 1) {
    DayForTest day("2025-10-03");
    for (int row = 0; row < rows; ++row) day.AddPod("ns" + std::to_string(row), "n1", 1.0 + row);
    return day;
  }

  fs::path root_;
  std::vector<std::unique_ptr<store::WritableStore>> stores_;
};

TEST_F(DayTreeTest, ADayIsAFileInKokusLayout) {
  auto tree = Tree();
  const Day day = *Day::Parse("2025-10-03");
  EXPECT_EQ(StampOf(tree, day), std::nullopt);
  EXPECT_THAT(Files(), IsEmpty());
  ASSERT_TRUE(Replace(tree, SomeDay().summary()).ok());
  EXPECT_THAT(
      Files(),
      ElementsAre("reporting_ocpusagelineitem_daily_summary/source=u-1/year=2025/month=10/day=3/"
                  "part-0.parquet"));
  EXPECT_TRUE(StampOf(tree, day).has_value());
  EXPECT_EQ(StampOf(tree, day + 1), std::nullopt);
}

TEST_F(DayTreeTest, ReplacingPutsOtherBytesAndAnotherStamp) {
  auto tree = Tree(FileFormat::kCsv);
  const Day day = *Day::Parse("2025-10-03");
  ASSERT_TRUE(Replace(tree, SomeDay(1).summary()).ok());
  const auto first = Content(DayDirectory() / "part-0.csv");
  const auto stamp = StampOf(tree, day);
  ASSERT_TRUE(Replace(tree, SomeDay(2).summary()).ok());
  EXPECT_NE(Content(DayDirectory() / "part-0.csv"), first);
  EXPECT_NE(StampOf(tree, day), stamp);
  EXPECT_EQ(Files().size(), 1U);
}

// Who has the old file open goes on reading the old rows: the new file is another one, put in its
// place.
TEST_F(DayTreeTest, AReaderSeesTheOldFileOrTheNewOne) {
  auto tree = Tree(FileFormat::kCsv);
  ASSERT_TRUE(Replace(tree, SomeDay(1).summary()).ok());
  const auto before = Content(DayDirectory() / "part-0.csv");
  std::ifstream reader(DayDirectory() / "part-0.csv", std::ios::binary);
  ASSERT_TRUE(Replace(tree, SomeDay(5).summary()).ok());
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(reader), {}), before);
}

TEST_F(DayTreeTest, RemovingADayRemovesItsDirectory) {
  auto tree = Tree();
  const Day day = *Day::Parse("2025-10-03");
  EXPECT_TRUE(tree.Remove(day).ok());
  ASSERT_TRUE(Replace(tree, SomeDay().summary()).ok());
  EXPECT_TRUE(tree.Remove(day).ok());
  EXPECT_FALSE(fs::exists(DayDirectory()));
  EXPECT_EQ(StampOf(tree, day), std::nullopt);
}

TEST_F(DayTreeTest, FilesOfOthersInADayStay) {
  auto tree = Tree();
  ASSERT_TRUE(Replace(tree, SomeDay().summary()).ok());
  std::ofstream(DayDirectory() / "notes.txt") << "mine";
  EXPECT_TRUE(tree.Remove(*Day::Parse("2025-10-03")).ok());
  EXPECT_TRUE(fs::exists(DayDirectory() / "notes.txt"));
}

TEST_F(DayTreeTest, RemovesAMonth) {
  auto tree = Tree();
  for (const auto* date : {"2025-10-03", "2025-10-31", "2025-11-01"}) {
    DayForTest day(date);
    day.AddPod("ns", "n1", 1);
    ASSERT_TRUE(Replace(tree, day.summary()).ok());
  }
  std::ofstream(DayDirectory() / "notes.txt") << "mine";
  store::WritableStore& store = *stores_.back();
  const auto lock = TakeMonthLock(store, "u-1", {2025, 10}).value();
  EXPECT_EQ(RemoveMonth(store, "u-1", {2025, 10}, *lock).value(), 2);
  EXPECT_EQ(RemoveMonth(store, "u-1", {2025, 10}, *lock).value(), 0);
  EXPECT_TRUE(fs::exists(DayDirectory() / "notes.txt"));
  fs::remove(DayDirectory() / "notes.txt");
  ASSERT_TRUE(RemoveLeftovers(store, "u-1", {2025, 10}).ok());
  EXPECT_FALSE(fs::exists(DayDirectory().parent_path()));
  EXPECT_TRUE(StampOf(tree, *Day::Parse("2025-11-01")).has_value());
}

TEST_F(DayTreeTest, LeftoversOfKilledRunsAreRemoved) {
  auto tree = Tree();
  ASSERT_TRUE(Replace(tree, SomeDay().summary()).ok());
  const auto other_month =
      root_ / "reporting_ocpusagelineitem_daily_summary/source=u-1/year=2025/month=11/day=1";
  fs::create_directories(other_month);
  for (const auto& path : {DayDirectory() / ".part-0.dead.tmp", DayDirectory() / "notes.tmp",
                           other_month / ".part-0.x.tmp"}) {
    std::ofstream(path) << "half a day";
  }
  ASSERT_TRUE(RemoveLeftovers(*stores_.back(), "u-1", {2025, 10}).ok());
  EXPECT_FALSE(fs::exists(DayDirectory() / ".part-0.dead.tmp"));
  EXPECT_TRUE(fs::exists(DayDirectory() / "notes.tmp"));
  EXPECT_TRUE(fs::exists(DayDirectory() / "part-0.parquet"));
  EXPECT_TRUE(fs::exists(other_month / ".part-0.x.tmp"));
  EXPECT_TRUE(RemoveLeftovers(*stores_.back(), "u-1", {2024, 1}).ok());
}

TEST_F(DayTreeTest, OneOutputHasOneFormat) {
  auto tree = Tree(FileFormat::kCsv);
  ASSERT_TRUE(Replace(tree, SomeDay().summary()).ok());
  store::WritableStore& store = *stores_.back();
  for (const auto* source : {"u-1", "u-2"}) {
    const auto other = DayTree::Open(store, source, FileFormat::kParquet, Semantics::kTrino);
    EXPECT_EQ(other.status().code(), base::Code::kUsage);
    EXPECT_THAT(other.status().message(), HasSubstr("holds csv files"));
    EXPECT_THAT(other.status().message(), HasSubstr("--format csv"));
    EXPECT_TRUE(DayTree::Open(store, source, FileFormat::kCsv, Semantics::kTrino).ok());
  }
}

TEST_F(DayTreeTest, AnOutputThatCannotBeADirectoryIsAnError) {
  std::ofstream(root_ / "reporting_ocpusagelineitem_daily_summary") << "a file";
  auto tree = Tree();
  const auto status = Replace(tree, SomeDay().summary());
  EXPECT_EQ(status.code(), base::Code::kFailed);
  EXPECT_THAT(status.message(), HasSubstr("cannot make the directory"));
  EXPECT_THAT(status.message(), HasSubstr("day=3"));
}

TEST_F(DayTreeTest, ADirectoryInTheFilesPlaceIsAnError) {
  auto tree = Tree();
  fs::create_directories(DayDirectory() / "part-0.parquet");
  const auto status = Replace(tree, SomeDay().summary());
  EXPECT_EQ(status.code(), base::Code::kFailed);
  EXPECT_THAT(status.message(), HasSubstr("cannot rename to"));
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(DayTreeTest, AFullDiskLeavesTheDayAsItWas) {
  auto first = Tree(FileFormat::kParquet, "first");
  ASSERT_TRUE(Replace(first, SomeDay(1).summary()).ok());
  const auto before = Content(DayDirectory() / "part-0.parquet");
  // Where the new file is to be written stands a device that is always full.
  fs::create_symlink("/dev/full", DayDirectory() / ".part-0.second.tmp");
  auto second = Tree(FileFormat::kParquet, "second");
  const auto status = Replace(second, SomeDay(3).summary());
  EXPECT_EQ(status.code(), base::Code::kFailed);
  EXPECT_THAT(status.message(), HasSubstr("No space left on device"));
  EXPECT_THAT(status.message(), HasSubstr("no day is half written"));
  EXPECT_EQ(Content(DayDirectory() / "part-0.parquet"), before);
  EXPECT_EQ(Files().size(), 1U);
}

TEST_F(DayTreeTest, AFileSizeLimitLeavesTheDayAsItWas) {
  auto tree = Tree(FileFormat::kCsv);
  ASSERT_TRUE(Replace(tree, SomeDay(1).summary()).ok());
  const auto before = Content(DayDirectory() / "part-0.csv");
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &usual), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 64 * 1024, .rlim_max = usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto status = Replace(tree, SomeDay(2000).summary());
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &usual), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(status.code(), base::Code::kFailed);
  EXPECT_THAT(status.message(), HasSubstr("File too large"));
  EXPECT_EQ(Content(DayDirectory() / "part-0.csv"), before);
  EXPECT_EQ(Files().size(), 1U);
}

// Names that look like a day's but are written in another way are not ours.
TEST_F(DayTreeTest, OnlyDayFilesHaveStamps) {
  auto tree = Tree();
  const fs::path month = DayDirectory().parent_path();
  for (const auto* file :
       {"day=03/part-0.parquet", "day=32/part-0.parquet", "day=/part-0.parquet",
        "day=99999999999/part-0.parquet", "day=3/part-1.parquet", "day=3/x/part-0.parquet",
        "part-0.parquet", "day=-1/part-0.parquet", "day=4/part-0.csv"}) {
    fs::create_directories((month / file).parent_path());
    std::ofstream(month / file) << "x";
  }
  EXPECT_THAT(tree.Stamps({2025, 10}).value(), IsEmpty());
}

}  // namespace
}  // namespace matome::sink
