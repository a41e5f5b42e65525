// SPDX-License-Identifier: Apache-2.0
#include "aggregate/day_aggregator.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "aggregate/day_for_test.h"

namespace matome::aggregate {
namespace {

using model::Report;
using model::RowKind;
using model::Semantics;
using testing::TextCodes;

/// The tables of one random day.
struct RandomTables {
  std::string hourly, pods, storage, nodes, namespaces;
};

/// A day over few names, so that everything meets everything: NULLs, empty texts, label sets,
/// shared volumes.
RandomTables MakeTables(uint32_t seed, std::string_view prefix) {
  std::mt19937 random(seed);
  const auto pick = [&](std::initializer_list<std::string_view> choices) {
    return std::string(choices.begin()[random() % choices.size()]);
  };
  const auto name = [&](std::string_view kind, uint32_t count) {
    const auto which = static_cast<uint32_t>(random() % (count + 2));
    if (which == count) return std::string("NULL");
    if (which == count + 1) return std::string("''");
    return std::string(prefix) + std::string(kind) + std::to_string(which);
  };
  const auto number = [&] {
    return random() % 9 == 0 ? std::string("NULL")
                             : std::to_string(static_cast<double>(random() % 100'000) / 7);
  };
  const auto labels = [&] {
    return pick({R"({})", R"({"team": "a"})", R"({"team": "b", "x": "1"})", R"({"env": "c"})",
                 R"({"env": null})", R"({"team": "a", "env": "d"})", "NULL", "null"});
  };
  RandomTables tables;
  tables.hourly =
      "interval_start | node | node_capacity_cpu_core_seconds | "
      "node_capacity_memory_byte_seconds\n";
  for (int row = 0; row < 60; ++row) {
    tables.hourly += "2024-02-29 " + std::to_string(10 + random() % 6) + ":00 | " + name("n", 4) +
                     " | " + number() + " | " + number() + "\n";
  }
  tables.pods =
      "namespace | node | pod | pod_labels | resource_id | pod_usage_cpu_core_seconds | "
      "pod_request_cpu_core_seconds | pod_effective_usage_cpu_core_seconds | "
      "pod_usage_memory_byte_seconds | "
      "node_capacity_cpu_cores\n";
  for (int row = 0; row < 120; ++row) {
    tables.pods += name("ns", 3) + " | " + name("n", 4) + " | " + name("p", 5) + " | " + labels() +
                   " | " + name("i", 2) + " | " + number() + " | " + number() + " | " + number() +
                   " | " + number() + " | " + number() + "\n";
  }
  tables.storage =
      "namespace | pod | persistentvolumeclaim | persistentvolume | csi_volume_handle | "
      "persistentvolume_labels | "
      "persistentvolumeclaim_labels | persistentvolumeclaim_capacity_bytes | "
      "persistentvolumeclaim_capacity_byte_seconds | volume_request_storage_byte_seconds\n";
  for (int row = 0; row < 40; ++row) {
    tables.storage += name("ns", 3) + " | " + name("p", 5) + " | " + name("c", 2) + " | " +
                      name("v", 3) + " | " + name("h", 1) + " | " + labels() + " | " + labels() +
                      " | " + number() + " | " + number() + " | " + number() + "\n";
  }
  tables.nodes = "node | node_labels\n";
  for (int row = 0; row < 8; ++row) tables.nodes += name("n", 4) + " | " + labels() + "\n";
  tables.namespaces = "namespace | namespace_labels\n";
  for (int row = 0; row < 6; ++row) tables.namespaces += name("ns", 3) + " | " + labels() + "\n";
  return tables;
}

void RunDay(DayForTest& day, const RandomTables& tables, int64_t block_rows = 1024,
            TextCodes codes = TextCodes::kDictionary) {
  day.Start("2024-02-29");
  day.Add(Report::kNodeLabelsDaily, tables.nodes, block_rows, codes);
  day.Add(Report::kNamespaceLabelsDaily, tables.namespaces, block_rows, codes);
  day.Add(Report::kStorageUsageDaily, tables.storage, block_rows, codes);
  day.Add(Report::kPodUsageHourly, tables.hourly, block_rows, codes);
  day.Add(Report::kPodUsageDaily, tables.pods, block_rows, codes);
  day.Finish();
}

class DayAggregatorTest : public ::testing::TestWithParam<Semantics> {
 protected:
  DayForTest::Setup setup() const {
    return {.cost_categories = {{"%ns1", 3}, {"%s1", 1}, {"%unalloc%", 2}},
            .nodes = {{"n1", "i1", "worker"}, {"n1", "i0", "master"}, {"n2", "i0", "infra"}},
            .semantics = GetParam()};
  }
};

INSTANTIATE_TEST_SUITE_P(Semantics, DayAggregatorTest,
                         ::testing::Values(Semantics::kTrino, Semantics::kKokuPostgresql),
                         [](const auto& each) {
                           return each.param == Semantics::kTrino ? "trino" : "postgresql";
                         });

TEST_P(DayAggregatorTest, DoesNotDependOnBlocksOrEncodings) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto tables = MakeTables(seed, "");
    DayForTest whole(setup());
    RunDay(whole, tables);
    ASSERT_FALSE(whole.Bits().empty());
    for (const int64_t block_rows : {1, 3, 50}) {
      for (const auto codes : {TextCodes::kDictionary, TextCodes::kPlain}) {
        DayForTest blocks(setup());
        RunDay(blocks, tables, block_rows, codes);
        ASSERT_EQ(blocks.Bits(), whole.Bits());
      }
    }
  }
}

// A worker's vocabulary lasts from day to day, so ids are others than in a fresh one; results must
// not be.
TEST_P(DayAggregatorTest, DoesNotDependOnEarlierDays) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto tables = MakeTables(seed, "");
    DayForTest fresh(setup());
    RunDay(fresh, tables);
    DayForTest used(setup());
    RunDay(used, MakeTables(seed + 1000, ""));
    RunDay(used, MakeTables(seed + 2000, "other-"), /*block_rows=*/7, TextCodes::kPlain);
    RunDay(used, tables);
    ASSERT_EQ(used.Bits(), fresh.Bits());
    for (size_t cause = 0; cause < model::kAuditCauseCount; ++cause) {
      EXPECT_EQ(used.audit()[cause].input_rows, fresh.audit()[cause].input_rows);
      EXPECT_EQ(used.audit()[cause].groups, fresh.audit()[cause].groups);
      EXPECT_EQ(used.audit()[cause].extra_core_hours, fresh.audit()[cause].extra_core_hours);
      EXPECT_EQ(used.audit()[cause].examples, fresh.audit()[cause].examples);
    }
  }
}

