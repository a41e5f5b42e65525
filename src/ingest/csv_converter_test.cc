// SPDX-License-Identifier: Apache-2.0
#include "ingest/csv_converter.h"

#include <atomic>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/batches_for_test.h"
#include "ingest/bytes_for_test.h"

namespace matome::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using Rows = std::vector<std::map<std::string, std::string>>;

constexpr auto kUsage = "pod_usage_cpu_core_seconds";

ConvertedForTest ConvertPods(const Rows& rows, const ConvertOptions& options = {}) {
  return ConvertForTest(CsvForTest(PodForTest(), rows), options);
}

std::string Hour(int hour, int day = 1) {
  return fmt::format("2025-10-{:02} {:02}:00:00 +0000 UTC", day, hour);
}

TEST(CsvConverterTest, HasNothingToDoWithoutRows) {
  const auto empty = ConvertForTest("\n\n");
  EXPECT_TRUE(empty.outcome.status.ok());
  EXPECT_TRUE(empty.outcome.empty);
  const auto unknown = ConvertForTest("a,b\n1,2\n");
  EXPECT_TRUE(unknown.outcome.status.ok());
  EXPECT_FALSE(unknown.outcome.report);
  const auto header = ConvertPods({});
  EXPECT_TRUE(header.outcome.status.ok());
  EXPECT_EQ(header.outcome.report, CsvReport::kPodUsage);
  EXPECT_THAT(header.begun, IsEmpty());
}

TEST(CsvConverterTest, FailsAtABadDateAndSaysWhere) {
  for (const auto* column :
       {"interval_start", "interval_end", "report_period_start", "report_period_end"}) {
    for (const auto* text : {"", "NA", "2025-10-32", "2025-10-01 00:00:00 UTC", "2300-01-01"}) {
      const auto converted = ConvertPods({{}, {{column, text}}, {}});
      EXPECT_EQ(converted.outcome.status.code(), base::Code::kBadInput);
      EXPECT_EQ(converted.outcome.status.message(),
                fmt::format("row 2: column {}: \"{}\" is not a date", column, text));
      EXPECT_THAT(converted.batches, IsEmpty());
    }
  }
}

TEST(CsvConverterTest, DropsBadDatesIfAskedTo) {
  const auto converted = ConvertPods({{}, {{"interval_end", ""}, {"interval_start", "x"}}, {}},
                                     {.drop_bad_dates = true});
  EXPECT_EQ(converted.only().hourly.rows.size(), 2U);
  EXPECT_EQ(converted.outcome.rows_with_bad_dates, 1);
  EXPECT_TRUE(converted.outcome.has_loss());
}

TEST(CsvConverterTest, WritesWhatFilledBatchesBeforeAnError) {
  const auto converted = ConvertPods({{}, {}, {}, {{"interval_end", "x"}}}, {.batch_rows = 2});
  EXPECT_FALSE(converted.outcome.status.ok());
  // The rows of one block stand or fall together.
  EXPECT_THAT(converted.batches, IsEmpty());
  EXPECT_EQ(converted.outcome.rows, 4);
}

TEST(CsvConverterTest, CutsByTheTextsDayAndCountsHours) {
  const auto converted = ConvertPods({{{"interval_start", Hour(0)}},
                                      {{"interval_start", Hour(5, 2)}},
                                      {{"interval_start", Hour(0)}},
                                      {{"interval_start", Hour(1)}},
                                      {{"interval_start", "2025-10-01 24:00:00"}}});
  ASSERT_EQ(converted.outcome.days.size(), 2U);
  EXPECT_EQ(converted.outcome.days[0].file.base_name, "pod_usage.2025-10-01");
  EXPECT_EQ(converted.outcome.days[0].rows, 4);
  EXPECT_EQ(converted.outcome.days[0].hours_covered, 3);
  EXPECT_EQ(converted.outcome.days[0].hourly_rows, 4);
  EXPECT_EQ(converted.outcome.days[0].daily_rows, 2);
  EXPECT_EQ(converted.outcome.days[1].hours_covered, 1);
  // Its instant is the next day's, which is what its rows are grouped by.
  EXPECT_THAT(converted.batches.begin()->second.daily["interval_start"],
              ElementsAre("2025-10-01 00:00:00", "2025-10-02 00:00:00"));
}

