// SPDX-License-Identifier: Apache-2.0
#include "datagen/report_writer.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datagen/lake_file.h"
#include "datagen/read_back_for_test.h"

namespace matome::datagen {
namespace {

using ::testing::ElementsAre;

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kHour = 3'600'000;
const int64_t kDay = model::Day::Parse("2025-10-01")->start_millis();

class ReportWriterTest : public ::testing::Test {
 protected:
  ReportWriter MakePodWriter() {
    const ReportPlace place = {
        scratch_.path() + "/hourly/", scratch_.path() + "/daily/", {2025, 10}};
    EXPECT_TRUE(MakeDirectories(place.hourly_directory).ok());
    EXPECT_TRUE(MakeDirectories(place.daily_directory).ok());
    return {layout_, texts_, place};
  }

  RowTexts PodTexts(std::string_view project, std::string_view node, std::string_view pod,
                    std::string_view resource_id = "i-1") {
    return {texts_.Intern(project), texts_.Intern(node),        texts_.Intern(pod),
            texts_.Intern("{}"),    texts_.Intern(resource_id), texts_.Intern("worker")};
  }

  // Adds one row of which only the cpu usage and request, and the cores, are not 0.
  static void AddRow(ReportWriter& writer, int64_t start, EntityId entity, double usage,
                     double request, double cores = 4) {
    const auto numbers = writer.AddRows(start, {{entity}});
    numbers[PodRow::kUsageCpu][0] = usage;
    numbers[PodRow::kRequestCpu][0] = request;
    numbers[PodRow::kCapacityCpuCores][0] = cores;
  }

  Table Hourly(const std::string& name) {
    return ReadTable(scratch_.path(), "hourly/" + name, layout_);
  }
  Table Daily(const std::string& name) {
    return ReadTable(scratch_.path(), "daily/" + name, layout_);
  }

