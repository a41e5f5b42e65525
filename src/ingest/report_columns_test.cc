// SPDX-License-Identifier: Apache-2.0
#include "ingest/report_columns.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace matome::ingest {
namespace {

// All columns that make a CSV one of a report.
std::vector<std::string> Required(CsvReport report) {
  std::vector<std::string> columns = {"report_period_start", "report_period_end", "interval_start",
                                      "interval_end"};
  for (const auto& column : DailyColumnsOf(report)) {
    const bool is_there = std::ranges::find(columns, column.name) != columns.end();
    if (!column.is_new && !column.is_computed && !is_there) columns.emplace_back(column.name);
  }
  return columns;
}

constexpr CsvReport kAll[] = {CsvReport::kStorageUsage, CsvReport::kPodUsage,
                              CsvReport::kNodeLabels,   CsvReport::kNamespaceLabels,
                              CsvReport::kVmUsage,      CsvReport::kGpuUsage};

TEST(ReportOfHeaderTest, NeedsEveryRequiredColumn) {
  for (const auto report : kAll) {
    const auto columns = Required(report);
    EXPECT_EQ(ReportOfHeader(columns), report);
    for (size_t missing = 0; missing < columns.size(); ++missing) {
      auto fewer = columns;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(missing));
      EXPECT_EQ(ReportOfHeader(fewer), std::nullopt) << columns[missing];
    }
  }
}

TEST(ReportOfHeaderTest, HasTheNumberOfColumnsThatOperatorsSend) {
  EXPECT_EQ(Required(CsvReport::kPodUsage).size(), 19U);
  EXPECT_EQ(Required(CsvReport::kStorageUsage).size(), 15U);
  EXPECT_EQ(Required(CsvReport::kNodeLabels).size(), 6U);
  EXPECT_EQ(Required(CsvReport::kNamespaceLabels).size(), 6U);
  EXPECT_EQ(Required(CsvReport::kVmUsage).size(), 33U);
  EXPECT_EQ(Required(CsvReport::kGpuUsage).size(), 12U);
}

TEST(ReportOfHeaderTest, IgnoresOrderAndFurtherColumnsButNotCase) {
  auto columns = Required(CsvReport::kPodUsage);
  columns.emplace_back("zone");
  std::ranges::reverse(columns);
  EXPECT_EQ(ReportOfHeader(columns), CsvReport::kPodUsage);
  *std::ranges::find(columns, "pod") = "Pod";
  EXPECT_EQ(ReportOfHeader(columns), std::nullopt);
}

TEST(ReportOfHeaderTest, TakesTheFirstOfSeveral) {
  auto columns = Required(CsvReport::kNodeLabels);
  columns.emplace_back("namespace");
  columns.emplace_back("namespace_labels");
  EXPECT_EQ(ReportOfHeader(columns), CsvReport::kNodeLabels);
}

TEST(RuleOfTest, GoesByTheName) {
  EXPECT_EQ(RuleOf("interval_end").kind, ColumnKind::kDate);
  EXPECT_EQ(RuleOf("pod_usage_cpu_core_seconds").kind, ColumnKind::kNumber);
  EXPECT_EQ(RuleOf("node_capacity_cpu_cores").kind, ColumnKind::kNumber);
  EXPECT_EQ(RuleOf("vm_cpu_request_sockets").kind, ColumnKind::kNumber);
  EXPECT_EQ(RuleOf("vm_cpu_request_threads").kind, ColumnKind::kNumber);
  EXPECT_EQ(RuleOf("gpu_pod_uptime").kind, ColumnKind::kNumber);
  EXPECT_EQ(RuleOf("gpu_memory_capacity_mib").kind, ColumnKind::kNumber);
  EXPECT_EQ(RuleOf("mig_memory_capacity_mib").kind, ColumnKind::kNumberOrNull);
  EXPECT_EQ(RuleOf("mig_slice_count").kind, ColumnKind::kIntegerOrNull);
  EXPECT_EQ(RuleOf("vm_labels").kind, ColumnKind::kLabels);
  EXPECT_EQ(RuleOf("POD_LABELS").kind, ColumnKind::kLabels);
  for (const auto* name : {"zone", "gpu_pod_utilization", "resource_id", "vm_device",
                           "pod_labels.1", "mig_profile", "pod_effective_usage_cpu_core_seconds"}) {
    EXPECT_EQ(RuleOf(name).kind, ColumnKind::kText) << name;
  }
}

TEST(RuleOfTest, EscapesLimitsAndRecordsKeys) {
  EXPECT_TRUE(RuleOf("vm_name").escaped);
  EXPECT_FALSE(RuleOf("vm_guest_os_name").escaped);
  EXPECT_FALSE(RuleOf("pod_labels").escaped);
  EXPECT_TRUE(RuleOf("node_capacity_memory_bytes").limited);
  EXPECT_FALSE(RuleOf("node_capacity_cpu_cores").limited);
  EXPECT_FALSE(RuleOf("vm_uptime_total_seconds").limited);
  EXPECT_TRUE(RuleOf("persistentvolume_labels").has_label_keys);
  EXPECT_FALSE(RuleOf("vm_labels").has_label_keys);
  EXPECT_FALSE(RuleOf("pod").has_label_keys);
}

}  // namespace
}  // namespace matome::ingest