TEST(CsvConverterTest, PassesOverWhatTheSinkDoesNotWant) {
  const auto csv = CsvForTest(PodForTest(), {{{"interval_start", Hour(0)}},
                                             {{"interval_start", Hour(5, 2)}, {"pod", "NA"}},
                                             {{"interval_start", Hour(1)}}});
  const auto converted = ConvertForTest(csv, {}, true, "", "pod_usage.2025-10-02");
  EXPECT_EQ(converted.only().hourly.rows.size(), 2U);
  EXPECT_TRUE(converted.outcome.days[1].passed_over);
  EXPECT_EQ(converted.outcome.days[1].rows, 1);
  EXPECT_FALSE(converted.outcome.has_loss());
}

TEST(CsvConverterTest, MixesNaiveDatesWithUtcButWithNoOtherOffset) {
  const auto same = ConvertPods(
      {{{"interval_start", "2025-10-01 00:00:00"}}, {{"interval_start", "2025-10-01T01:00:00Z"}}});
  EXPECT_THAT(same.only().hourly["interval_start"],
              ElementsAre("2025-10-01 00:00:00Z", "2025-10-01 01:00:00Z"));
  const auto offset = ConvertPods({{{"interval_start", "2025-10-01T02:00:00+02:00"}},
                                   {{"interval_start", "2025-10-01T01:00:00+02:00"}}});
  ASSERT_EQ(offset.begun.size(), 2U);
  EXPECT_EQ(offset.begun[1].base_name, "pod_usage.2025-09-30");

  const auto mixed = ConvertPods({{{"interval_start", "2025-10-01 00:00:00"}},
                                  {{"interval_start", "2025-10-01T03:00:00+02:00"}}});
  EXPECT_THAT(mixed.outcome.status.message(),
              HasSubstr("row 2: column interval_start: dates with"));
  const auto two = ConvertPods({{{"interval_end", "2025-10-01T03:00:00+03:00"}},
                                {{"interval_end", "2025-10-01T03:00:00+02:00"}}});
  EXPECT_THAT(two.outcome.status.message(), HasSubstr("different offsets"));
}

TEST(CsvConverterTest, KeepsTheTextOfADuplicateColumn) {
  auto base = PodForTest();
  base.emplace_back("pod.1", "<x>");
  auto csv = CsvForTest(base, {{}});
  csv.replace(csv.find("pod.1"), 5, "pod");
  EXPECT_THAT(ConvertForTest(csv).only().hourly["pod.1"], ElementsAre("<x>"));
}

TEST(CsvConverterTest, CountsRowsWithTooManyFields) {
  auto csv = CsvForTest(PodForTest(), {{}, {}});
  csv.insert(csv.size() - 1, ",");
  const auto converted = ConvertForTest(csv);
  EXPECT_EQ(converted.only().hourly.rows.size(), 1U);
  EXPECT_EQ(converted.outcome.rows_with_more_fields, 1);
  EXPECT_TRUE(converted.outcome.has_loss());

  // With the comma in the header too there is one more column.
  csv = CsvForTest(PodForTest(), {{}});
  csv.insert(csv.find('\n'), ",");
  csv.insert(csv.size() - 1, ",");
  EXPECT_THAT(ConvertForTest(csv).only().hourly["Unnamed: 20"], ElementsAre(""));
}

TEST(CsvConverterTest, StrictFailsAtTheFirstLoss) {
  const auto error = [](const Rows& rows) {
    const auto converted = ConvertPods(rows, {.strict = true});
    EXPECT_THAT(converted.batches, IsEmpty());
    return converted.outcome.status.message();
  };
  EXPECT_EQ(error({{}, {{"pod", "nan"}}}), "row 2: column pod: \"nan\" would become empty");
  EXPECT_EQ(error({{{"pod_labels", "a:1|b"}}}),
            "row 1: column pod_labels: \"a:1|b\" has a piece that is not a label");
  EXPECT_EQ(error({{{kUsage, "x"}}}),
            fmt::format("row 1: column {}: \"x\" is not a number", kUsage));
  EXPECT_THAT(error({{{kUsage, "1e19"}}}), HasSubstr("1 rows have a number above 1e18"));
  EXPECT_EQ(ConvertPods({{}}, {.strict = true}).batches.size(), 1U);
}