TEST_P(DayAggregatorTest, DoesNotDependOnHowRowsAreCutIntoRowGroups) {
  const auto tables = MakeTables(5, "");
  DayForTest whole(setup());
  RunDay(whole, tables);
  DayForTest cut(setup());
  const auto add = [&](Report report, const std::string& table) {
    const auto header_end = table.find('\n') + 1;
    for (auto at = header_end; at < table.size();) {
      const auto end = table.find('\n', at) + 1;
      cut.Add(report, table.substr(0, header_end) + table.substr(at, end - at));
      at = end;
    }
  };
  add(Report::kNamespaceLabelsDaily, tables.namespaces);
  add(Report::kNodeLabelsDaily, tables.nodes);
  add(Report::kStorageUsageDaily, tables.storage);
  add(Report::kPodUsageDaily, tables.pods);
  add(Report::kPodUsageHourly, tables.hourly);
  cut.Finish();
  EXPECT_EQ(cut.Bits(), whole.Bits());
}

TEST(DayAggregator, RowsOfOtherDaysInABlockArePassedOver) {
  DayForTest day;
  day.Add(Report::kPodUsageDaily,
          "interval_start | namespace | node | pod_usage_cpu_core_seconds\n"
          "2024-02-28 | app | n1 | 1\n"
          "2024-02-29 | app | n1 | 3600\n"
          "NULL       | app | n1 | 1\n"
          "2024-02-29 23:00 | app | n1 | 3600\n"
          "2024-03-01 | app | n1 | 1\n");
  day.Finish();
  EXPECT_EQ(day.Rows(RowKind::kPod, "namespace | pod_usage_cpu_core_hours"), "app | 2\n");
  EXPECT_EQ(day.day().rows_in(), 2);
}

TEST(DayAggregator, BadLabelTextsOfNodesAndNamespacesAreReported) {
  DayForTest day;
  day.Add(Report::kNodeLabelsDaily, "node | node_labels\nn1 | {}\nn9 | [1]\nNULL | oops\n");
  day.Add(Report::kNamespaceLabelsDaily, "namespace | namespace_labels\napp | ''\n");
  day.Finish();
  ASSERT_EQ(day.bad_rows().count(), 3);
  EXPECT_EQ(day.bad_rows().kept()[0].column, "node_labels");
  EXPECT_EQ(day.bad_rows().kept()[0].row, 1);
  EXPECT_EQ(day.bad_rows().kept()[2].column, "namespace_labels");
}

