// SPDX-License-Identifier: Apache-2.0
#include "pg/reference_reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/postgres_server.h"

namespace matome::pg {
namespace {

using base::Code;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MustExec;
using ::testing::Optional;
using testing::PostgresServer;
using ::testing::SizeIs;
using testing::Table;

constexpr const char* kSource = "0a0a0a0a-0000-4000-8000-000000000001";
constexpr const char* kOther = "0b0b0b0b-0000-4000-8000-000000000002";
constexpr model::Month kMonth{2025, 11};

class ReferenceReaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Run(
        fmt::format("INSERT INTO reporting_tenant_api_provider VALUES ('{}', 'Mine', 'OCP', NULL),"
                    " ('{}', 'Theirs', 'OCP', NULL)",
                    kSource, kOther));
  }
  void Run(const std::string& sql) {
    MustExec(connection_,
             "SET search_path TO org1234567;" + sql + "; SET search_path TO pg_catalog");
  }
  void Period(int id, const std::string& cluster, const std::string& alias,
              const std::string& start, const std::string& source = kSource) {
    Run(
        fmt::format("INSERT INTO reporting_ocpusagereportperiod (id, cluster_id, cluster_alias,"
                    " report_period_start, report_period_end, provider_id)"
                    " VALUES ({}, '{}', {}, '{}', '2026-01-01', '{}')",
                    id, cluster, alias, start, source));
  }
  TenantReference Read() {
    auto read = ReadTenantReference(connection_, "org1234567", kSource, kMonth);
    EXPECT_TRUE(read.ok()) << read.status().message();
    return read.ok() ? std::move(read).value() : TenantReference();
  }
  base::Status FailToRead(const std::string& schema = "org1234567") {
    const auto read = ReadTenantReference(connection_, schema, kSource, kMonth);
    EXPECT_FALSE(read.ok());
    EXPECT_FALSE(connection_.in_transaction());
    return read.status();
  }
  base::Result<int32_t> Create(const std::optional<std::string>& cluster_id = {},
                               const std::optional<std::string>& cluster_alias = {}) {
    return CreateReportPeriod(connection_, "org1234567", kSource, kMonth, cluster_id,
                              cluster_alias);
  }

  PostgresServer& server_ = PostgresServer::Shared();
  std::string database_ = server_.CreateDatabase();
  Connection connection_ = server_.Connect(database_);
};

TEST_F(ReferenceReaderTest, ANewTenantHasNoKeysAndTheSystemCategories) {
  const auto tenant = Read();
  EXPECT_THAT(tenant.data.enabled_tag_keys, Optional(IsEmpty()));
  EXPECT_THAT(tenant.data.nodes, Optional(IsEmpty()));
  ASSERT_THAT(tenant.data.cost_categories, SizeIs(4));
  EXPECT_EQ(tenant.data.cost_categories[2].pattern, "Platform unallocated");
  EXPECT_EQ(tenant.data.cost_categories[2].cost_category_id, 1);
  EXPECT_EQ(tenant.report_period_id, std::nullopt);
  EXPECT_EQ(tenant.data.report_period_id, 0);
  EXPECT_EQ(tenant.data.cluster_id, std::nullopt);
  EXPECT_TRUE(tenant.data.storage_exists);
  EXPECT_EQ(tenant.source_name, "Mine");
  EXPECT_THAT(tenant.warnings, IsEmpty());
}

TEST_F(ReferenceReaderTest, OnlyEnabledKeysOfOpenShiftCount) {
  Run("INSERT INTO reporting_enabledtagkeys SELECT gen_random_uuid(), key, enabled, type FROM "
      "(VALUES"
      " ('b', true, 'OCP'), ('B', true, 'OCP'), ('', true, 'OCP'), ('off', false, 'OCP'),"
      " ('aws', true, 'AWS'), ('low', true, 'ocp')) AS t (key, enabled, type)");
  EXPECT_THAT(Read().data.enabled_tag_keys, Optional(ElementsAre("", "B", "b")));
}

