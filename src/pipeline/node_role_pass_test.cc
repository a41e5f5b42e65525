// SPDX-License-Identifier: Apache-2.0
#include "pipeline/node_role_pass.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/lake_layout.h"
#include "store/memory_store.h"
#include "testing/text_parquet.h"

namespace matome::pipeline {
namespace {

using model::Day;
using model::Report;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NodeRolePassTest : public ::testing::Test {
 protected:
  void Pods(std::string_view rows, const std::string& name = "a") {
    Put(Report::kPodUsageDaily, name,
        "interval_start | namespace | node | resource_id | node_role\n" + std::string(rows));
  }
  void NodeLabels(std::string_view rows, const std::string& name = "a") {
    Put(Report::kNodeLabelsDaily, name,
        "interval_start | node | node_labels\n" + std::string(rows));
  }
  void Put(Report report, const std::string& name, std::string_view table) {
    store_.Put(catalog::MonthPrefix(report, "org1", "u-1", {2025, 10}) + name,
               testing::ParquetFromText(report, table, {.row_group_rows = 3}));
  }

  catalog::MonthCatalog Catalog() const {
    const catalog::ForEach in_order = [](size_t count, const std::function<void(size_t)>& fn) {
      for (size_t index = 0; index < count; ++index) fn(index);
    };
    return catalog::ReadCatalog(store_, "org1", "u-1", {2025, 10}, in_order).value();
  }

  model::LedgerRoles Derive(int threads = 1) {
    counts_ = {};
    auto roles = DeriveNodeRoles(store_, Catalog(), threads, stop_, counts_);
    EXPECT_TRUE(roles.ok());
    return std::move(roles).value();
  }

  /// "node resource-id role" of each result.
  std::vector<std::string> Roles(int threads = 1) {
    std::vector<std::string> texts;
    for (const auto& row : Derive(threads).nodes) {
      texts.push_back(*row.node + " " + row.resource_id.value_or("NULL") + " " + *row.node_role);
    }
    return texts;
  }

  store::MemoryStore store_;
  std::atomic<bool> stop_ = false;
  NodeRoleCounts counts_;
};

TEST_F(NodeRolePassTest, NothingGivesNothing) { EXPECT_THAT(Roles(), IsEmpty()); }

TEST_F(NodeRolePassTest, TheReportedRoleWinsThenTheGuesses) {
  NodeLabels(
      "2025-10-01 | n1 | {}\n2025-10-01 | n2 | {}\n2025-10-01 | n4 | {}\n"
      "2025-10-01 | n3 | {\"node_role_kubernetes_io\": \"infra\", \"x\": \"y\"}\n"
      "2025-10-01 | n5 | {\"node_role_kubernetes_io\":\"infra\"}\n");
  Pods(
      "2025-10-01 | app                      | n1 | i-1 | infra\n"
      "2025-10-02 | openshift-kube-apiserver | n1 | i-1 | NULL\n"
      "2025-10-01 | openshift-kube-apiserver | n2 | i-2 | NULL\n"
      "2025-10-01 | app                      | n2 | i-2 | NULL\n"
      "2025-10-01 | app                      | n3 | i-3 | NULL\n"
      "2025-10-01 | app                      | n4 | i-4 | NULL\n"
      "2025-10-01 | app                      | n5 | i-5 | NULL\n");
  // n5: only the text that Koku writes, with its one space, marks an infra node.
  EXPECT_THAT(Roles(), ElementsAre("n1 i-1 infra", "n2 i-2 master", "n3 i-3 infra", "n4 i-4 worker",
                                   "n5 i-5 worker"));
}

TEST_F(NodeRolePassTest, TheByteLargestRoleCountsAndAnEmptyOneIsARole) {
  NodeLabels("2025-10-01 | n1 | {}\n2025-10-01 | n2 | {}\n");
  Pods(
      "2025-10-01 | a | n1 | i-1 | infra\n2025-10-09 | a | n1 | i-1 | worker\n2025-10-03 | a | n1 "
      "| i-1 | master\n"
      "2025-10-01 | openshift-kube-apiserver | n2 | i-2 | ''\n");
  EXPECT_THAT(Roles(), ElementsAre("n1 i-1 worker", "n2 i-2 "));
}

TEST_F(NodeRolePassTest, GroupsByNodeAndResourceId) {
  NodeLabels("2025-10-01 | n1 | {\"node_role_kubernetes_io\": \"infra\"}\n2025-10-01 | n1 | {}\n");
  Pods(
      "2025-10-01 | openshift-kube-apiserver | n1 | i-1  | NULL\n"
      "2025-10-01 | app                      | n1 | i-2  | NULL\n"
      "2025-10-01 | app                      | n1 | NULL | NULL\n"
      "2025-10-01 | app                      | n1 | ''   | NULL\n");
  EXPECT_THAT(Roles(), ElementsAre("n1 NULL infra", "n1  infra", "n1 i-1 master", "n1 i-2 infra"));
}

TEST_F(NodeRolePassTest, ANodeWithoutLabelRowsOrWithoutNameIsNotFound) {
  NodeLabels(
      "2025-10-01 | n2 | NULL\n2025-10-01 | NULL | {}\n2025-11-01 | n3 | {}\n2025-10-05 | '' | "
      "{}\n");
  Pods(
      "2025-10-01 | app | n1   | i-1 | worker\n2025-10-09 | app | n2 | i-2 | NULL\n"
      "2025-10-01 | app | NULL | i-4 | worker\n2025-10-01 | app | n3 | i-3 | worker\n"
      "2025-10-01 | app | ''   | i-5 | NULL\n2025-09-30 | app | n2   | i-9 | NULL\n");
  EXPECT_THAT(Roles(), ElementsAre(" i-5 worker", "n2 i-2 worker"));
}

TEST_F(NodeRolePassTest, OlderFilesHaveNoRoleColumn) {
  NodeLabels("2025-10-01 | n1 | {}\n");
  Put(Report::kPodUsageDaily, "old",
      "interval_start | namespace | node | resource_id\n2025-10-01 | app | n1 | i-1\n");
  EXPECT_THAT(Roles(), ElementsAre("n1 i-1 worker"));
}

TEST_F(NodeRolePassTest, DoesNotDependOnThreadsOrFiles) {
  for (int file = 0; file < 8; ++file) {
    std::string pods, labels;
    for (int row = 0; row < 20; ++row) {
      const std::string day = "2025-10-" + std::to_string(10 + row % 9);
      const std::string node = "n" + std::to_string((file + row) % 5);
      pods += day + " | " + (row % 7 == 0 ? "openshift-kube-apiserver" : "app") + " | " + node +
              " | i-" + std::to_string(row % 3) + (row % 4 == 0 ? " | infra\n" : " | NULL\n");
      labels += day + " | " + node +
                (row % 6 == 0 ? " | {\"node_role_kubernetes_io\": \"infra\"}\n" : " | {}\n");
    }
    Pods(pods, "f" + std::to_string(file));
    NodeLabels(labels, "f" + std::to_string(file));
  }
  const auto expected = Roles(1);
  EXPECT_EQ(expected.size(), 15U);
  const auto hashes = Derive(1).day_hashes;
  EXPECT_EQ(hashes.size(), 9U);
  for (const int threads : {2, 5}) {
    EXPECT_EQ(Roles(threads), expected);
    EXPECT_EQ(Derive(threads).day_hashes, hashes);
    EXPECT_EQ(counts_.rows, 320);
    EXPECT_GT(counts_.bytes, 0);
  }
}

// A day is to be redone when the role of one of its nodes changes, and only then.
TEST_F(NodeRolePassTest, DayHashesFollowTheRolesOfTheDaysNodes) {
  NodeLabels("2025-10-01 | n1 | {}\n2025-10-01 | n2 | {}\n");
  Pods("2025-10-01 | app | n1 | i-1 | NULL\n2025-10-02 | app | n2 | i-2 | NULL\n");
  const auto before = Derive();
  EXPECT_FALSE(before.input.empty());
  NodeLabels("2025-10-05 | n2 | {\"node_role_kubernetes_io\": \"infra\"}\n", "b");
  const auto after = Derive();
  const Day first = *Day::Parse("2025-10-01");
  EXPECT_EQ(after.day_hashes.at(first), before.day_hashes.at(first));
  EXPECT_NE(after.day_hashes.at(first + 1), before.day_hashes.at(first + 1));
  EXPECT_NE(after.input, before.input);
  EXPECT_EQ(after.input, NodeRoleInput(Catalog()));
}

TEST_F(NodeRolePassTest, RolesFromPartOfTheRowsAreNotKeptForLater) {
  NodeLabels("2025-10-01 | n1 | {}\n");
  Pods("2025-10-01 | app | n1 | i-1 | NULL\n");
  auto catalog = Catalog();
  for (auto& chunk : catalog.files[0].file.row_groups[0].chunks) ++chunk.values;
  const auto roles = DeriveNodeRoles(store_, catalog, 1, stop_, counts_);
  ASSERT_TRUE(roles.ok());
  EXPECT_THAT(roles->nodes, IsEmpty());
  EXPECT_EQ(roles->input, "");
}

// Days must not be written with roles that lack what may be there in a moment.
TEST_F(NodeRolePassTest, WhatIsOnlyOutOfReachNowFailsThePass) {
  NodeLabels("2025-10-01 | n1 | {}\n");
  Pods("2025-10-01 | app | n1 | i-1 | NULL\n");
  auto catalog = Catalog();
  store_.Remove(catalog.files[0].file.object.key);
  EXPECT_EQ(DeriveNodeRoles(store_, catalog, 1, stop_, counts_).status().code(),
            base::Code::kInputChanged);
  catalog.files[0].status = {base::Code::kStoreUnavailable, "no answer"};
  EXPECT_EQ(DeriveNodeRoles(store_, catalog, 1, stop_, counts_).status().code(),
            base::Code::kStoreUnavailable);
}

TEST_F(NodeRolePassTest, StopsWhenAsked) {
  NodeLabels("2025-10-01 | n1 | {}\n");
  stop_ = true;
  EXPECT_EQ(DeriveNodeRoles(store_, Catalog(), 1, stop_, counts_).status().code(),
            base::Code::kInterrupted);
}

}  // namespace
}  // namespace matome::pipeline