TEST(DayAggregator, ADayWithoutRowsIsEmpty) {
  DayForTest day;
  EXPECT_TRUE(day.Finish().rows.empty());
  EXPECT_EQ(day.bad_rows().count(), 0);
  EXPECT_EQ(day.day().rows_in(), 0);
}

// The first vector of semantics §10, with the numbers of all three kinds of rows.
TEST(DayAggregator, FirstVector) {
  DayForTest day;
  day.Add(
      Report::kStorageUsageDaily,
      R"(namespace | pod | persistentvolumeclaim | persistentvolume | storageclass | csi_volume_handle |persistentvolume_labels | persistentvolumeclaim_labels | persistentvolumeclaim_capacity_bytes | persistentvolumeclaim_capacity_byte_seconds | volume_request_storage_byte_seconds | persistentvolumeclaim_usage_byte_seconds
             app | p1 | c1 | v1 | gp | h | {"env": "pv", "team": "a"} | {"env": "pvc"} | 10737418240 | 2690367514214400 | 1345183757107200 | 672591878553600)");
  day.Add(
      Report::kPodUsageHourly,
      "interval_start | node | node_capacity_cpu_core_seconds | node_capacity_memory_byte_seconds\n"
      "2024-02-29 00:00 | n1 | 14400 | 61847529062400\n"
      "2024-02-29 00:00 | n1 | 14000 | 61847529062400\n"
      "2024-02-29 01:00 | n1 | 14400 | 61847529062400\n"
      "2024-02-29 00:00 | '' | 100   | 3865470566400\n");
  day.Add(
      Report::kPodUsageDaily,
      R"(namespace | node | pod | resource_id | pod_labels | pod_usage_cpu_core_seconds | pod_request_cpu_core_seconds | pod_effective_usage_cpu_core_seconds | pod_limit_cpu_core_seconds | pod_usage_memory_byte_seconds | pod_request_memory_byte_seconds | pod_effective_usage_memory_byte_seconds | pod_limit_memory_byte_seconds | node_capacity_cpu_cores | node_capacity_memory_bytes
             app | n1 | p1 | i-1 | {"env": "prod", "foo": "y"} | 3600 | 7200 | 9000 | 10800 | 3865470566400 | 7730941132800 | 9663676416000 | 11596411699200 | 4 | 17179869184)");
  day.Finish();
  EXPECT_EQ(day.Rows(RowKind::kPod,
                     "pod_labels | pod_usage_cpu_core_hours | pod_request_cpu_core_hours | "
                     "pod_effective_usage_cpu_core_hours | pod_limit_cpu_core_hours | "
                     "pod_usage_memory_gigabyte_hours | "
                     "pod_limit_memory_gigabyte_hours | node_capacity_cpu_cores | "
                     "node_capacity_cpu_core_hours | "
                     "node_capacity_memory_gigabytes | node_capacity_memory_gigabyte_hours | "
                     "cluster_capacity_cpu_core_hours | cluster_capacity_memory_gigabyte_hours | "
                     "cost_category_id"),
            "{\"env\":\"prod\"} | 1 | 2 | 2.5 | 3 | 1 | 3 | 4 | 8 | 16 | 32 | 8.027777777777779 | "
            "33 | NULL\n");
  EXPECT_EQ(
      day.Rows(RowKind::kUnallocated,
               "namespace | pod_usage_cpu_core_hours | pod_request_cpu_core_hours | "
               "pod_effective_usage_cpu_core_hours | pod_usage_memory_gigabyte_hours | "
               "pod_request_memory_gigabyte_hours | pod_effective_usage_memory_gigabyte_hours"),
      "Worker unallocated | 7 | 6 | 5.5 | 31 | 30 | 29.5\n");
  EXPECT_EQ(
      day.Rows(RowKind::kStorage,
               "node | resource_id | volume_labels | persistentvolumeclaim_capacity_gigabyte | "
               "persistentvolumeclaim_capacity_gigabyte_months | "
               "volume_request_storage_gigabyte_months | "
               "persistentvolumeclaim_usage_gigabyte_months"),
      "n1 | i-1 | {\"env\":\"pvc\",\"team\":\"a\"} | 10 | 1 | 0.5 | 0.25\n");
}

}  // namespace
}  // namespace matome::aggregate