TEST_F(ReferenceReaderTest, RolesAreThoseOfAllClustersByBytes) {
  Run(fmt::format(
      "INSERT INTO reporting_ocp_clusters VALUES ('{0}', 'c-1', NULL, '{0}'),"
      " ('{1}', 'c-2', NULL, '{1}');"
      "INSERT INTO reporting_ocp_nodes SELECT gen_random_uuid(), node, rid, 4, role, cluster::uuid,"
      " NULL FROM (VALUES ('n1', 'i-1', 'infra', '{0}'), ('n1', 'i-1', 'worker', '{1}'),"
      " ('n1', 'i-1', NULL, '{0}'), ('n1', 'i-2', '', '{0}'), ('n2', NULL, 'worker', '{0}'),"
      " ('n3', 'i-3', NULL, '{0}'), ('n0', '', 'master', '{1}'), ('n4', 'i-4', 'a', '{0}'),"
      " ('n4', 'i-4', 'B', '{0}')) AS t (node, rid, role, cluster)",
      kSource, kOther));
  std::vector<std::string> roles;
  const auto tenant = Read();
  for (const auto& node : *tenant.data.nodes) {
    roles.push_back(*node.node + "/" + *node.resource_id + "=" + *node.node_role);
  }
  EXPECT_THAT(roles, ElementsAre("n0/=master", "n1/i-1=worker", "n1/i-2=", "n4/i-4=a"));
}

TEST_F(ReferenceReaderTest, TheReportPeriodIsTheSourcesAndTheMonths) {
  Period(7, "c-1", "'Old'", "2025-10-01 00:00+00");
  Period(8, "c-1", "'Mine'", "2025-11-01 00:00+00");
  Period(9, "c-2", "'Theirs'", "2025-11-01 00:00+00", kOther);
  Period(6, "c-1", "'Shifted'", "2025-11-01 00:00+09");
  const auto tenant = Read();
  EXPECT_EQ(tenant.report_period_id, 8);
  EXPECT_EQ(tenant.data.report_period_id, 8);
  EXPECT_EQ(tenant.data.cluster_id, "c-1");
  EXPECT_EQ(tenant.data.cluster_alias, "Mine");
  EXPECT_THAT(tenant.warnings, IsEmpty());
}

TEST_F(ReferenceReaderTest, OfTwoReportPeriodsTheOldestCountsAndIsWarnedOf) {
  Period(8, "c-2", "'Later'", "2025-11-01");
  Period(5, "c-1", "NULL", "2025-11-01");
  Run(fmt::format("INSERT INTO reporting_ocp_clusters VALUES ('{0}', 'c-1', 'Other', '{0}')",
                  kSource));
  const auto tenant = Read();
  EXPECT_EQ(tenant.report_period_id, 5);
  EXPECT_EQ(tenant.data.cluster_alias, std::nullopt);
  EXPECT_THAT(tenant.warnings, ElementsAre(HasSubstr("taking the oldest, id 5, of cluster c-1")));
}

TEST_F(ReferenceReaderTest, WithoutAReportPeriodTheClusterTableNamesTheCluster) {
  Run(fmt::format("INSERT INTO reporting_ocp_clusters VALUES ('{0}', 'c-1', 'Mine', '{0}')",
                  kSource));
  const auto tenant = Read();
  EXPECT_EQ(tenant.data.cluster_id, "c-1");
  EXPECT_EQ(tenant.data.cluster_alias, "Mine");
  EXPECT_EQ(tenant.report_period_id, std::nullopt);
}

TEST_F(ReferenceReaderTest, AnUnknownSourceIsNotAnError) {
  Run(fmt::format("DELETE FROM reporting_tenant_api_provider WHERE uuid = '{}'", kSource));
  EXPECT_EQ(Read().source_name, std::nullopt);
}

TEST_F(ReferenceReaderTest, AMissingSchemaIsNamedWithThoseAlike) {
  server_.CreateTenant(database_, "acct10001");
  const auto status = FailToRead("org1234576");
  EXPECT_EQ(status.code(), Code::kSchemaMismatch);
  EXPECT_THAT(status.message(), HasSubstr("no schema org1234576; schemas with a summary table: "
                                          "org1234567, acct10001"));
}

TEST_F(ReferenceReaderTest, EverythingMissingIsNamed) {
  Run("DROP TABLE reporting_enabledtagkeys;"
      "ALTER TABLE reporting_ocp_nodes DROP COLUMN node_role;"
      "ALTER TABLE reporting_ocp_cost_category_namespace RENAME cost_category_id TO category");
  const auto status = FailToRead();
  EXPECT_EQ(status.code(), Code::kSchemaMismatch);
  EXPECT_THAT(status.message(),
              HasSubstr("missing in the database: table org1234567.reporting_enabledtagkeys, "
                        "column org1234567.reporting_ocp_cost_category_namespace.cost_category_id, "
                        "column org1234567.reporting_ocp_nodes.node_role"));
}

