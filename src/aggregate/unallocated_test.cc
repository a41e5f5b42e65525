// SPDX-License-Identifier: Apache-2.0
#include "aggregate/unallocated.h"

#include <string>

#include <gtest/gtest.h>

#include "aggregate/day_for_test.h"

namespace matome::aggregate {
namespace {

using model::Report;
using model::RowKind;
using model::Semantics;

constexpr std::string_view kCpu =
    "namespace | node | pod_usage_cpu_core_hours | pod_request_cpu_core_hours | "
    "pod_effective_usage_cpu_core_hours";

/// A node n1 of 8 core-hours and 16 GiB-hours, and n2 of half of it.
void AddCapacity(DayForTest& day) {
  day.Add(
      Report::kPodUsageHourly,
      "interval_start | node | node_capacity_cpu_core_seconds | node_capacity_memory_byte_seconds\n"
      "2024-02-29 00:00 | n1 | 28800 | 61847529062400\n"
      "2024-02-29 00:00 | n2 | 14400 | 30923764531200\n");
}

void AddPods(DayForTest& day, std::string_view rows) {
  day.Add(Report::kPodUsageDaily,
          "namespace | node | resource_id | pod_usage_cpu_core_seconds | "
          "pod_request_cpu_core_seconds | "
          "pod_effective_usage_cpu_core_seconds\n" +
              std::string(rows));
}

std::string Unallocated(std::string_view pods, DayForTest::Setup setup = {},
                        std::string_view columns = kCpu) {
  DayForTest day(std::move(setup));
  AddCapacity(day);
  AddPods(day, pods);
  day.Finish();
  return day.Rows(RowKind::kUnallocated, columns);
}

TEST(Unallocated, IsCapacityLessUsage) {
  EXPECT_EQ(Unallocated("app  | n1 | i-1 | 3600 | 7200 | 9000\n"
                        "app2 | n1 | i-1 | 1800 | 0    | 0\n"),
            "Worker unallocated | n1 | 6.5 | 6 | 5.5\n");
}

TEST(Unallocated, MemoryLimitsLabelsAndCapacities) {
  DayForTest day;
  AddCapacity(day);
  day.Add(Report::kPodUsageDaily,
          "namespace | node | resource_id | pod_labels | pod_usage_memory_byte_seconds | "
          "pod_limit_cpu_core_seconds | "
          "pod_limit_memory_byte_seconds | node_capacity_cpu_cores | node_capacity_memory_bytes\n"
          "app | n1 | i-1 | {\"env\": \"x\"} | 3865470566400 | 5 | 5 | 4 | 17179869184\n"
          "bpp | n1 | i-1 | {}               | 3865470566400 | 5 | 5 | 3 | NULL\n");
  day.Finish();
  EXPECT_EQ(day.Rows(RowKind::kUnallocated,
                     "pod_usage_memory_gigabyte_hours | pod_request_memory_gigabyte_hours | "
                     "pod_limit_cpu_core_hours | "
                     "pod_limit_memory_gigabyte_hours | pod_labels | volume_labels | all_labels | "
                     "node_capacity_cpu_cores | node_capacity_cpu_core_hours | "
                     "node_capacity_memory_gigabytes | "
                     "node_capacity_memory_gigabyte_hours | cluster_capacity_cpu_core_hours | "
                     "cluster_capacity_memory_gigabyte_hours | persistentvolumeclaim"),
            "14 | NULL | NULL | NULL | NULL | NULL | {} | 4 | 8 | 16 | 16 | 12 | 24 | NULL\n");
}

TEST(Unallocated, MayBeNegative) {
  EXPECT_EQ(Unallocated("app | n1 | i-1 | 36000 | 36000 | 36000\n"),
            "Worker unallocated | n1 | -2 | -2 | -2\n");
}

TEST(Unallocated, NullUsageOrCapacityGivesNull) {
  EXPECT_EQ(
      Unallocated("app | n1 | i-1 | 3600 | 7200 | NULL\nbpp | n1 | i-1 | NULL | NULL | NULL\n"),
      "Worker unallocated | n1 | 7 | 6 | 6\n");
  EXPECT_EQ(Unallocated("app | n1 | i-1 | NULL | 7200 | NULL\n"),
            "Worker unallocated | n1 | NULL | 6 | NULL\n");
  EXPECT_EQ(Unallocated("app | n3 | i-1 | 3600 | 3600 | 3600\n"),
            "NULL | n3 | NULL | NULL | NULL\n");
  // PostgreSQL's rewrite takes absent capacity for zero.
  EXPECT_EQ(Unallocated("app | n3 | i-1 | 3600 | 3600 | 3600\n",
                        {.semantics = Semantics::kKokuPostgresql}),
            "NULL | n3 | -1 | -1 | -1\n");
}

TEST(Unallocated, PodsWithoutNamespaceAndOfSpecialNamespacesAreNotSubtracted) {
  EXPECT_EQ(Unallocated("NULL                 | n1 | i-1 | 3600 | 3600 | 3600\n"
                        "Platform unallocated | n1 | i-1 | 3600 | 3600 | 3600\n"
                        "Worker unallocated   | n1 | i-1 | 3600 | 3600 | 3600\n"
                        "Network unattributed | n1 | i-1 | 3600 | 3600 | 3600\n"
                        "Storage unattributed | n1 | i-1 | 3600 | 3600 | 3600\n"),
            "");
  EXPECT_EQ(Unallocated("NULL            | n1 | i-1 | 3600 | 3600 | 3600\n"
                        "GPU unallocated | n1 | i-1 | 3600 | 3600 | 3600\n"
                        "''              | n1 | i-1 | 3600 | 3600 | 3600\n"),
            "Worker unallocated | n1 | 6 | 6 | 6\n");
}

// The special names are looked up in a vocabulary that may know them from another day.
TEST(Unallocated, SpecialNamespacesDoNotDependOnEarlierDays) {
  DayForTest day;
  for (int round = 0; round < 3; ++round) {
    day.Start("2024-02-29");
    AddCapacity(day);
    AddPods(day,
            "Worker unallocated | n1 | i-1 | 3600 | 3600 | 3600\napp | n1 | i-1 | 3600 | 3600 | "
            "3600\n");
    day.Finish();
    EXPECT_EQ(day.Rows(RowKind::kUnallocated, kCpu), "Worker unallocated | n1 | 7 | 7 | 7\n");
  }
}

TEST(Unallocated, NamespaceComesFromTheLargestRole) {
  const std::vector<model::NodeRole> nodes = {{"n1", "i-1", "master"}, {"n1", "i-2", "worker"},
                                              {"n2", "i-1", "infra"},  {"n3", "i-1", ""},
                                              {"n4", "i-1", "odd"},    {"n4", "i-2", "master"}};
  const auto namespaces = [&](std::string_view pods) {
    return Unallocated(pods, {.nodes = nodes}, "namespace | node | resource_id | cost_category_id");
  };
  EXPECT_EQ(namespaces("app | n1 | i-1 | 1 | 1 | 1\n"), "Platform unallocated | n1 | i-1 | 1\n");
  EXPECT_EQ(namespaces("app | n1 | i-1 | 1 | 1 | 1\nbpp | n1 | i-2 | 1 | 1 | 1\n"),
            "Worker unallocated | n1 | i-2 | NULL\n");
  EXPECT_EQ(namespaces("app | n2 | i-1 | 1 | 1 | 1\n"), "Platform unallocated | n2 | i-1 | 1\n");
  EXPECT_EQ(namespaces("app | n3 | i-1 | 1 | 1 | 1\n"), "NULL | n3 | i-1 | NULL\n");
  EXPECT_EQ(namespaces("app | n5 | i-1 | 1 | 1 | 1\n"), "NULL | n5 | i-1 | NULL\n");
  EXPECT_EQ(namespaces("app | n4 | i-1 | 1 | 1 | 1\nbpp | n4 | i-2 | 1 | 1 | 1\n"),
            "NULL | n4 | i-2 | NULL\n");
  EXPECT_EQ(namespaces("app | n1 | NULL | 1 | 1 | 1\n"), "NULL | n1 | NULL | NULL\n");
}

// A pod row's resource id is the largest of its group: a smaller one with a role does not count.
TEST(Unallocated, RoleIsLookedUpByTheRowsResourceId) {
  EXPECT_EQ(Unallocated("app | n1 | i-1 | 1 | 1 | 1\napp | n1 | i-9 | 1 | 1 | 1\n", {},
                        "namespace | resource_id"),
            "NULL | i-9\n");
}

TEST(Unallocated, EachMatchingPatternGivesARow) {
  const std::vector<model::CostCategory> patterns = {
      {"%unalloc%", 5}, {"Worker%", 5}, {"W%", 9}, {"app", 2}};
  EXPECT_EQ(Unallocated("app | n1 | i-1 | 3600 | 3600 | 3600\n", {.cost_categories = patterns},
                        "namespace | cost_category_id | pod_usage_cpu_core_hours"),
            "Worker unallocated | 5 | 7\nWorker unallocated | 5 | 7\nWorker unallocated | 9 | 7\n");
}

TEST(Unallocated, SubtractsWhatIsCountedTwice) {
  DayForTest day;
  AddCapacity(day);
  day.Add(Report::kNodeLabelsDaily,
          "node | node_labels\nn1 | {\"team\": \"a\"}\nn1 | {\"team\": \"b\"}\n");
  AddPods(day, "app | n1 | i-1 | 3600 | 7200 | 9000\n");
  day.Finish();
  EXPECT_EQ(day.Rows(RowKind::kUnallocated, kCpu), "Worker unallocated | n1 | 6 | 4 | 3\n");
}

TEST(Unallocated, ARowPerNode) {
  EXPECT_EQ(
      Unallocated("app | n2 | i-2 | 3600 | 3600 | 3600\napp | n1 | i-1 | 3600 | 3600 | 3600\n"),
      "NULL | n2 | 3 | 3 | 3\nWorker unallocated | n1 | 7 | 7 | 7\n");
}

}  // namespace
}  // namespace matome::aggregate
