// SPDX-License-Identifier: Apache-2.0
#include "sink/day_file.h"

#include <limits>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arrow_io/row_group_reader.h"
#include "model/table_schema.h"
#include "sink/day_for_test.h"
#include "sink/ordered_day.h"
#include "store/memory_store.h"

namespace matome::sink {
namespace {

using model::Labels;
using model::Name;
using model::Number;
using model::RowKind;
using model::Semantics;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Csv(const model::DaySummary& summary,
                const model::RunConstants& constants = kConstantsForTest,
                Semantics semantics = Semantics::kTrino) {
  std::string text;
  const auto status =
      WriteCsvDay(summary, constants, semantics, [&](std::span<const uint8_t> bytes) {
        text.append(bytes.begin(), bytes.end());
        return base::Status::Ok();
      });
  EXPECT_TRUE(status.ok()) << status.message();
  return text;
}

std::vector<uint8_t> Parquet(const model::DaySummary& summary,
                             const model::RunConstants& constants = kConstantsForTest) {
  std::vector<uint8_t> all;
  const auto status = WriteParquetDay(summary, constants, [&](std::span<const uint8_t> bytes) {
    all.insert(all.end(), bytes.begin(), bytes.end());
    return base::Status::Ok();
  });
  EXPECT_TRUE(status.ok()) << status.message();
  return all;
}

/// The lines of a CSV without its header.
std::vector<std::string> Lines(const std::string& csv) {
  std::vector<std::string> lines;
  for (size_t at = csv.find("\r\n") + 2; at < csv.size();) {
    const size_t end = csv.find("\r\n", at);
    lines.push_back(csv.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

/// The namespaces of the rows in the order in which they are written.
std::vector<std::string> OrderOf(const model::DaySummary& summary, Name name = Name::kNamespace) {
  const OrderedDay ordered(summary);
  std::vector<std::string> texts;
  for (size_t at = 0; at < ordered.order.size(); ++at) {
    const base::TextId id = ordered.row(at).name(name);
    texts.push_back(id == base::kNullText ? "NULL" : std::string(summary.text(name, id)));
  }
  return texts;
}

/// A day with a row of each kind and all sorts of values.
DayForTest MixedDay() {
  DayForTest day("2025-10-03");
  {
    auto& row = day.Add(RowKind::kStorage);
    day.Set(row, Name::kNamespace, "shop");
    day.Set(row, Name::kPersistentVolumeClaim, "c1");
    day.Set(row, Name::kStorageClass, "");
    day.Set(row, Name::kCsiVolumeHandle, "h1");
    day.Set(row, Labels::kVolumeLabels, R"({"env":"a,b"})");
    day.Set(row, Labels::kAllLabels, R"({"env":"a,b"})");
    row.set(Number::kPersistentVolumeClaimCapacityGigabyte, 10);
  }
  {
    auto& row = day.Add(RowKind::kUnallocated);
    day.Set(row, Name::kNamespace, "Worker unallocated");
    day.Set(row, Name::kNode, "n1");
    row.set(Number::kPodUsageCpuCoreHours, -0.5);
  }
  {
    auto& row = day.Add(RowKind::kPod);
    day.Set(row, Name::kNamespace, "shop");
    day.Set(row, Name::kNode, "n1");
    day.Set(row, Name::kResourceId, "");
    day.Set(row, Labels::kPodLabels, "{}");
    row.set(Number::kPodUsageCpuCoreHours, 28900.0 / 3600);
    row.set(Number::kNodeCapacityCpuCores, 0.0);
    row.has_cost_category = true;
    row.cost_category_id = 3;
  }
  return day;
}

TEST(CsvDay, HasTheColumnsOfTheTableAndTheVolumeHandle) {
  EXPECT_EQ(
      Csv(DayForTest("2025-10-03").summary()),
      "uuid,report_period_id,cluster_id,cluster_alias,data_source,usage_start,usage_end,namespace,"
      "node,resource_id,"
      "pod_labels,pod_usage_cpu_core_hours,pod_request_cpu_core_hours,pod_effective_usage_cpu_core_"
      "hours,"
      "pod_limit_cpu_core_hours,pod_usage_memory_gigabyte_hours,pod_request_memory_gigabyte_hours,"
      "pod_effective_usage_memory_gigabyte_hours,pod_limit_memory_gigabyte_hours,node_capacity_cpu_"
      "cores,"
      "node_capacity_cpu_core_hours,node_capacity_memory_gigabytes,node_capacity_memory_gigabyte_"
      "hours,"
      "cluster_capacity_cpu_core_hours,cluster_capacity_memory_gigabyte_hours,"
      "persistentvolumeclaim,"
      "persistentvolume,storageclass,volume_labels,all_labels,persistentvolumeclaim_capacity_"
      "gigabyte,"
      "persistentvolumeclaim_capacity_gigabyte_months,volume_request_storage_gigabyte_months,"
      "persistentvolumeclaim_usage_gigabyte_months,source_uuid,infrastructure_usage_cost,cost_"
      "category_id,"
      "csi_volume_handle\r\n");
}

TEST(CsvDay, WritesNullAsNothingAndEmptyTextAsQuotes) {
  auto day = MixedDay();
  const std::string cost =
      R"("{""cpu"": 0.000000000, ""memory"": 0.000000000, ""storage"": 0.000000000}")";
  EXPECT_THAT(Lines(Csv(day.summary())),
              ElementsAre(",7,c-1,,Pod,2025-10-03,2025-10-03,shop,n1,\"\",{},8.027777777777779,,,,,"
                          ",,,0.000000000000000,,,,,,,,,,"
                          "{},,,,,u-1," +
                              cost + ",3,",
                          ",7,c-1,,Storage,2025-10-03,2025-10-03,shop,,,,,,,,,,,,,,,,,,c1,,\"\",\"{"
                          "\"\"env\"\":\"\"a,b\"\"}\","
                          "\"{\"\"env\"\":\"\"a,b\"\"}\",10.000000000000000,,,,u-1," +
                              cost + ",,h1",
                          ",7,c-1,,Pod,2025-10-03,2025-10-03,Worker "
                          "unallocated,n1,,,-0.500000000000000,,,,,,,,,,,,,,,,,,{},,,,,"
                          "u-1,,,"));
}

TEST(CsvDay, QuotesWhatNeedsIt) {
  DayForTest day("2025-10-03");
  for (const auto* name : {"a,b", "a\"b", "a\nb", "a\rb", " a ", "a;b"}) day.AddPod(name, "n1", 1);
  const auto csv = Csv(day.summary());
  for (const auto* field :
       {",\"a,b\",", ",\"a\"\"b\",", ",\"a\nb\",", ",\"a\rb\",", ", a ,", ",a;b,"}) {
    EXPECT_THAT(csv, HasSubstr(field));
  }
}

TEST(CsvDay, WritesConstants) {
  DayForTest day("2025-10-03");
  day.AddPod("ns", "n1", 1);
  const model::RunConstants constants{.source_uuid = "u-2",
                                      .cluster_id = "my, cluster",
                                      .cluster_alias = "",
                                      .report_period_id = -1};
  EXPECT_THAT(Lines(Csv(day.summary(), constants))[0], HasSubstr(",-1,\"my, cluster\",\"\",Pod,"));
}

TEST(CsvDay, NumbersFollowTheSemantics) {
  DayForTest day("2025-10-03");
  day.AddPod("ns", "n1", 1234567.123456789);
  EXPECT_THAT(Csv(day.summary()), HasSubstr(",1234567.123456789000000,"));
  EXPECT_THAT(Csv(day.summary(), kConstantsForTest, Semantics::kKokuPostgresql),
              HasSubstr(",1234567.123456790000000,"));
}

TEST(CsvDay, AnErrorOfTheSinkEndsIt) {
  DayForTest day("2025-10-03");
  for (int row = 0; row < 5000; ++row) day.AddPod("ns" + std::to_string(row), "n1", row);
  int calls = 0;
  const auto status = WriteCsvDay(day.summary(), kConstantsForTest, Semantics::kTrino,
                                  [&](std::span<const uint8_t>) {
                                    ++calls;
                                    return base::Failed("full");
                                  });
  EXPECT_EQ(status.message(), "full");
  EXPECT_EQ(calls, 1);
}

TEST(OrderedDay, SortsByKindThenByTextWithNullFirst) {
  DayForTest day("2025-10-03");
  day.AddPod("b", "n1", 1);
  day.AddPod("\xC3\xA9", "n1", 1);
  day.Add(RowKind::kPod);
  day.AddPod("", "n1", 1);
  day.AddPod("B", "n1", 1);
  day.AddPod("ba", "n1", 1);
  day.Set(day.Add(RowKind::kStorage), Name::kNamespace, "a");
  EXPECT_THAT(OrderOf(day.summary()), ElementsAre("NULL", "", "B", "b", "ba", "\xC3\xA9", "a"));
}

TEST(OrderedDay, GoesOnWithTheFurtherKeys) {
  DayForTest day("2025-10-03");
  const auto add = [&](std::string_view node, std::string_view labels, std::string_view volume,
                       std::string_view handle) {
    auto& row = day.Add(RowKind::kStorage);
    day.Set(row, Name::kNode, node);
    day.Set(row, Labels::kVolumeLabels, labels);
    day.Set(row, Name::kPersistentVolume, volume);
    day.Set(row, Name::kCsiVolumeHandle, handle);
  };
  add("n1", "{\"a\":\"2\"}", "v1", "5");
  add("n1", "{\"a\":\"1\"}", "v1", "5");
  add("n1", "{\"a\":\"1\"}", "v1", "4");
  add("n1", "{\"a\":\"1\"}", "v0", "6");
  add("n0", "{\"a\":\"9\"}", "v9", "7");
  EXPECT_THAT(OrderOf(day.summary(), Name::kCsiVolumeHandle), ElementsAre("7", "6", "4", "5", "5"));
}

TEST(OrderedDay, RowsOfOneKeyGoByCategory) {
  DayForTest day("2025-10-03");
  for (const int32_t category : {9, -1, 5}) {
    auto& row = day.Add(RowKind::kUnallocated);
    row.has_cost_category = true;
    row.cost_category_id = category;
  }
  day.Add(RowKind::kUnallocated);
  const OrderedDay ordered(day.summary());
  std::vector<int32_t> categories;
  for (size_t at = 0; at < 4; ++at) {
    categories.push_back(ordered.row(at).has_cost_category ? ordered.row(at).cost_category_id : 0);
  }
  EXPECT_THAT(categories, ElementsAre(0, -1, 5, 9));
}

TEST(DayFile, BytesDoNotDependOnTheOrderInWhichRowsWereMadeNorOnIds) {
  DayForTest first("2025-10-03");
  DayForTest second("2025-10-03");
  for (int row = 0; row < 500; ++row)
    first.AddPod("ns" + std::to_string(row % 20), "n" + std::to_string(row), row / 7.0);
  for (int row = 499; row >= 0; --row) {
    second.AddPod("ns" + std::to_string(row % 20), "n" + std::to_string(row), row / 7.0);
  }
  std::shuffle(first.summary().rows.begin(), first.summary().rows.end(), std::mt19937(3));
  EXPECT_EQ(Csv(first.summary()), Csv(second.summary()));
  EXPECT_EQ(Parquet(first.summary()), Parquet(second.summary()));
}

TEST(ParquetDay, ReadsBack) {
  auto day = MixedDay();
  store::MemoryStore store;
  store.Put("day", Parquet(day.summary()));
  std::vector<std::string_view> columns = {"interval_start"};
  std::vector<std::string_view> texts, numbers;
  for (const auto& column : model::SummaryColumns()) {
    columns.push_back(column.name);
    const bool number = column.source == model::ColumnSource::kNumber ||
                        column.source == model::ColumnSource::kReportPeriodId ||
                        column.source == model::ColumnSource::kCostCategoryId;
    if (column.source != model::ColumnSource::kUsageDay)
      (number ? numbers : texts).push_back(column.name);
  }
  const auto file = arrow_io::ReadFooter(store, store.List("").value()[0], columns);
  ASSERT_TRUE(file.ok()) << file.status().message();
  ASSERT_EQ(file->row_groups.size(), 1U);
  EXPECT_THAT(file->other_types[6], HasSubstr("(date)"));  // usage_start
  auto reader =
      arrow_io::RowGroupReader::Open(store, *file, 0, {texts, numbers}, {.read_time = false});
  ASSERT_TRUE(reader.ok()) << reader.status().message();
  const auto next = reader->Next();
  ASSERT_TRUE(next.ok()) << next.status().message();
  const batch::Block& block = **next;
  ASSERT_EQ(block.rows, 3);
  const auto text = [&](std::string_view column, int64_t row) -> std::string {
    const auto at =
        static_cast<size_t>(std::find(texts.begin(), texts.end(), column) - texts.begin());
    const auto code = block.texts.at(at).codes[row];
    return code == batch::kNullCode ? "NULL" : std::string(block.texts[at].new_entries[code - 1]);
  };
  const auto number = [&](std::string_view column, int64_t row) -> std::optional<double> {
    const auto at =
        static_cast<size_t>(std::find(numbers.begin(), numbers.end(), column) - numbers.begin());
    return block.numbers.at(at).has(row) ? std::optional(block.numbers[at].values[row])
                                         : std::nullopt;
  };
  EXPECT_EQ(text("uuid", 0), "NULL");
  EXPECT_EQ(text("cluster_id", 0), "c-1");
  EXPECT_EQ(text("cluster_alias", 0), "NULL");
  EXPECT_EQ(text("source_uuid", 2), "u-1");
  EXPECT_EQ(text("data_source", 0), "Pod");
  EXPECT_EQ(text("data_source", 1), "Storage");
  EXPECT_EQ(text("data_source", 2), "Pod");
  EXPECT_EQ(text("resource_id", 0), "");
  EXPECT_EQ(text("resource_id", 1), "NULL");
  EXPECT_EQ(text("pod_labels", 0), "{}");
  EXPECT_EQ(text("pod_labels", 2), "NULL");
  EXPECT_EQ(text("volume_labels", 1), R"({"env":"a,b"})");
  EXPECT_EQ(text("all_labels", 2), "{}");
  EXPECT_EQ(text("csi_volume_handle", 1), "h1");
  EXPECT_EQ(text("infrastructure_usage_cost", 0), model::kInfrastructureUsageCost);
  EXPECT_EQ(text("infrastructure_usage_cost", 2), "NULL");
  // Unrounded.
  EXPECT_EQ(number("pod_usage_cpu_core_hours", 0), 28900.0 / 3600);
  EXPECT_EQ(number("pod_usage_cpu_core_hours", 1), std::nullopt);
  EXPECT_EQ(number("pod_usage_cpu_core_hours", 2), -0.5);
  EXPECT_EQ(number("node_capacity_cpu_cores", 0), 0.0);
  EXPECT_EQ(number("report_period_id", 1), 7);
  EXPECT_EQ(number("cost_category_id", 0), 3);
  EXPECT_EQ(number("cost_category_id", 1), std::nullopt);
}

}  // namespace
}  // namespace matome::sink
