// SPDX-License-Identifier: Apache-2.0
#include "aggregate/pod_aggregator.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aggregate/day_for_test.h"

namespace matome::aggregate {
namespace {

using model::AuditCause;
using model::Report;
using model::RowKind;
using model::Semantics;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A day with pods of (namespace, node, labels) that each used 3600 core-seconds; tables have just
/// those columns.
class PodDay : public DayForTest {
 public:
  using DayForTest::DayForTest;

  void Pods(std::string_view rows, int64_t block_rows = 1024) {
    std::string table = "namespace | node | pod_labels | pod_usage_cpu_core_seconds\n";
    for (const char c : rows) table += c == '\n' ? " | 3600\n" : std::string(1, c);
    Add(Report::kPodUsageDaily, table, block_rows);
  }
  void NodeLabels(std::string_view rows) {
    Add(Report::kNodeLabelsDaily, "node | node_labels\n" + std::string(rows));
  }
  void NamespaceLabels(std::string_view rows) {
    Add(Report::kNamespaceLabelsDaily, "namespace | namespace_labels\n" + std::string(rows));
  }
  std::string Usage() {
    Finish();
    return Rows(RowKind::kPod, "namespace | node | pod_labels | pod_usage_cpu_core_hours");
  }
};

TEST(PodAggregator, GroupsByNamespaceNodeAndFilteredLabels) {
  PodDay day;
  day.Pods(R"(shop | n1 | {"env": "a", "hash": "1"}
              shop | n1 | {"hash": "2", "env": "a"}
              shop | n2 | {"env": "a"}
              bank | n1 | {"env": "a"}
              shop | n1 | {"env": "b"}
)");
  EXPECT_EQ(day.Usage(),
            "shop | n1 | {\"env\":\"a\"} | 2\n"
            "shop | n2 | {\"env\":\"a\"} | 1\n"
            "bank | n1 | {\"env\":\"a\"} | 1\n"
            "shop | n1 | {\"env\":\"b\"} | 1\n");
}

TEST(PodAggregator, DropsRowsWithoutNode) {
  PodDay day;
  day.Pods("shop | '' | {}\nshop | NULL | {}\n");
  EXPECT_EQ(day.Usage(), "");
  EXPECT_EQ(day.day().pod_rows_in(), 2);
  EXPECT_EQ(day.day().group_count(), 0);
}

TEST(PodAggregator, ABadLabelTextOfARowWithoutNodeDoesNoHarm) {
  PodDay day;
  day.Pods("shop | '' | nonsense\n");
  day.Finish();
  EXPECT_EQ(day.bad_rows().count(), 0);
}

TEST(PodAggregator, NullNamespaceIsAGroup) {
  PodDay day;
  day.Pods("NULL | n1 | {}\n'' | n1 | {}\nNULL | n1 | {}\n");
  EXPECT_EQ(day.Usage(), "NULL | n1 | {} | 2\n'' | n1 | {} | 1\n");
}

TEST(PodAggregator, NullLabelsAreAGroupOfTheirOwnAndLoseWhatLiesBelow) {
  PodDay day;
  day.NamespaceLabels("shop | {\"team\": \"ns\"}\n");
  day.Pods("shop | n1 | NULL\nshop | n1 | {}\nshop | n1 | null\n");
  day.Finish();
  EXPECT_EQ(day.Rows(RowKind::kPod, "pod_labels | all_labels | pod_usage_cpu_core_hours"),
            "NULL | {} | 2\n"
            "{\"team\":\"ns\"} | {\"team\":\"ns\"} | 1\n");
}

TEST(PodAggregator, PodLabelsBeatNamespaceLabelsBeatNodeLabels) {
  PodDay day({.enabled_tag_keys = {"a", "b", "c"}});
  day.NodeLabels(R"(n1 | {"a": "node", "b": "node", "c": "node"})");
  day.NamespaceLabels(R"(shop | {"b": "ns", "c": "ns"})");
  day.Pods("shop | n1 | {\"c\": \"pod\"}\nbank | n1 | {}\nshop | n2 | {\"c\": null}\n");
  EXPECT_EQ(day.Usage(),
            "shop | n1 | {\"a\":\"node\",\"b\":\"ns\",\"c\":\"pod\"} | 1\n"
            "bank | n1 | {\"a\":\"node\",\"b\":\"node\",\"c\":\"node\"} | 1\n"
            "shop | n2 | {\"b\":\"ns\",\"c\":null} | 1\n");
}

TEST(PodAggregator, NodeSetsThatDifferInTheResultGiveARowEachWithTheFullUsage) {
  PodDay day;
  day.NodeLabels("n1 | {\"team\": \"a\"}\nn1 | {\"team\": \"b\", \"zz\": \"1\"}\n");
  day.Pods("app | n1 | {\"env\": \"prod\"}\n");
  EXPECT_EQ(day.Usage(),
            "app | n1 | {\"env\":\"prod\",\"team\":\"a\"} | 1\n"
            "app | n1 | {\"env\":\"prod\",\"team\":\"b\"} | 1\n");
  EXPECT_EQ(day.audit(AuditCause::kNodeLabelSets).input_rows, 1);
  EXPECT_EQ(day.audit(AuditCause::kNodeLabelSets).groups, 2);
  EXPECT_EQ(day.audit(AuditCause::kNodeLabelSets).extra_core_hours, 1);
  EXPECT_THAT(day.audit(AuditCause::kNodeLabelSets).examples, ElementsAre("node n1 × 2"));
}

TEST(PodAggregator, NodeSetsThatAreOverriddenMultiplyOneRow) {
  PodDay day;
  day.NodeLabels("n1 | {\"team\": \"a\"}\nn1 | {\"team\": \"b\", \"zz\": \"1\"}\n");
  day.NamespaceLabels("app | {\"team\": \"ns\", \"env\": \"nsenv\"}\n");
  day.Pods("app | n1 | {\"env\": \"prod\"}\n");
  EXPECT_EQ(day.Usage(), "app | n1 | {\"env\":\"prod\",\"team\":\"ns\"} | 2\n");
}

TEST(PodAggregator, NullAndEmptyNodeLabelsAreTwoSetsButNotInPostgresql) {
  for (const auto semantics : {Semantics::kTrino, Semantics::kKokuPostgresql}) {
    PodDay day({.semantics = semantics});
    day.NodeLabels("n1 | NULL\nn1 | {\"zz\": \"1\"}\n");
    day.Pods("app | n1 | {\"env\": \"prod\"}\n");
    const bool trino = semantics == Semantics::kTrino;
    EXPECT_EQ(day.Usage(), trino ? "app | n1 | {\"env\":\"prod\"} | 2\n"
                                 : "app | n1 | {\"env\":\"prod\"} | 1\n");
    EXPECT_EQ(day.audit(AuditCause::kNullAndEmptyLabels).input_rows, trino ? 1 : 0);
  }
}

TEST(PodAggregator, FactorsMultiply) {
  PodDay day({.cost_categories = {{"a%", 2}, {"app", 1}, {"_pp", 3}}});
  day.NodeLabels("n1 | {\"team\": \"a\"}\nn1 | {\"team\": \"b\"}\nn1 | {\"team\": \"a\"}\n");
  day.NamespaceLabels("app | {\"team\": \"c\"}\napp | NULL\n");
  day.Pods("app | n1 | {}\n");
  day.Finish();
  // Three patterns; two node sets under {team:c}, and alone.
  EXPECT_EQ(day.Rows(RowKind::kPod, "pod_labels | pod_usage_cpu_core_hours | cost_category_id"),
            "{\"team\":\"c\"} | 6 | 3\n{\"team\":\"a\"} | 3 | 3\n{\"team\":\"b\"} | 3 | 3\n");
  EXPECT_EQ(day.audit(AuditCause::kSeveralPatterns).groups, 3);
  EXPECT_EQ(day.audit(AuditCause::kSeveralPatterns).extra_core_hours, 2);
}

TEST(PodAggregator, BaseGroupsThatTheOverlayMakesEqualAreOneRow) {
  PodDay day;
  day.NamespaceLabels("app | {\"team\": \"ns\"}\n");
  day.Pods("app | n1 | {}\napp | n1 | {\"team\": \"ns\"}\napp | n1 | {\"team\": \"pod\"}\n");
  EXPECT_EQ(day.Usage(), "app | n1 | {\"team\":\"ns\"} | 2\napp | n1 | {\"team\":\"pod\"} | 1\n");
}

TEST(PodAggregator, LabelReportsMayComeAfterThePods) {
  PodDay before;
  before.NodeLabels("n1 | {\"team\": \"a\"}\n");
  before.Pods("app | n1 | {}\n");
  PodDay after;
  after.Pods("app | n1 | {}\n");
  after.NodeLabels("n1 | {\"team\": \"a\"}\n");
  EXPECT_EQ(before.Usage(), after.Usage());
}

TEST(PodAggregator, LabelRowsOfOthersAndOfNullOwnersDoNotMatter) {
  PodDay day;
  day.NodeLabels("NULL | {\"team\": \"a\"}\nn2 | {\"team\": \"b\"}\n");
  day.NamespaceLabels("NULL | {\"team\": \"c\"}\n");
  day.Pods("NULL | n1 | {}\n");
  EXPECT_EQ(day.Usage(), "NULL | n1 | {} | 1\n");
}

TEST(PodAggregator, CategoriesAreOfTheNamespace) {
  PodDay day;
  day.Pods(
      "openshift-etcd | n1 | {}\nopenshift | n1 | {}\nopenshift_x | n1 | {}\nNULL | n1 | {}\n");
  day.Finish();
  EXPECT_EQ(day.Rows(RowKind::kPod, "namespace | cost_category_id"),
            "openshift-etcd | 1\nopenshift | 1\nopenshift_x | NULL\nNULL | NULL\n");
}

constexpr std::string_view kNumbers =
    "namespace | node | pod_usage_cpu_core_seconds | pod_request_cpu_core_seconds | "
    "pod_effective_usage_cpu_core_seconds | pod_limit_cpu_core_seconds | "
    "pod_usage_memory_byte_seconds | "
    "pod_request_memory_byte_seconds | pod_effective_usage_memory_byte_seconds | "
    "pod_limit_memory_byte_seconds | "
    "node_capacity_cpu_cores | node_capacity_memory_bytes\n";
constexpr std::string_view kCpuColumns =
    "pod_usage_cpu_core_hours | pod_request_cpu_core_hours | pod_effective_usage_cpu_core_hours | "
    "pod_limit_cpu_core_hours | node_capacity_cpu_cores";
constexpr std::string_view kMemoryColumns =
    "pod_usage_memory_gigabyte_hours | pod_request_memory_gigabyte_hours | "
    "pod_effective_usage_memory_gigabyte_hours | pod_limit_memory_gigabyte_hours | "
    "node_capacity_memory_gigabytes";

std::string Numbers(std::string_view rows, Semantics semantics, std::string_view columns,
                    int64_t block_rows = 1024) {
  DayForTest day({.semantics = semantics});
  day.Add(Report::kPodUsageDaily, std::string(kNumbers) + std::string(rows), block_rows);
  day.Finish();
  return day.Rows(RowKind::kPod, columns);
}

TEST(PodAggregator, SumsUsageAndTakesTheLargestCapacity) {
  constexpr std::string_view kRows =
      "app | n1 | 3600 | 7200 | 9000 | 10800 | 3865470566400 | 7730941132800 | 9663676416000 | "
      "11596411699200 | 4 | 17179869184\n"
      "app | n1 | 3600 | 0    | 0    | 0     | 0             | 0             | 0             | 0   "
      "           | 3 | 17179869185\n";
  EXPECT_EQ(Numbers(kRows, Semantics::kTrino, kCpuColumns), "2 | 2 | 2.5 | 3 | 4\n");
  EXPECT_EQ(Numbers(kRows, Semantics::kTrino, kMemoryColumns),
            "1 | 2 | 2.5 | 3 | 16.000000000931323\n");
}

TEST(PodAggregator, SumsSkipNullsAndAreNullOverNothing) {
  constexpr std::string_view kRows =
      "app | n1 | 3600 | NULL | 1800 | NULL | NULL | NULL | NULL | NULL | NULL | NULL\n"
      "app | n1 | NULL | NULL | 1800 | 7200 | NULL | NULL | NULL | NULL | NULL | NULL\n"
      "app | n1 | 3600 | NULL | 1800 | 7200 | NULL | NULL | NULL | NULL | 2    | NULL\n";
  for (const int64_t block_rows : {1, 2, 1024}) {
    EXPECT_EQ(Numbers(kRows, Semantics::kTrino, kCpuColumns, block_rows),
              "2 | NULL | 1.5 | 4 | 2\n");
    EXPECT_EQ(Numbers(kRows, Semantics::kTrino, kMemoryColumns, block_rows),
              "NULL | NULL | NULL | NULL | NULL\n");
  }
}

TEST(PodAggregator, MissingEffectiveUsageIsTheLargerOfUsageAndRequest) {
  constexpr std::string_view kRows =
      "a | n1 | 3600 | 7200 | NULL | 0 | 0 | 0 | 0 | 0 | 0 | 0\n"
      "b | n1 | 3600 | NULL | NULL | 0 | 0 | 0 | 0 | 0 | 0 | 0\n"
      "c | n1 | NULL | 7200 | NULL | 0 | 0 | 0 | 0 | 0 | 0 | 0\n"
      "d | n1 | NULL | NULL | NULL | 0 | 0 | 0 | 0 | 0 | 0 | 0\n"
      "e | n1 | 3600 | 7200 | 900  | 0 | 0 | 0 | 0 | 0 | 0 | 0\n";
  constexpr std::string_view kColumns = "namespace | pod_effective_usage_cpu_core_hours";
  EXPECT_EQ(Numbers(kRows, Semantics::kTrino, kColumns),
            "a | 2\nb | NULL\nc | NULL\nd | NULL\ne | 0.25\n");
  EXPECT_EQ(Numbers(kRows, Semantics::kKokuPostgresql, kColumns),
            "a | 2\nb | 1\nc | 2\nd | NULL\ne | 0.25\n");
}

TEST(PodAggregator, TakesTheByteLargestResourceId) {
  DayForTest day;
  day.Add(Report::kPodUsageDaily,
          "namespace | node | resource_id | pod_usage_cpu_core_seconds\n"
          "app | n1 | i-2  | 1\n"
          "app | n1 | i-10 | 1\n"
          "app | n1 | NULL | 1\n"
          "app | n1 | ''   | 1\n"
          "two | n1 | NULL | 1\n"
          "two | n1 | ''   | 1\n"
          "six | n1 | NULL | 1\n");
  day.Finish();
  EXPECT_EQ(day.Rows(RowKind::kPod, "namespace | resource_id"),
            "app | i-2\ntwo | ''\nsix | NULL\n");
}

TEST(PodAggregator, CapacityComesFromTheHourlyRows) {
  constexpr std::string_view kColumns =
      "node | node_capacity_cpu_core_hours | node_capacity_memory_gigabyte_hours | "
      "cluster_capacity_cpu_core_hours | "
      "cluster_capacity_memory_gigabyte_hours";
  for (const auto semantics : {Semantics::kTrino, Semantics::kKokuPostgresql}) {
    PodDay day({.semantics = semantics});
    day.Add(Report::kPodUsageHourly,
            "interval_start | node | node_capacity_cpu_core_seconds | "
            "node_capacity_memory_byte_seconds\n"
            "2024-02-29 00:00 | n1 | 14400 | 61847529062400\n"
            "2024-02-29 00:00 | n1 | 14000 | 61847529062400\n"
            "2024-02-29 01:00 | n1 | 14400 | NULL\n"
            "2024-02-29 00:00 | '' | 100   | 3865470566400\n"
            "2024-03-01 00:00 | n1 | 99999 | 1\n");
    day.Pods("app | n1 | {}\napp | n2 | {}\n");
    day.Finish();
    const bool trino = semantics == Semantics::kTrino;
    EXPECT_EQ(day.Rows(RowKind::kPod, kColumns),
              std::string("n1 | 8 | 16 | 8.027777777777779 | 17\n") +
                  (trino ? "n2 | NULL | NULL | 8.027777777777779 | 17\n"
                         : "n2 | 0 | 0 | 8.027777777777779 | 17\n"));
    PodDay without({.semantics = semantics});
    without.Pods("app | n1 | {}\n");
    without.Finish();
    EXPECT_EQ(without.Rows(RowKind::kPod, kColumns),
              trino ? "n1 | NULL | NULL | NULL | NULL\n" : "n1 | 0 | 0 | 0 | 0\n");
  }
}

TEST(PodAggregator, BadLabelTextsAreReportedAndCountNowhere) {
  PodDay day;
  day.Pods("app | n1 | {}\napp | n1 | {\"env\": 1\napp | n1 | {\"env\": {}}\n", /*block_rows=*/2);
  EXPECT_EQ(day.Usage(), "app | n1 | {} | 1\n");
  ASSERT_EQ(day.bad_rows().count(), 2);
  const auto& bad = day.bad_rows().kept();
  EXPECT_EQ(bad[0].object, "object");
  EXPECT_EQ(bad[0].row, 1);
  EXPECT_EQ(bad[1].row, 2);
  EXPECT_EQ(bad[0].column, "pod_labels");
  EXPECT_EQ(bad[0].raw_text, "{\"env\": 1");
}

TEST(PodAggregator, NoLabelIsKeptWithoutEnabledKeys) {
  PodDay day({.enabled_tag_keys = {}});
  day.NodeLabels("n1 | {\"team\": \"a\"}\nn1 | {\"team\": \"b\"}\n");
  day.Pods("app | n1 | {\"vm_kubevirt_io_name\": \"vm1\", \"env\": \"prod\"}\n");
  EXPECT_EQ(day.Usage(), "app | n1 | {} | 1\n");
}

TEST(PodAggregator, AuditIsEmptyWhereNothingIsCountedTwice) {
  PodDay day;
  day.NodeLabels("n1 | {\"team\": \"a\"}\nn1 | {\"team\": \"a\", \"zz\": \"2\"}\n");
  day.Pods("app | n1 | {}\nopenshift-x | n1 | {}\n");
  day.Finish();
  for (const auto& entry : day.audit()) {
    EXPECT_EQ(entry.input_rows, 0);
    EXPECT_EQ(entry.groups, 0);
    EXPECT_THAT(entry.examples, IsEmpty());
  }
}

}  // namespace
}  // namespace matome::aggregate
