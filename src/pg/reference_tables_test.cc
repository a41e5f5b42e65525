// SPDX-License-Identifier: Apache-2.0
#include "pg/reference_tables.h"

#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/postgres_server.h"

namespace matome::pg {
namespace {

using base::Code;
using model::ClusterTopology;
using ::testing::HasSubstr;
using testing::MustExec;
using testing::PostgresServer;
using testing::Table;

constexpr const char* kSource = "0a0a0a0a-0000-4000-8000-000000000001";
constexpr const char* kOther = "0b0b0b0b-0000-4000-8000-000000000002";

class ReferenceTablesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MustExec(connection_, fmt::format("INSERT INTO org1234567.reporting_tenant_api_provider VALUES"
                                      " ('{}', 'Mine', 'OCP', NULL), ('{}', 'Theirs', 'OCP', NULL)",
                                      kSource, kOther));
  }
  FilledTables Fill(const ClusterTopology& topology) {
    auto filled = FillReferenceTables(connection_, cluster_, topology);
    EXPECT_TRUE(filled.ok()) << filled.status().message();
    EXPECT_FALSE(connection_.in_transaction());
    return filled.ok() ? *filled : FilledTables();
  }
  FilledTables FillNode(const ClusterTopology::Node& node) { return Fill({.nodes = {node}}); }
  std::string Nodes() {
    return Table(connection_,
                 "SELECT node, resource_id, node_capacity_cpu_cores, node_role, architecture FROM"
                 " org1234567.reporting_ocp_nodes ORDER BY 1, 2, 3, 4, 5");
  }
  std::string Claims() {
    return Table(connection_,
                 "SELECT persistent_volume, persistent_volume_claim, csi_volume_handle FROM"
                 " org1234567.reporting_ocp_pvcs ORDER BY 1, 2");
  }
  std::string Clusters() {
    return Table(connection_,
                 "SELECT cluster_id, cluster_alias, provider_id FROM"
                 " org1234567.reporting_ocp_clusters ORDER BY 1, 2, 3");
  }

  PostgresServer& server_ = PostgresServer::Shared();
  std::string database_ = server_.CreateDatabase();
  Connection connection_ = server_.Connect(database_);
  TenantCluster cluster_{"org1234567", kSource, "c-1", "Alias"};
};

// --- Clusters

TEST_F(ReferenceTablesTest, AProviderGetsOneClusterRow) {
  EXPECT_EQ(Fill({}).clusters, 1);
  EXPECT_EQ(Clusters(), fmt::format("c-1|Alias|{}\n", kSource));
  const auto again = Fill({});
  EXPECT_EQ(again.clusters, 0);
  EXPECT_EQ(again.clusters_changed, 0);
  cluster_.cluster_id = "renamed";
  EXPECT_EQ(Fill({}).clusters, 0);
  EXPECT_EQ(Clusters(), fmt::format("c-1|Alias|{}\n", kSource));
}

TEST_F(ReferenceTablesTest, TheAliasIsKeptInStep) {
  Fill({});
  cluster_.cluster_alias = "New";
  EXPECT_EQ(Fill({}).clusters_changed, 1);
  EXPECT_EQ(Clusters(), fmt::format("c-1|New|{}\n", kSource));
  cluster_.cluster_alias.reset();
  EXPECT_EQ(Fill({}).clusters_changed, 1);
  EXPECT_EQ(Clusters(), fmt::format("c-1|NULL|{}\n", kSource));
  EXPECT_EQ(Fill({}).clusters_changed, 0);
}

TEST_F(ReferenceTablesTest, ClustersOfOthersAreLeftAlone) {
  MustExec(connection_, fmt::format("INSERT INTO org1234567.reporting_ocp_clusters VALUES"
                                    " ('{0}', 'c-1', 'Theirs', '{0}')",
                                    kOther));
  Fill({.nodes = {{"n", "i", 1, "worker", "amd64"}}, .projects = {"p"}});
  EXPECT_EQ(Clusters(), fmt::format("c-1|Alias|{}\nc-1|Theirs|{}\n", kSource, kOther));
  EXPECT_EQ(Table(connection_,
                  "SELECT DISTINCT c.provider_id FROM org1234567.reporting_ocp_nodes n"
                  " JOIN org1234567.reporting_ocp_clusters c ON c.uuid = n.cluster_id"),
            fmt::format("{}\n", kSource));
}

TEST_F(ReferenceTablesTest, AnUnknownSourceChangesNothing) {
  cluster_.source_uuid = "0c0c0c0c-0000-4000-8000-000000000003";
  const auto filled = FillReferenceTables(connection_, cluster_, {});
  EXPECT_EQ(filled.status().code(), Code::kUsage);
  EXPECT_THAT(filled.status().message(), HasSubstr("no provider 0c0c0c0c"));
  EXPECT_FALSE(connection_.in_transaction());
  EXPECT_EQ(Clusters(), "");
}

