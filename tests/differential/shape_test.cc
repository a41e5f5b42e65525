// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "case_runner/summary_tree.h"
#include "support/lake_layout.h"
#include "support/lake_writer.h"
#include "support/run_options.h"
#include "support/scratch_directory.h"
#include "support/summary_reader.h"
#include "testing/naive_summary.h"
#include "testing/random_month.h"
#include "testing/row_comparison.h"

namespace matome::differential {
namespace {

using support::Encoding;
using support::LakeLayout;
using support::TreeBytes;
using testing::Semantics;

struct Settings {
  int threads = 1;
  int64_t batch_rows = 1024;
};

/// A month of some thousand rows, none of which fails.
testing::RandomMonth MakeLargeMonth(uint64_t seed) {
  return testing::MakeRandomMonth(
      seed, {.semantics = seed % 2 == 0 ? Semantics::kTrino : Semantics::kKokuPostgresql,
             .faults = false,
             .most_days = 5,
             .most_pod_rows_per_day = 900,
             .most_storage_rows_per_day = 90});
}

class ShapeTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  ShapeTest() : month_(MakeLargeMonth(GetParam())) {}

  /// The output of the month's rows in some physical form, run in some way.
  TreeBytes Summarize(const LakeLayout& layout, const Settings& settings) {
    const auto lake = support::WriteLake(month_.dataset, month_.parameters, layout);
    EXPECT_TRUE(lake.ok()) << lake.status().message();
    const support::ScratchDirectory scratch;
    auto options =
        support::MakeRunOptions(month_.parameters, support::Roles::kGiven, scratch.Path("out"));
    options.threads = settings.threads;
    options.tuning.batch_rows = settings.batch_rows;
    const auto result = support::Summarize(*lake, options);
    EXPECT_TRUE(result.ok()) << result.status().message();
    EXPECT_EQ(result->ExitCode(), 0);
    return case_runner::ReadTree(support::OutputDirectory(options));
  }

  void ExpectSameBytes(const LakeLayout& layout, const Settings& settings) {
    const TreeBytes other = Summarize(layout, settings);
    EXPECT_EQ(other.size(), Plain().size());
    for (const auto& [path, bytes] : Plain()) {
      const auto found = other.find(path);
      EXPECT_TRUE(found != other.end() && found->second == bytes)
          << fmt::format("seed {}: {} differs with {} threads, batches of {}; {}", GetParam(), path,
                         settings.threads, settings.batch_rows, Describe(layout));
    }
  }

  /// The output of the files as Koku writes them, read by one thread in default batches.
  const TreeBytes& Plain() {
    if (plain_.empty()) plain_ = Summarize({}, {});
    return plain_;
  }

  testing::RandomMonth month_;

 private:
  TreeBytes plain_;
};

TEST_P(ShapeTest, ThreadsAndBatchesDoNotChangeABit) {
  for (const int threads : {1, 2, 4}) {
    for (const int64_t batch_rows : {1, 3, 1024}) {
      ExpectSameBytes({}, {.threads = threads, .batch_rows = batch_rows});
    }
  }
}

TEST_P(ShapeTest, HowRowsAreCutDoesNotChangeABit) {
  const std::vector<LakeLayout> layouts = {
      {.row_group_rows = 1},
      {.row_group_rows = 37},
      {.file_rows = 50},
      {.file_rows = 101, .row_group_rows = 10},
      {.days_in_one_file = true},
      {.days_in_one_file = true, .row_group_rows = 64},
      {.days_in_one_file = true, .file_rows = 150, .statistics = false},
  };
  for (const LakeLayout& layout : layouts) {
    ExpectSameBytes(layout, {.threads = 2, .batch_rows = 64});
  }
}

TEST_P(ShapeTest, HowValuesAreStoredDoesNotChangeABit) {
  const std::vector<LakeLayout> layouts = {
      {.encoding = Encoding::kPlain},
      {.encoding = Encoding::kDelta, .large_string = true},
      {.page_rows = 5},
      {.page_rows = 3, .dictionary_page_bytes = 200},
      {.page_rows = 40, .dictionary_page_bytes = 500, .page_v2 = true},
      {.dictionary_page_bytes = 1, .codec = support::Codec::kNone, .column_order = 7},
  };
  for (const LakeLayout& layout : layouts) {
    ExpectSameBytes(layout, {.threads = 2, .batch_rows = 100});
  }
}

TEST_P(ShapeTest, AgreesWithTheNaiveSummary) {
  const auto read = support::ReadSummary(Plain(), month_.parameters);
  ASSERT_TRUE(read.ok()) << read.status().message();
  for (const auto& [day, naive] : NaiveSummary(month_.dataset, month_.parameters)) {
    const auto found = read->find(day);
    ASSERT_TRUE(found != read->end() || naive.rows.empty());
    EXPECT_THAT(CompareRows(naive.rows, found == read->end() ? std::vector<testing::ExpectedRow>()
                                                             : found->second),
                ::testing::IsEmpty());
  }
}

/// Days whose label texts are all different and long, so that a worker gives up what it has learnt
/// from the days before.
testing::RandomMonth MakeMonthOfNewTexts() {
  testing::RandomMonth month = MakeLargeMonth(1001);
  testing::SummaryParameters& parameters = month.parameters;
  parameters.end_day = parameters.start_day + 5;
  parameters.enabled_keys = {"env"};
  testing::Dataset& dataset = month.dataset;
  std::erase_if(dataset.pod_daily,
                [](const testing::PodRow& row) { return row.node.value_or("").empty(); });
  const std::vector<testing::PodRow> pods(dataset.pod_daily.begin(),
                                          dataset.pod_daily.begin() + 50);
  dataset.pod_daily.clear();
  for (int64_t day = parameters.start_day; day <= parameters.end_day; ++day) {
    for (int number = 0; number < 3000; ++number) {
      testing::PodRow& row = dataset.pod_daily.emplace_back(pods[number % pods.size()]);
      row.interval_start_ms = day * testing::kMillisecondsPerDay;
      row.pod_labels = fmt::format(R"({{"env": "{}", "note": "{:*^1000}"}})", (number + day) % 7,
                                   fmt::format("{} of {}", number, day));
    }
  }
  return month;
}

TEST(NewTextsTest, AgreeWithTheNaiveSummary) {
  const testing::RandomMonth month = MakeMonthOfNewTexts();
  const auto lake = support::WriteLake(month.dataset, month.parameters, {});
  ASSERT_TRUE(lake.ok()) << lake.status().message();
  const support::ScratchDirectory scratch;
  const auto options =
      support::MakeRunOptions(month.parameters, support::Roles::kGiven, scratch.Path("out"));
  const auto result = support::Summarize(*lake, options);
  ASSERT_TRUE(result.ok()) << result.status().message();
  auto read = support::ReadSummary(case_runner::ReadTree(support::OutputDirectory(options)),
                                   month.parameters);
  ASSERT_TRUE(read.ok()) << read.status().message();
  for (const auto& [day, naive] : NaiveSummary(month.dataset, month.parameters)) {
    EXPECT_THAT(CompareRows(naive.rows, (*read)[day]), ::testing::IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ShapeTest, ::testing::Values(1001, 1002, 1003, 1006));

}  // namespace
}  // namespace matome::differential