TEST(CsvConverterTest, RemembersKeysOfRowsThatAreWritten) {
  const auto converted = ConvertPods({{{"pod_labels", "label_b:1|x"}},
                                      {{"pod_labels", "label_z:1"}, {kUsage, "1e19"}},
                                      {{"pod_labels", ":1"}}});
  EXPECT_THAT(converted.outcome.label_keys, ElementsAre("", "b"));
}

TEST(CsvConverterTest, ReturnsTheErrorsOfTheSink) {
  SinkForTest sink;
  sink.failure = base::Failed("disk full");
  ConvertRequest request;
  request.name_file = [](CsvReport, std::optional<model::Day> day) -> base::Result<DayFile> {
    return DayFile{.report_date = *day, .base_name = "x"};
  };
  TextSource source(CsvForTest(PodForTest(), {{}, {}, {}}));
  const std::atomic<bool> stop = false;
  const auto outcome = ConvertCsv(source, request, {.batch_rows = 1}, sink, stop);
  EXPECT_EQ(outcome.status.message(), "disk full");
}

TEST(CsvConverterTest, StopsWhenAskedTo) {
  SinkForTest sink;
  TextSource source(CsvForTest(PodForTest(), {{}}));
  const std::atomic<bool> stop = true;
  const auto outcome = ConvertCsv(source, {}, {}, sink, stop);
  EXPECT_EQ(outcome.status.code(), base::Code::kInterrupted);
}

// The rows of all batches of a day file, in order.
std::vector<std::string> AllPods(const ConvertedForTest& converted) {
  std::vector<std::string> pods;
  for (const auto& [name, batch] : converted.batches) {
    for (const auto& pod : batch.hourly["pod"]) pods.push_back(name.first + " " + pod);
  }
  return pods;
}

TEST(CsvConverterTest, GivesTheSameRowsWhateverMemoryAndThreads) {
  Rows rows;
  for (int row = 0; row < 6000; ++row) {
    rows.push_back({{"pod", fmt::format("pod-{}", row)},
                    {"pod_labels", fmt::format("label_a:{}|label_b:{}", row, row % 7)},
                    {"interval_start", Hour(row % 24, 1 + row % 3)},
                    {kUsage, fmt::format("{}.5", row)}});
  }
  const auto whole = ConvertPods(rows);
  EXPECT_EQ(whole.batches.size(), 3U);
  for (const int threads : {0, 1, 3}) {
    for (const int64_t bytes : {int64_t{1}, int64_t{1} << 20, int64_t{5} << 20}) {
      const auto converted = ConvertPods(
          rows, {.batch_rows = 1500, .buffered_bytes = bytes, .writer_threads = threads});
      ASSERT_TRUE(converted.outcome.status.ok());
      EXPECT_GT(converted.batches.size(), 3U);
      EXPECT_EQ(AllPods(converted), AllPods(whole));
      EXPECT_EQ(converted.outcome.label_keys, whole.outcome.label_keys);
    }
  }
}

TEST(CountHoursTest, CountsDifferentTexts) {
  const std::atomic<bool> stop = false;
  TextSource source(CsvForTest(PodForTest(), {{{"interval_start", Hour(0)}},
                                              {{"interval_start", Hour(0)}},
                                              {{"interval_start", "2025-10-01 00:00:00"}},
                                              {{"interval_start", Hour(7, 2)}},
                                              {{"interval_start", "x"}}}));
  const auto hours = CountHours(source, {}, stop);
  ASSERT_TRUE(hours.ok());
  EXPECT_THAT(*hours, ElementsAre(Pair(*model::Day::Parse("2025-10-01"), 2),
                                  Pair(*model::Day::Parse("2025-10-02"), 1)));
  TextSource unknown("a,b\n1,2\n");
  EXPECT_THAT(*CountHours(unknown, {}, stop), IsEmpty());
  TextSource damaged(CsvForTest(PodForTest(), {{}}) + "\"");
  EXPECT_FALSE(CountHours(damaged, {}, stop).ok());
}

}  // namespace
}  // namespace matome::ingest