// --- Nodes

TEST_F(ReferenceTablesTest, ANewNodeIsStoredOnce) {
  const ClusterTopology::Node node{"n1", "i-1", 4, "worker", "amd64"};
  EXPECT_EQ(FillNode(node).nodes, 1);
  const auto again = FillNode(node);
  EXPECT_EQ(again.nodes, 0);
  EXPECT_EQ(again.nodes_changed, 0);
  EXPECT_EQ(Nodes(), "n1|i-1|4.00|worker|amd64\n");
}

TEST_F(ReferenceTablesTest, AStoredRoleStays) {
  FillNode({"n1", "i-1", 4, "worker", "amd64"});
  FillNode({"n1", "i-1", 4, "master", "arm64"});
  EXPECT_EQ(Nodes(), "n1|i-1|4.00|worker|amd64\n");
}

TEST_F(ReferenceTablesTest, AMissingRoleOrArchitectureRenewsBoth) {
  for (const auto* stored : {"'', 'amd64'", "NULL, 'amd64'", "'worker', ''", "'worker', NULL"}) {
    Fill({});
    const std::string values(stored);
    MustExec(connection_,
             fmt::format("DELETE FROM org1234567.reporting_ocp_nodes;"
                         "INSERT INTO org1234567.reporting_ocp_nodes (uuid, node, resource_id,"
                         " node_capacity_cpu_cores, node_role, architecture, cluster_id)"
                         " SELECT gen_random_uuid(), 'n1', 'i-1', 4, {}, uuid"
                         " FROM org1234567.reporting_ocp_clusters",
                         values));
    const auto filled = FillNode({"n1", "i-1", 4, "master", "arm64"});
    EXPECT_EQ(filled.nodes, 0);
    EXPECT_EQ(filled.nodes_changed, 1);
    EXPECT_EQ(Nodes(), "n1|i-1|4.00|master|arm64\n") << stored;
  }
}

TEST_F(ReferenceTablesTest, AnArchitectureThatStaysUnknownIsNoChange) {
  FillNode({"n1", "i-1", 4, "worker", std::nullopt});
  EXPECT_EQ(FillNode({"n1", "i-1", 4, "worker", std::nullopt}).nodes_changed, 0);
  FillNode({"n1", "i-1", 4, "master", std::nullopt});  // Both are renewed while one is missing.
  EXPECT_EQ(Nodes(), "n1|i-1|4.00|master|NULL\n");
}

TEST_F(ReferenceTablesTest, ANewCapacityIsANewRow) {
  FillNode({"n1", "i-1", 4, "worker", "amd64"});
  EXPECT_EQ(FillNode({"n1", "i-1", 8, "worker", "amd64"}).nodes, 1);
  EXPECT_EQ(Nodes(), "n1|i-1|4.00|worker|amd64\nn1|i-1|8.00|worker|amd64\n");
}

TEST_F(ReferenceTablesTest, ACapacityOfMoreThanTwoDecimalsIsANewRowInEveryRun) {
  FillNode({"n1", "i-1", 3.25, "worker", "amd64"});
  EXPECT_EQ(FillNode({"n1", "i-1", 3.25, "worker", "amd64"}).nodes, 0);
  FillNode({"n2", "i-2", 2.675, "worker", "amd64"});
  EXPECT_EQ(FillNode({"n2", "i-2", 2.675, "worker", "amd64"}).nodes, 1);
  // The double is a little less than the half.
  EXPECT_EQ(Nodes(),
            "n1|i-1|3.25|worker|amd64\nn2|i-2|2.67|worker|amd64\n"
            "n2|i-2|2.67|worker|amd64\n");
}

TEST_F(ReferenceTablesTest, NullsAreValuesToFindANodeBy) {
  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ(Fill({.nodes = {{"n1", std::nullopt, 4, "worker", "a"},
                              {"n1", "", 4, "worker", "a"},
                              {"n1", "i", std::nullopt, "", "a"}}})
                  .nodes,
              run == 0 ? 3 : 0);
  }
  EXPECT_EQ(Nodes(), "n1||4.00|worker|a\nn1|i|NULL||a\nn1|NULL|4.00|worker|a\n");
}

TEST_F(ReferenceTablesTest, OfEqualNodesOneIsRenewed) {
  Fill({});
  MustExec(connection_,
           "INSERT INTO org1234567.reporting_ocp_nodes (uuid, node, resource_id,"
           " node_capacity_cpu_cores, cluster_id) SELECT gen_random_uuid(), 'n1', 'i-1', 4, uuid"
           " FROM org1234567.reporting_ocp_clusters, generate_series(1, 2)");
  const auto filled = FillNode({"n1", "i-1", 4, "worker", "amd64"});
  EXPECT_EQ(filled.nodes, 0);
  EXPECT_EQ(filled.nodes_changed, 1);
}

