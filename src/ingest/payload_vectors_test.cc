// SPDX-License-Identifier: Apache-2.0
// The worked example of payload §4, and the vectors of payload §10 that are about rows.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/batches_for_test.h"

namespace matome::ingest {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Not;

constexpr auto kLabels = R"({"a": "x", "b": "y"})";
constexpr auto kUsage = "pod_usage_cpu_core_seconds";
constexpr auto kRequest = "pod_request_cpu_core_seconds";
constexpr auto kEffective = "pod_effective_usage_cpu_core_seconds";

// The base row with what differs.
ConvertedForTest ConvertPods(const std::vector<std::map<std::string, std::string>>& rows,
                             const ConvertOptions& options = {}, bool cut_into_days = true) {
  return ConvertForTest(CsvForTest(PodForTest(), rows), options, cut_into_days);
}

std::string Start(std::string_view day, int hour) {
  return fmt::format("{} {:02}:00:00 +0000 UTC", day, hour);
}

FieldsForTest StorageForTest() {
  return {{"report_period_start", "2025-10-01 00:00:00 +0000 UTC"},
          {"report_period_end", "2025-11-01 00:00:00 +0000 UTC"},
          {"interval_start", "2025-10-01 00:00:00 +0000 UTC"},
          {"interval_end", "2025-10-01 00:59:59 +0000 UTC"},
          {"namespace", "ns"},
          {"pod", "p"},
          {"persistentvolumeclaim", "c"},
          {"persistentvolume", "v"},
          {"storageclass", "fast"},
          {"persistentvolumeclaim_capacity_bytes", "10"},
          {"persistentvolumeclaim_capacity_byte_seconds", "36000"},
          {"volume_request_storage_byte_seconds", "1"},
          {"persistentvolumeclaim_usage_byte_seconds", "2"},
          {"persistentvolume_labels", "label_v:1"},
          {"persistentvolumeclaim_labels", ""}};
}

FieldsForTest VmForTest() {
  FieldsForTest fields = {{"report_period_start", "2025-10-01 00:00:00 +0000 UTC"},
                          {"report_period_end", "2025-11-01 00:00:00 +0000 UTC"},
                          {"interval_start", "2025-10-01 00:00:00 +0000 UTC"},
                          {"interval_end", "2025-10-01 00:59:59 +0000 UTC"}};
  for (const auto* text : {"node", "namespace", "vm_name", "resource_id", "vm_instance_type",
                           "vm_os", "vm_guest_os_arch", "vm_guest_os_name", "vm_guest_os_version",
                           "vm_device", "vm_volume_mode", "vm_persistentvolumeclaim_name"}) {
    fields.emplace_back(text, "t");
  }
  for (const auto* number :
       {"vm_cpu_limit_cores", "vm_cpu_request_cores", "vm_cpu_request_sockets",
        "vm_cpu_request_threads", "vm_memory_limit_bytes", "vm_memory_request_bytes",
        "vm_uptime_total_seconds", "vm_cpu_limit_core_seconds", "vm_cpu_request_core_seconds",
        "vm_cpu_request_socket_seconds", "vm_cpu_request_thread_seconds",
        "vm_cpu_usage_total_seconds", "vm_memory_limit_byte_seconds",
        "vm_memory_request_byte_seconds", "vm_memory_usage_byte_seconds",
        "vm_disk_allocated_size_byte_seconds"}) {
    fields.emplace_back(number, "1");
  }
  fields.emplace_back("vm_labels", "label_v:1");
  return fields;
}

FieldsForTest GpuForTest() {
  return {{"report_period_start", "2025-10-01 00:00:00 +0000 UTC"},
          {"report_period_end", "2025-11-01 00:00:00 +0000 UTC"},
          {"interval_start", "2025-10-01 00:00:00 +0000 UTC"},
          {"interval_end", "2025-10-01 00:59:59 +0000 UTC"},
          {"node", "n1"},
          {"namespace", "ns"},
          {"pod", "p1"},
          {"gpu_uuid", "GPU-1"},
          {"gpu_model_name", "NVIDIA A100-SXM4-40GB"},
          {"gpu_vendor_name", "nvidia_com_gpu"},
          {"gpu_memory_capacity_mib", "40960"},
          {"gpu_pod_uptime", "3600"},
          {"mig_instance_id", "m1"},
          {"mig_profile", "1g.5gb"},
          {"mig_strategy", "single"}};
}

TEST(PayloadVectorsTest, WorkedExample) {
  const auto hour = [](int number) { return Start("2025-10-01", number); };
  const auto converted = ConvertPods(
      {{{"interval_start", hour(0)}, {"pod", "web"}, {kUsage, "100"}, {kRequest, "150"}},
       {{"interval_start", hour(1)},
        {"pod", "web"},
        {"resource_id", "i-2"},
        {kUsage, "200"},
        {kRequest, "150"},
        {"node_capacity_cpu_cores", "8"},
        {"node_capacity_cpu_core_seconds", "28800"},
        {"node_role", ""}},
       {{"interval_start", hour(1)},
        {"pod", "web"},
        {"resource_id", ""},
        {"pod_labels", "label_b:y|label_a:x"},
        {kUsage, "7"},
        {kRequest, "2"}},
       {{"interval_start", hour(2)},
        {"node", ""},
        {"pod", "Web"},
        {"resource_id", ""},
        {"pod_labels", ""},
        {kUsage, ""},
        {kRequest, "junk"}},
       {{"interval_start", hour(2)}, {"namespace", "z&z"}, {"pod", "é"}}});
  const auto& daily = converted.only().daily;
  EXPECT_THAT(daily["namespace"], ElementsAre("ns", "ns", "ns", "z&amp;z"));
  EXPECT_THAT(daily["node"], ElementsAre("", "n1", "n1", "n1"));
  EXPECT_THAT(daily["pod"], ElementsAre("Web", "web", "web", "é"));
  EXPECT_THAT(daily["pod_labels"], ElementsAre("{}", kLabels, R"({"b": "y", "a": "x"})", kLabels));
  EXPECT_THAT(daily["resource_id"], ElementsAre("", "i-2", "", "i-1"));
  EXPECT_THAT(daily[kUsage], ElementsAre("0", "300", "7", "1"));
  EXPECT_THAT(daily[kRequest], ElementsAre("0", "300", "2", "2"));
  EXPECT_THAT(daily[kEffective], ElementsAre("0", "350", "7", "2"));
  EXPECT_THAT(daily["node_capacity_cpu_cores"], ElementsAre("4", "8", "4", "4"));
  EXPECT_THAT(daily["node_capacity_cpu_core_seconds"],
              ElementsAre("14400", "43200", "14400", "14400"));
  EXPECT_THAT(daily["node_role"], Each("worker"));
  EXPECT_THAT(daily["interval_start"], Each("2025-10-01 00:00:00"));
  EXPECT_EQ(converted.outcome.columns.size(), 1U);
  EXPECT_EQ(converted.outcome.columns[0], (ColumnLoss{.column = kRequest, .bad_numbers = 1}));
}

TEST(PayloadVectorsTest, V1_BaseRow) {
  const auto converted = ConvertPods({{}});
  const auto& batch = converted.only();
  EXPECT_EQ(converted.batches.begin()->first, std::pair(std::string("pod_usage.2025-10-01"), 0));
  EXPECT_THAT(batch.hourly["interval_start"], ElementsAre("2025-10-01 00:00:00"));
  EXPECT_THAT(batch.hourly["interval_end"], ElementsAre("2025-10-01 00:59:59"));
  EXPECT_THAT(batch.hourly[kEffective], ElementsAre("2"));
  EXPECT_THAT(batch.daily["pod_labels"], ElementsAre(kLabels));
  EXPECT_THAT(batch.daily[kEffective], ElementsAre("2"));
  EXPECT_THAT(batch.daily["pod_effective_usage_memory_byte_seconds"], ElementsAre("5"));
  EXPECT_THAT(batch.daily["report_period_end"], ElementsAre("2025-11-01 00:00:00"));
  EXPECT_EQ(converted.outcome.days[0].hours_covered, 1);
  EXPECT_FALSE(converted.outcome.has_loss());

  std::vector<std::string> hourly;
  for (const auto& [name, value] : PodForTest()) hourly.push_back(name);
  hourly.emplace_back(kEffective);
  hourly.emplace_back("pod_effective_usage_memory_byte_seconds");
  EXPECT_EQ(batch.hourly.columns, hourly);
  EXPECT_THAT(
      batch.daily.columns,
      ElementsAre("namespace", "node", "pod", "pod_labels", "interval_start", "report_period_start",
                  "report_period_end", "resource_id", kUsage, kRequest, kEffective,
                  "pod_limit_cpu_core_seconds", "pod_usage_memory_byte_seconds",
                  "pod_request_memory_byte_seconds", "pod_effective_usage_memory_byte_seconds",
                  "pod_limit_memory_byte_seconds", "node_capacity_cpu_cores",
                  "node_capacity_cpu_core_seconds", "node_capacity_memory_bytes",
                  "node_capacity_memory_byte_seconds", "node_role"));
}

TEST(PayloadVectorsTest, V2_EqualRowsAddUp) {
  const auto converted = ConvertPods({{}, {}, {}});
  EXPECT_EQ(converted.only().hourly.rows.size(), 3U);
  EXPECT_THAT(converted.only().daily[kUsage], ElementsAre("3"));
  EXPECT_THAT(converted.only().daily["node_capacity_cpu_core_seconds"], ElementsAre("43200"));
  EXPECT_THAT(converted.only().daily["node_capacity_cpu_cores"], ElementsAre("4"));
}

TEST(PayloadVectorsTest, V3_AbsurdRowIsDropped) {
  const auto converted = ConvertPods({{{kUsage, "1e19"}}});
  EXPECT_TRUE(converted.outcome.status.ok());
  EXPECT_TRUE(converted.batches.empty());
  EXPECT_EQ(converted.outcome.rows_too_large, 1);
  EXPECT_EQ(converted.outcome.days[0].batches, 1);
  EXPECT_TRUE(converted.outcome.label_keys.empty());
}

TEST(PayloadVectorsTest, V4_JustNotAbsurd) {
  const auto converted = ConvertPods(
      {{{kUsage, "1e18"}}, {{kUsage, "-1e19"}, {"interval_start", Start("2025-10-01", 1)}}});
  EXPECT_EQ(converted.only().hourly.rows.size(), 2U);
  EXPECT_THAT(converted.only().daily[kUsage], ElementsAre("-9e+18"));
  EXPECT_THAT(converted.only().daily[kEffective], ElementsAre("1e+18"));
}

TEST(PayloadVectorsTest, V5_NanOfAnotherSpelling) {
  const auto converted = ConvertPods({{{kUsage, "NAN"}}});
  EXPECT_THAT(converted.only().hourly[kUsage], ElementsAre("NULL"));
  EXPECT_THAT(converted.only().hourly[kEffective], ElementsAre("2"));
  EXPECT_THAT(converted.only().daily[kUsage], ElementsAre("0"));
}

TEST(PayloadVectorsTest, V6_MaximumOfNan) {
  const auto converted = ConvertPods({{{"node_capacity_cpu_cores", "NAN"}}});
  EXPECT_THAT(converted.only().hourly["node_capacity_cpu_cores"], ElementsAre("NULL"));
  EXPECT_THAT(converted.only().daily["node_capacity_cpu_cores"], ElementsAre("NULL"));
}

TEST(PayloadVectorsTest, V7_Numbers) {
  const auto converted = ConvertPods({{{"pod", "a"}, {kUsage, "1_000"}},
                                      {{"pod", "b"}, {kUsage, " 12 "}},
                                      {{"pod", "c"}, {kUsage, "0x10"}},
                                      {{"pod", "d"}, {kUsage, "inf"}}});
  EXPECT_THAT(converted.only().hourly[kUsage], ElementsAre("1000", "12", "0"));
  EXPECT_EQ(converted.outcome.rows_too_large, 1);
  EXPECT_EQ(converted.outcome.columns[0], (ColumnLoss{.column = kUsage, .bad_numbers = 1}));
}

TEST(PayloadVectorsTest, V8_NaWords) {
  const std::vector<std::map<std::string, std::string>> rows = {
      {{"namespace", "null"}, {"node_role", "NA"}}};
  const auto converted = ConvertPods(rows);
  EXPECT_THAT(converted.only().hourly["namespace"], ElementsAre(""));
  EXPECT_THAT(converted.only().daily["namespace"], ElementsAre(""));
  EXPECT_THAT(converted.only().daily["node_role"], ElementsAre(""));
  EXPECT_THAT(converted.outcome.columns,
              ElementsAre(ColumnLoss{.column = "namespace", .blanked_texts = 1},
                          ColumnLoss{.column = "node_role", .blanked_texts = 1}));

  const auto kept = ConvertPods(rows, {.keep_na_words = true});
  EXPECT_THAT(kept.only().daily["namespace"], ElementsAre("null"));
  EXPECT_FALSE(kept.outcome.has_loss());
}

TEST(PayloadVectorsTest, V9_Escapes) {
  const auto converted = ConvertPods({{{"namespace", "a&b"}, {"pod", "it's"}}});
  EXPECT_THAT(converted.only().daily["namespace"], ElementsAre("a&amp;b"));
  EXPECT_THAT(converted.only().hourly["pod"], ElementsAre("it&#x27;s"));
}

TEST(PayloadVectorsTest, V10_NoNodeRole) {
  const auto converted = ConvertForTest(CsvForTest(Without(PodForTest(), "node_role"), {{}}));
  EXPECT_THAT(converted.only().hourly.columns, Not(Contains("node_role")));
  EXPECT_EQ(converted.only().daily.columns.back(), "node_role");
  EXPECT_THAT(converted.only().daily["node_role"], ElementsAre("NULL"));
}

TEST(PayloadVectorsTest, V11_UnknownColumn) {
  auto base = PodForTest();
  base.emplace_back("zone", "NA");
  const auto converted = ConvertForTest(CsvForTest(base, {{}}));
  const auto& hourly = converted.only().hourly;
  EXPECT_EQ(hourly.columns[hourly.columns.size() - 3], "zone");
  EXPECT_THAT(hourly["zone"], ElementsAre(""));
  EXPECT_THAT(converted.only().daily.columns, Not(Contains("zone")));
}

TEST(PayloadVectorsTest, V12_MonthEndInDays) {
  const auto converted = ConvertPods({{{"interval_start", Start("2025-10-31", 23)}},
                                      {{"interval_start", Start("2025-11-01", 0)}}});
  ASSERT_EQ(converted.batches.size(), 2U);
  EXPECT_EQ(converted.begun[0].report_date.ToString(), "2025-10-31");
  EXPECT_EQ(converted.begun[1].base_name, "pod_usage.2025-11-01");
}

TEST(PayloadVectorsTest, V13_MonthEndWhole) {
  const auto converted = ConvertPods(
      {{{"interval_start", Start("2025-10-31", 23)}}, {{"interval_start", Start("2025-11-01", 0)}}},
      {}, /*cut_into_days=*/false);
  EXPECT_EQ(converted.only().hourly.rows.size(), 2U);
  EXPECT_THAT(converted.only().daily["interval_start"],
              ElementsAre("2025-10-31 00:00:00", "2025-11-01 00:00:00"));
  EXPECT_EQ(converted.outcome.days[0].rows_outside_month, 1);
  EXPECT_EQ(converted.outcome.days[0].hours_covered, 2);
  EXPECT_TRUE(converted.outcome.has_loss());
}

TEST(PayloadVectorsTest, V16_SortedByKeysThenDay) {
  const auto converted = ConvertPods({{{"pod", "a"}, {"interval_start", Start("2025-10-02", 0)}},
                                      {{"pod", "a"}, {"interval_start", Start("2025-10-02", 3)}},
                                      {{"pod", "a"}, {"interval_start", Start("2025-10-01", 0)}},
                                      {{"pod", "b"}, {"interval_start", Start("2025-10-01", 5)}}},
                                     {}, /*cut_into_days=*/false);
  const auto& daily = converted.only().daily;
  EXPECT_THAT(daily["pod"], ElementsAre("a", "a", "b"));
  EXPECT_THAT(daily["interval_start"],
              ElementsAre("2025-10-01 00:00:00", "2025-10-02 00:00:00", "2025-10-01 00:00:00"));
  EXPECT_THAT(daily[kUsage], ElementsAre("1", "2", "1"));
}

TEST(PayloadVectorsTest, V17_Batches) {
  const auto converted = ConvertPods({{}, {}, {{kUsage, "1e19"}}, {}, {}}, {.batch_rows = 2});
  ASSERT_TRUE(converted.outcome.status.ok());
  ASSERT_EQ(converted.batches.size(), 3U);
  std::vector<size_t> hourly;
  std::vector<std::string> usage;
  for (const auto& [name, batch] : converted.batches) {
    hourly.push_back(batch.hourly.rows.size());
    usage.push_back(batch.daily[kUsage].at(0));
  }
  EXPECT_THAT(hourly, ElementsAre(2, 1, 1));
  EXPECT_THAT(usage, ElementsAre("2", "1", "1"));
}

TEST(PayloadVectorsTest, V18_StorageOfOldOperators) {
  const auto converted = ConvertForTest(
      CsvForTest(StorageForTest(), {{},
                                    {{"interval_start", Start("2025-10-01", 1)},
                                     {"persistentvolumeclaim_capacity_bytes", "20"}}}));
  const auto& daily = converted.only().daily;
  EXPECT_THAT(daily["persistentvolumeclaim_capacity_bytes"], ElementsAre("20"));
  EXPECT_THAT(daily["persistentvolumeclaim_capacity_byte_seconds"], ElementsAre("72000"));
  EXPECT_THAT(daily["persistentvolumeclaim_labels"], ElementsAre("{}"));
  const std::vector<std::string> last(daily.columns.end() - 3, daily.columns.end());
  EXPECT_THAT(last, ElementsAre("node", "csi_driver", "csi_volume_handle"));
  for (const auto& column : last) EXPECT_THAT(daily[column], ElementsAre("NULL"));
  EXPECT_THAT(converted.outcome.label_keys, ElementsAre("v"));
}

TEST(PayloadVectorsTest, V19_VirtualMachines) {
  const auto converted =
      ConvertForTest(CsvForTest(VmForTest(), {{{"vm_name", "a&b"}, {"vm_guest_os_name", "a&b"}}}));
  EXPECT_EQ(converted.outcome.report, CsvReport::kVmUsage);
  EXPECT_THAT(converted.only().daily["vm_name"], ElementsAre("a&amp;b"));
  EXPECT_THAT(converted.only().daily["vm_guest_os_name"], ElementsAre("a&b"));
  EXPECT_THAT(converted.only().daily["vm_labels"], ElementsAre(R"({"v": "1"})"));
  EXPECT_TRUE(converted.outcome.label_keys.empty());
}

TEST(PayloadVectorsTest, V20_NodeLabelsComeFirst) {
  FieldsForTest base;
  for (const auto& field : PodForTest()) {
    if (field.first.starts_with("report_") || field.first.starts_with("interval_"))
      base.push_back(field);
  }
  base.insert(base.end(), {{"node", "n1"},
                           {"node_labels", "label_n:1"},
                           {"namespace", "ns"},
                           {"namespace_labels", "label_s:2"}});
  const auto converted = ConvertForTest(CsvForTest(base, {{}}));
  EXPECT_EQ(converted.outcome.report, CsvReport::kNodeLabels);
  EXPECT_THAT(converted.only().hourly["namespace_labels"], ElementsAre(R"({"s": "2"})"));
  EXPECT_THAT(converted.only().daily.columns,
              ElementsAre("node", "node_labels", "interval_start", "report_period_start",
                          "report_period_end"));
}

TEST(PayloadVectorsTest, V21_Gpus) {
  const auto converted = ConvertForTest(CsvForTest(
      GpuForTest(),
      {{}, {{"pod", "p2"}, {"mig_profile", "2g.10gb"}, {"gpu_model_name", "Tesla T4"}}}));
  const auto& daily = converted.only().daily;
  EXPECT_THAT(daily["pod"], ElementsAre("p1", "p2"));
  EXPECT_THAT(daily["mig_slice_count"], ElementsAre("1", "NULL"));
  EXPECT_THAT(daily["mig_memory_capacity_mib"], ElementsAre("5120", "NULL"));
  EXPECT_THAT(daily["gpu_max_slices"], ElementsAre("7", "NULL"));
  EXPECT_THAT(daily["gpu_model_name"], ElementsAre("NVIDIA A100 SXM4 40GB", "Tesla T4"));
  EXPECT_THAT(daily["gpu_vendor_name"], Each("nvidia"));
  EXPECT_THAT(daily["mig_instance_id"], ElementsAre("m1", "NULL"));
  EXPECT_THAT(daily["mig_profile"], ElementsAre("1g.5gb", "NULL"));
  EXPECT_THAT(daily["mig_strategy"], ElementsAre("single", "NULL"));
  const auto& hourly = converted.only().hourly;
  const std::vector<std::string> last(hourly.columns.end() - 3, hourly.columns.end());
  EXPECT_THAT(last, ElementsAre("mig_slice_count", "mig_memory_capacity_mib", "gpu_max_slices"));
}

TEST(PayloadVectorsTest, GpusWithoutProfiles) {
  auto base =
      Without(Without(Without(GpuForTest(), "mig_profile"), "mig_strategy"), "mig_instance_id");
  const auto old = ConvertForTest(CsvForTest(base, {{}}));
  EXPECT_EQ(old.only().hourly.columns.size(), 12U);
  EXPECT_THAT(
      old.only().daily.columns,
      ElementsAre("node", "namespace", "pod", "gpu_uuid", "interval_start", "report_period_start",
                  "report_period_end", "gpu_model_name", "gpu_vendor_name",
                  "gpu_memory_capacity_mib", "gpu_pod_uptime", "mig_instance_id", "mig_profile",
                  "mig_strategy", "mig_slice_count", "gpu_max_slices", "mig_memory_capacity_mib"));

  base = GpuForTest();
  base.emplace_back("gpu_max_slices", "7.9");
  base.emplace_back("gpu_pod_utilization", "0.5");
  const auto none = ConvertForTest(
      CsvForTest(base, {{{"mig_profile", ""}}, {{"mig_profile", ""}, {"gpu_max_slices", "x"}}}));
  EXPECT_THAT(none.only().hourly["gpu_max_slices"], ElementsAre("7", "NULL"));
  EXPECT_THAT(none.only().hourly.columns, Not(Contains("mig_slice_count")));
  EXPECT_THAT(none.only().hourly["gpu_pod_utilization"], Each("0.5"));
  EXPECT_THAT(none.only().daily.columns, Not(Contains("gpu_pod_utilization")));
}

TEST(PayloadVectorsTest, V22_DatesWithZone) {
  const auto converted = ConvertPods({{{"interval_start", "2025-10-01T00:00:00Z"}}});
  EXPECT_EQ(converted.begun[0].base_name, "pod_usage.2025-10-01");
  EXPECT_THAT(converted.only().hourly["interval_start"], ElementsAre("2025-10-01 00:00:00Z"));
  EXPECT_THAT(converted.only().hourly["interval_end"], ElementsAre("2025-10-01 00:59:59"));
  EXPECT_THAT(converted.only().daily["interval_start"], ElementsAre("2025-10-01 00:00:00Z"));
}

}  // namespace
}  // namespace matome::ingest