TEST_F(ReferenceReaderTest, WhatIsOnlyFilledIsMissedOnlyThen) {
  Run("DROP TABLE reporting_ocp_pvcs; ALTER TABLE reporting_ocp_nodes DROP COLUMN architecture");
  EXPECT_TRUE(CheckReferenceTables(connection_, "org1234567", false).ok());
  const auto status = CheckReferenceTables(connection_, "org1234567", true);
  EXPECT_EQ(status.code(), Code::kSchemaMismatch);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("column org1234567.reporting_ocp_nodes.architecture"),
                    HasSubstr("table org1234567.reporting_ocp_pvcs")));
  Read();
}

TEST_F(ReferenceReaderTest, AMissingPrivilegeIsDenied) {
  auto locked =
      Connection::Open({.conninfo = server_.Url(database_, "locked"), .password = "correct horse"});
  ASSERT_TRUE(locked.ok());
  const auto read = ReadTenantReference(*locked, "org1234567", kSource, kMonth);
  EXPECT_EQ(read.status().code(), Code::kDatabaseUnavailable);
  EXPECT_THAT(read.status().message(), HasSubstr("permission denied for schema org1234567"));
}

TEST_F(ReferenceReaderTest, NamesOfSchemasAreTakenAsTheyAre) {
  server_.CreateTenant(database_, "plain");
  MustExec(connection_, "ALTER SCHEMA plain RENAME TO \"Odd \"\"Name\"");
  EXPECT_TRUE(ReadTenantReference(connection_, "Odd \"Name", kSource, kMonth).ok());
}

// --- Report periods

TEST_F(ReferenceReaderTest, AReportPeriodIsMadeWithTheKnownCluster) {
  Run(fmt::format("INSERT INTO reporting_ocp_clusters VALUES ('{0}', 'c-1', 'Alias', '{0}')",
                  kSource));
  const auto id = Create();
  ASSERT_TRUE(id.ok()) << id.status().message();
  const auto tenant = Read();
  EXPECT_EQ(tenant.report_period_id, *id);
  EXPECT_EQ(
      Table(connection_,
            "SELECT cluster_id, cluster_alias, report_period_start, report_period_end,"
            " provider_id, summary_data_creation_datetime"
            " FROM org1234567.reporting_ocpusagereportperiod"),
      fmt::format("c-1|Alias|2025-11-01 00:00:00+00|2025-12-01 00:00:00+00|{}|NULL\n", kSource));
}

TEST_F(ReferenceReaderTest, MakingAReportPeriodTwiceMakesOne) {
  const auto id = Create("c-9");
  ASSERT_TRUE(id.ok()) << id.status().message();
  EXPECT_EQ(Create("c-9").value(), *id);
  EXPECT_EQ(Create().value(), *id);  // The cluster id is known by now.
  EXPECT_EQ(
      Table(connection_,
            "SELECT cluster_id, cluster_alias FROM org1234567.reporting_ocpusagereportperiod"),
      "c-9|Mine\n");
}

TEST_F(ReferenceReaderTest, AnEarlierPeriodKnowsTheCluster) {
  Period(3, "c-3", "'Third'", "2025-09-01");
  Period(4, "c-4", "'Fourth'", "2025-10-01");
  ASSERT_TRUE(Create({}, "Given").ok());
  const auto tenant = Read();
  EXPECT_EQ(tenant.data.cluster_id, "c-4");
  EXPECT_EQ(tenant.data.cluster_alias, "Given");
}

TEST_F(ReferenceReaderTest, WithoutAClusterIdNoReportPeriodIsMade) {
  const auto id = Create();
  EXPECT_EQ(id.status().code(), Code::kUsage);
  EXPECT_THAT(id.status().message(), HasSubstr("--cluster-id"));
}

TEST_F(ReferenceReaderTest, NoReportPeriodIsMadeForAnUnknownSource) {
  Run(fmt::format("DELETE FROM reporting_tenant_api_provider WHERE uuid = '{}'", kSource));
  const auto id = Create("c-1");
  EXPECT_EQ(id.status().code(), Code::kUsage);
  EXPECT_THAT(id.status().message(), HasSubstr("no provider of this UUID"));
}

}  // namespace
}  // namespace matome::pg