  const ReportLayout& layout_ = LayoutOf(GeneratedReport::kPods);
  base::Interner texts_;
  ScratchDirectory scratch_;
};

TEST_F(ReportWriterTest, DailyRowsAreSortedAggregates) {
  const auto in_b = PodTexts("b", "n1", "p1", "i-1");
  const auto in_a = PodTexts("a", "n1", "p2", "");
  const auto moved = PodTexts("b", "n1", "p1", "i-2");
  auto no_namespace = PodTexts("a", "n1", "p1");
  no_namespace[PodRow::kNamespace] = base::kNullText;
  auto writer = MakePodWriter();
  const EntityId b = writer.AddEntity(in_b);
  const EntityId a = writer.AddEntity(in_a);
  const EntityId b_moved = writer.AddEntity(moved);
  const EntityId none = writer.AddEntity(no_namespace);
  writer.BeginFile("pods", {});
  AddRow(writer, kDay, none, 1, 1);
  AddRow(writer, kDay, b, 100, 150, 4);
  AddRow(writer, kDay, a, kNull, kNull, kNull);
  AddRow(writer, kDay + kHour, b_moved, 200, 150, 8);
  AddRow(writer, kDay + 2 * kHour, b, kNull, 5, 2);
  AddRow(writer, kDay + 24 * kHour, b, 7, 1);
  ASSERT_TRUE(writer.EndFile().ok());

  const Table hourly = Hourly("pods_0.parquet");
  EXPECT_THAT(hourly.Numbers("pod_effective_usage_cpu_core_seconds"),
              ElementsAre(1, 150, std::nullopt, 200, 5, 7));
  EXPECT_THAT(hourly.Texts("resource_id"), ElementsAre("i-1", "i-1", "", "i-2", "i-1", "i-1"));

  const Table daily = Daily("pods_daily_0.parquet");
  EXPECT_THAT(daily.Texts("namespace"), ElementsAre("a", "b", "b", std::nullopt));
  EXPECT_THAT(daily.starts, ElementsAre(kDay, kDay, kDay + 24 * kHour, kDay));
  EXPECT_THAT(daily.Texts("resource_id"), ElementsAre("", "i-2", "i-1", "i-1"));
  EXPECT_THAT(daily.Numbers("pod_usage_cpu_core_seconds"), ElementsAre(0, 300, 7, 1));
  EXPECT_THAT(daily.Numbers("pod_request_cpu_core_seconds"), ElementsAre(0, 305, 1, 1));
  EXPECT_THAT(daily.Numbers("pod_effective_usage_cpu_core_seconds"), ElementsAre(0, 355, 7, 1));
  EXPECT_THAT(daily.Numbers("node_capacity_cpu_cores"), ElementsAre(std::nullopt, 8, 4, 4));
  EXPECT_EQ(writer.counts().hourly_rows, 6);
  EXPECT_EQ(writer.counts().daily_rows, 4);
  EXPECT_EQ(writer.counts().files, 2);
}

TEST_F(ReportWriterTest, AggregatesWithinABatch) {
  const auto texts = PodTexts("a", "n1", "p1");
  auto writer = MakePodWriter();
  const EntityId pod = writer.AddEntity(texts);
  writer.BeginFile("pods", {}, 2);
  for (int hour = 0; hour < 5; ++hour) {
    AddRow(writer, kDay + hour * kHour, pod, hour, 0);
    ASSERT_TRUE(writer.WriteFullBatches().ok());
  }
  ASSERT_TRUE(writer.EndFile().ok());
  EXPECT_THAT(AllKeys(scratch_.path()),
              ElementsAre("daily/pods_daily_0.parquet", "daily/pods_daily_1.parquet",
                          "daily/pods_daily_2.parquet", "hourly/pods_0.parquet",
                          "hourly/pods_1.parquet", "hourly/pods_2.parquet"));
  EXPECT_THAT(Hourly("pods_1.parquet").Numbers("pod_usage_cpu_core_seconds"), ElementsAre(2, 3));
  EXPECT_THAT(Daily("pods_daily_1.parquet").Numbers("pod_usage_cpu_core_seconds"), ElementsAre(5));
  EXPECT_THAT(Daily("pods_daily_2.parquet").Numbers("pod_usage_cpu_core_seconds"), ElementsAre(4));
}

TEST_F(ReportWriterTest, SumsAreCompensated) {
  const auto texts = PodTexts("a", "n1", "p1");
  auto writer = MakePodWriter();
  const EntityId pod = writer.AddEntity(texts);
  writer.BeginFile("pods", {});
  for (int row = 0; row < 10; ++row) AddRow(writer, kDay, pod, 0.1, 0);
  ASSERT_TRUE(writer.EndFile().ok());
  EXPECT_THAT(Daily("pods_daily_0.parquet").Numbers("pod_usage_cpu_core_seconds"), ElementsAre(1));
}

TEST_F(ReportWriterTest, RowsWithoutATimeAreAGroup) {
  const auto texts = PodTexts("a", "n1", "p1");
  auto writer = MakePodWriter();
  const EntityId pod = writer.AddEntity(texts);
  writer.BeginFile("pods", {});
  AddRow(writer, kNullHour, pod, 1, 0);
  AddRow(writer, kDay, pod, 2, 0);
  AddRow(writer, kNullHour, pod, 4, 0);
  ASSERT_TRUE(writer.EndFile().ok());
  EXPECT_THAT(Hourly("pods_0.parquet").starts, ElementsAre(std::nullopt, kDay, std::nullopt));
  const Table daily = Daily("pods_daily_0.parquet");
  EXPECT_THAT(daily.starts, ElementsAre(kDay, std::nullopt));
  EXPECT_THAT(daily.Numbers("pod_usage_cpu_core_seconds"), ElementsAre(2, 5));
}

TEST_F(ReportWriterTest, ColumnsCanBeMissing) {
  const auto texts = PodTexts("a", "n1", "p1");
  auto writer = MakePodWriter();
  const EntityId pod = writer.AddEntity(texts);
  writer.BeginFile("old", {.missing = {"node_role", "pod_effective_usage_cpu_core_seconds"}});
  AddRow(writer, kDay, pod, 1, 0);
  ASSERT_TRUE(writer.EndFile().ok());
  writer.BeginFile("new", {.not_sent = {"node_role"}});
  AddRow(writer, kDay, pod, 1, 0);
  ASSERT_TRUE(writer.EndFile().ok());
  writer.BeginFile("daily-only", {.hourly = false});
  AddRow(writer, kDay, pod, 1, 0);
  ASSERT_TRUE(writer.EndFile().ok());

  EXPECT_THAT(Hourly("old_0.parquet").missing,
              ElementsAre("node_role", "pod_effective_usage_cpu_core_seconds"));
  EXPECT_THAT(Daily("old_daily_0.parquet").missing,
              ElementsAre("node_role", "pod_effective_usage_cpu_core_seconds"));
  EXPECT_THAT(Hourly("new_0.parquet").missing, ElementsAre("node_role"));
  EXPECT_THAT(Daily("new_daily_0.parquet").missing, ElementsAre());
  EXPECT_THAT(Daily("new_daily_0.parquet").Texts("node_role"), ElementsAre(std::nullopt));
  EXPECT_EQ(writer.counts().files, 5);
}

TEST_F(ReportWriterTest, NamesTheFileItCannotWrite) {
  const auto texts = PodTexts("a", "n1", "p1");
  ReportWriter writer(layout_, texts_,
                      {scratch_.path() + "/nowhere/", scratch_.path() + "/", {2025, 10}});
  const EntityId pod = writer.AddEntity(texts);
  writer.BeginFile("pods", {});
  AddRow(writer, kDay, pod, 1, 0);
  const auto status = writer.EndFile();
  EXPECT_EQ(status.code(), base::Code::kFailed);
  EXPECT_THAT(status.message(), ::testing::HasSubstr("nowhere/.pods_0.parquet.tmp: No such file"));
}

}  // namespace
}  // namespace matome::datagen
