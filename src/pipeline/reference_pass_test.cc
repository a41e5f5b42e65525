// SPDX-License-Identifier: Apache-2.0
#include "pipeline/reference_pass.h"

#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/lake_layout.h"
#include "store/memory_store.h"
#include "testing/text_parquet.h"

namespace matome::pipeline {
namespace {

using model::ClusterTopology;
using model::Report;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ReferencePassTest : public ::testing::Test {
 protected:
  void Pods(std::string_view rows, const std::string& name = "a") {
    Put(Report::kPodUsageDaily, name,
        "interval_start | namespace | node | resource_id | node_role | node_capacity_cpu_cores\n" +
            std::string(rows));
  }
  void NodeLabels(std::string_view rows, const std::string& name = "a") {
    Put(Report::kNodeLabelsDaily, name,
        "interval_start | node | node_labels\n" + std::string(rows));
  }
  void Storage(std::string_view rows, const std::string& name = "a") {
    Put(Report::kStorageUsageDaily, name,
        "interval_start | persistentvolume | persistentvolumeclaim | csi_volume_handle\n" +
            std::string(rows));
  }
  void Put(Report report, const std::string& name, std::string_view table) {
    store_.Put(catalog::MonthPrefix(report, "org1", "u-1", {2025, 10}) + name,
               testing::ParquetFromText(report, table, {.row_group_rows = 3}));
  }

  ClusterTopology Read(int threads = 1) {
    const catalog::ForEach in_order = [](size_t count, const std::function<void(size_t)>& fn) {
      for (size_t index = 0; index < count; ++index) fn(index);
    };
    const auto catalog = catalog::ReadCatalog(store_, "org1", "u-1", {2025, 10}, in_order).value();
    counts_ = {};
    auto topology = ReadClusterTopology(store_, catalog, days_, threads, stop_, counts_);
    EXPECT_TRUE(topology.ok());
    return std::move(topology).value();
  }
  /// "node resource-id capacity role architecture" of each node.
  std::vector<std::string> Nodes(int threads = 1) {
    std::vector<std::string> texts;
    for (const auto& node : Read(threads).nodes) {
      texts.push_back(fmt::format(
          "{} {} {} {} {}", node.node, node.resource_id.value_or("NULL"),
          node.capacity_cpu_cores ? fmt::format("{}", *node.capacity_cpu_cores) : "NULL", node.role,
          node.architecture.value_or("NULL")));
    }
    return texts;
  }
  std::vector<std::string> Claims() {
    std::vector<std::string> texts;
    for (const auto& claim : Read().claims) {
      texts.push_back(fmt::format("{} {} {}", claim.persistent_volume,
                                  claim.persistent_volume_claim,
                                  claim.csi_volume_handle.value_or("NULL")));
    }
    return texts;
  }

  store::MemoryStore store_;
  std::atomic<bool> stop_ = false;
  model::DayRange days_{*model::Day::Parse("2025-10-01"), *model::Day::Parse("2025-10-31")};
  ReferencePassCounts counts_;
};

TEST_F(ReferencePassTest, NothingGivesNothing) {
  const auto topology = Read();
  EXPECT_THAT(topology.nodes, IsEmpty());
  EXPECT_THAT(topology.claims, IsEmpty());
  EXPECT_THAT(topology.projects, IsEmpty());
}

TEST_F(ReferencePassTest, TheReportedRoleWinsThenTheGuesses) {
  NodeLabels(
      "2025-10-01 | n1 | {}\n2025-10-01 | n2 | {}\n2025-10-01 | n4 | {}\n2025-10-01 | n5 | {}\n"
      "2025-10-01 | n3 | {\"node_role_kubernetes_io\": \"infra\", \"x\": \"y\"}\n"
      "2025-10-01 | n6 | {\"node_role_kubernetes_io\":\"infra\"}\n"
      "2025-10-01 | n7 | {\"node_role_kubernetes_io\": \"infra\"}\n");
  Pods(
      "2025-10-01 | openshift-kube-apiserver | n1 | i-1 | infra | 4\n"
      "2025-10-01 | openshift-kube-apiserver | n2 | i-2 | NULL  | 4\n"
      "2025-10-01 | app                      | n2 | i-2 | NULL  | 4\n"
      "2025-10-01 | app                      | n3 | i-3 | NULL  | 4\n"
      "2025-10-01 | app                      | n4 | i-4 | NULL  | 4\n"
      "2025-10-01 | openshift-kube-apiserver | n5 | i-5 | ''    | 4\n"
      "2025-10-01 | app                      | n6 | i-6 | NULL  | 4\n"
      "2025-10-01 | openshift-kube-apiserver | n7 | i-7 | NULL  | 4\n");
  // n6: only the text with its one space marks an infra node.
  EXPECT_THAT(Nodes(), ElementsAre("n1 i-1 4 infra NULL", "n2 i-2 4 master NULL",
                                   "n3 i-3 4 infra NULL", "n4 i-4 4 worker NULL", "n5 i-5 4  NULL",
                                   "n6 i-6 4 worker NULL", "n7 i-7 4 master NULL"));
}

TEST_F(ReferencePassTest, TheLargestRoleAndCapacityOfADaysRangeCount) {
  NodeLabels("2025-10-01 | n1 | {}\n2025-10-01 | n2 | {}\n2025-10-01 | n3 | {}\n");
  Pods(
      "2025-10-01 | a | n1 | i-1 | infra  | 4\n2025-10-09 | a | n1 | i-1 | worker | 8\n"
      "2025-10-03 | a | n1 | i-1 | master | NULL\n2025-10-03 | a | n2 | i-2 | NULL | NULL\n"
      "2025-10-03 | a | n3 | i-3 | NULL | NaN\n2025-10-04 | a | n3 | i-3 | NULL | -1\n");
  EXPECT_THAT(Nodes(), ElementsAre("n1 i-1 8 worker NULL", "n2 i-2 NULL worker NULL",
                                   "n3 i-3 -1 worker NULL"));
}

TEST_F(ReferencePassTest, RowsOfOtherDaysDoNotCount) {
  days_ = {*model::Day::Parse("2025-10-02"), *model::Day::Parse("2025-10-03")};
  NodeLabels("2025-10-01 | n1 | {}\n2025-10-02 | n2 | {}\n");
  Pods(
      "2025-10-02 | a | n1 | i-1 | NULL | 4\n2025-10-03 | b | n2 | i-2 | NULL | 4\n"
      "2025-10-04 | c | n2 | i-2 | infra | 9\n2025-10-01 | d | n2 | i-9 | NULL | 4\n");
  Storage("2025-10-01 | v1 | c | h\n2025-10-03 | v2 | c | h\n");
  EXPECT_THAT(Nodes(), ElementsAre("n2 i-2 4 worker NULL"));
  EXPECT_THAT(Read().projects, ElementsAre("a", "b"));
  EXPECT_THAT(Claims(), ElementsAre("v2 c h"));
}

TEST_F(ReferencePassTest, GroupsByNodeAndResourceIdAndJoinsOnTheNodeAlone) {
  NodeLabels(
      "2025-10-30 | n1 | {\"node_role_kubernetes_io\": \"infra\"}\n2025-10-05 | '' | {}\n"
      "2025-10-01 | NULL | {}\n2025-10-01 | n2 | NULL\n");
  Pods(
      "2025-10-01 | openshift-kube-apiserver | n1 | i-1  | NULL | 4\n"
      "2025-10-01 | app                      | n1 | NULL | NULL | 4\n"
      "2025-10-01 | app                      | n1 | ''   | NULL | 4\n"
      "2025-10-01 | app                      | '' | i-3  | NULL | 4\n"
      "2025-10-01 | app                      | n2 | i-2  | NULL | 4\n"
      "2025-10-01 | app                      | NULL | i-4 | NULL | 4\n"
      "2025-10-01 | app                      | no-labels | i-5 | worker | 4\n");
  EXPECT_THAT(Nodes(), ElementsAre(" i-3 4 worker NULL", "n1 NULL 4 infra NULL", "n1  4 infra NULL",
                                   "n1 i-1 4 master NULL", "n2 i-2 4 worker NULL"));
}

TEST_F(ReferencePassTest, TheArchitectureIsThatOfTheLargestLabelText) {
  NodeLabels(
      "2025-10-01 | n1 | {\"a\": \"z\", \"kubernetes_io_arch\": \"arm64\"}\n"
      "2025-10-02 | n1 | {\"kubernetes_io_arch\": \"AMD64\"}\n"
      "2025-10-03 | n1 | NULL\n"
      "2025-10-01 | n2 | {\"z\": \"no architecture\"}\n"
      "2025-10-02 | n2 | {\"kubernetes_io_arch\": \"arm64\"}\n"
      "2025-10-01 | n3 | not json\n2025-10-01 | n4 | {\"kubernetes_io_arch\": \"\"}\n");
  Pods(
      "2025-10-01 | a | n1 | i | NULL | 1\n2025-10-01 | a | n2 | i | NULL | 1\n"
      "2025-10-01 | a | n3 | i | NULL | 1\n2025-10-01 | a | n4 | i | NULL | 1\n");
  EXPECT_THAT(Nodes(), ElementsAre("n1 i 1 worker amd64", "n2 i 1 worker NULL",
                                   "n3 i 1 worker NULL", "n4 i 1 worker "));
}

TEST_F(ReferencePassTest, OlderFilesLackColumns) {
  NodeLabels("2025-10-01 | n1 | {}\n");
  Put(Report::kPodUsageDaily, "old",
      "interval_start | namespace | node | resource_id\n2025-10-01 | app | n1 | i-1\n");
  Put(Report::kStorageUsageDaily, "old",
      "interval_start | persistentvolume | persistentvolumeclaim\n2025-10-01 | v | c\n");
  EXPECT_THAT(Nodes(), ElementsAre("n1 i-1 NULL worker NULL"));
  EXPECT_THAT(Claims(), ElementsAre("v c NULL"));
}

TEST_F(ReferencePassTest, ClaimsAreDistinctAndTakeAHandleThatIsThere) {
  Storage(
      "2025-10-01 | v1 | c | NULL\n2025-10-02 | v1 | c | h-2\n2025-10-03 | v1 | c | h-1\n"
      "2025-10-01 | v2 | c | ''\n2025-10-02 | v2 | c | NULL\n2025-10-01 | v3 | c | NULL\n"
      "2025-10-01 | NULL | c | h\n2025-10-01 | v4 | NULL | h\n2025-10-01 | '' | '' | h\n");
  EXPECT_THAT(Claims(), ElementsAre("  h", "v1 c h-1", "v2 c ", "v3 c NULL"));
}

TEST_F(ReferencePassTest, ProjectsAreThoseOfAllPods) {
  Pods(
      "2025-10-01 | b | n1 | i | NULL | 1\n2025-10-02 | a | NULL | i | NULL | 1\n"
      "2025-10-02 | a | n1 | i | NULL | 1\n2025-10-02 | NULL | n1 | i | NULL | 1\n"
      "2025-10-02 | '' | n1 | i | NULL | 1\n");
  EXPECT_THAT(Read().projects, ElementsAre("", "a", "b"));
  EXPECT_THAT(Nodes(), IsEmpty());
}

TEST_F(ReferencePassTest, ThreadsChangeNothing) {
  std::string pods, labels;
  for (int i = 0; i < 60; ++i) {
    pods += fmt::format("2025-10-{:02} | ns{} | n{} | i | {} | {}\n", i % 30 + 1, i % 7, i % 5,
                        i % 11 == 0 ? "infra" : "NULL", i);
    labels += fmt::format("2025-10-{:02} | n{} | {{\"k\": \"{}\"}}\n", i % 30 + 1, i % 4, i);
  }
  Pods(pods);
  NodeLabels(labels);
  EXPECT_EQ(Nodes(1), Nodes(4));
  EXPECT_EQ(Nodes().size(), 4);
  EXPECT_EQ(counts_.rows, 120);
}

TEST_F(ReferencePassTest, WhatCannotBeReadIsPassedOver) {
  NodeLabels("2025-10-01 | n1 | {}\n");
  Pods("2025-10-01 | a | n1 | i | NULL | 1\n");
  store_.Put(catalog::MonthPrefix(Report::kPodUsageDaily, "org1", "u-1", {2025, 10}) + "bad",
             std::vector<uint8_t>(100, 'x'));
  EXPECT_THAT(Nodes(), ElementsAre("n1 i 1 worker NULL"));
}

TEST_F(ReferencePassTest, StopsWhenAskedTo) {
  Pods("2025-10-01 | a | n1 | i | NULL | 1\n");
  stop_ = true;
  const catalog::ForEach in_order = [](size_t count, const std::function<void(size_t)>& fn) {
    for (size_t index = 0; index < count; ++index) fn(index);
  };
  const auto catalog = catalog::ReadCatalog(store_, "org1", "u-1", {2025, 10}, in_order).value();
  EXPECT_EQ(ReadClusterTopology(store_, catalog, days_, 1, stop_, counts_).status().code(),
            base::Code::kInterrupted);
}

}  // namespace
}  // namespace matome::pipeline