TEST_F(ReferenceTablesTest, TextsAreTakenAsTheyAre) {
  Fill({.nodes = {{"n\"'\\{,}\n日本", "i\t", 1, "r", "a"}},
        .projects = {"", "a,b", "NULL", "\"q\""}});
  EXPECT_EQ(Nodes(), "n\"'\\{,}\n日本|i\t|1.00|r|a\n");
  EXPECT_EQ(Table(connection_, "SELECT project FROM org1234567.reporting_ocp_projects ORDER BY 1"),
            "\n\"q\"\nNULL\na,b\n");
}

// --- Claims and projects

TEST_F(ReferenceTablesTest, AClaimIsStoredOnceAndItsHandleFilledInOnce) {
  EXPECT_EQ(
      Fill({.claims = {{"pv-1", "a", std::nullopt}, {"pv-2", "a", ""}, {"pv-3", "a", "h"}}}).claims,
      3);
  EXPECT_EQ(Claims(), "pv-1|a|NULL\npv-2|a|\npv-3|a|h\n");
  const auto filled =
      Fill({.claims = {{"pv-1", "a", "h-1"}, {"pv-2", "a", "h-2"}, {"pv-3", "a", "h-3"}}});
  EXPECT_EQ(filled.claims, 0);
  EXPECT_EQ(filled.claims_changed, 2);
  EXPECT_EQ(Claims(), "pv-1|a|h-1\npv-2|a|h-2\npv-3|a|h\n");
  EXPECT_EQ(Fill({.claims = {{"pv-1", "a", ""}, {"pv-2", "a", std::nullopt}}}).claims_changed, 0);
  EXPECT_EQ(Claims(), "pv-1|a|h-1\npv-2|a|h-2\npv-3|a|h\n");
}

TEST_F(ReferenceTablesTest, AProjectIsStoredOnce) {
  EXPECT_EQ(Fill({.projects = {"a", "b"}}).projects, 2);
  EXPECT_EQ(Fill({.projects = {"b", "c"}}).projects, 1);
  EXPECT_EQ(Table(connection_, "SELECT project FROM org1234567.reporting_ocp_projects ORDER BY 1"),
            "a\nb\nc\n");
}

// --- Beside others

TEST_F(ReferenceTablesTest, TwoRunsAtOnceAddNothingTwice) {
  ClusterTopology topology;
  for (int i = 0; i < 200; ++i) {
    topology.nodes.push_back({fmt::format("n{}", i), "i", 4, "worker", "amd64"});
    topology.claims.push_back({fmt::format("v{}", i), "c", "h"});
    topology.projects.push_back(fmt::format("p{}", i));
  }
  std::vector<Connection> connections;
  for (int i = 0; i < 4; ++i) connections.push_back(server_.Connect(database_));
  {
    std::vector<std::jthread> runs;
    for (auto& connection : connections) {
      runs.emplace_back(
          [&] { EXPECT_TRUE(FillReferenceTables(connection, cluster_, topology).ok()); });
    }
  }
  EXPECT_EQ(Table(connection_,
                  "SELECT (SELECT count(*) FROM org1234567.reporting_ocp_clusters),"
                  " (SELECT count(*) FROM org1234567.reporting_ocp_nodes),"
                  " (SELECT count(*) FROM org1234567.reporting_ocp_pvcs),"
                  " (SELECT count(*) FROM org1234567.reporting_ocp_projects)"),
            "1|200|200|200\n");
}

TEST_F(ReferenceTablesTest, AFailureChangesNothing) {
  const auto filled = FillReferenceTables(connection_, cluster_,
                                          {.nodes = {{"n1", "i-1", 1e17, "worker", "amd64"}}});
  EXPECT_EQ(filled.status().code(), Code::kBadInput);
  EXPECT_THAT(filled.status().message(), HasSubstr("22003"));
  EXPECT_FALSE(connection_.in_transaction());
  EXPECT_EQ(Clusters(), "");
}

TEST_F(ReferenceTablesTest, AMissingTableIsNamed) {
  MustExec(connection_, "DROP TABLE org1234567.reporting_ocp_pvcs");
  const auto filled = FillReferenceTables(connection_, cluster_, {});
  EXPECT_EQ(filled.status().code(), Code::kSchemaMismatch);
  EXPECT_THAT(filled.status().message(), HasSubstr("table org1234567.reporting_ocp_pvcs"));
}

}  // namespace
}  // namespace matome::pg
