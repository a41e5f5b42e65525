// SPDX-License-Identifier: Apache-2.0
#include "testing/postgres_server.h"

#include <gtest/gtest.h>

namespace matome::testing {
namespace {

TEST(PostgresServerTest, ADatabaseHoldsATenant) {
  auto& server = PostgresServer::Shared();
  auto connection = server.Connect(server.CreateDatabase());
  EXPECT_EQ(Table(connection,
                  "SELECT count(*) FROM information_schema.columns WHERE table_schema ="
                  " 'org1234567' AND table_name = 'reporting_ocpusagelineitem_daily_summary'"),
            "58\n");
  EXPECT_EQ(
      Table(connection, "SELECT table_name FROM org1234567.partitioned_tables ORDER BY table_name"),
      "reporting_ocpusagelineitem_daily_summary_2025_10\n"
      "reporting_ocpusagelineitem_daily_summary_2025_11\n"
      "reporting_ocpusagelineitem_daily_summary_2025_12\n"
      "reporting_ocpusagelineitem_daily_summary_default\n");
  EXPECT_EQ(Table(connection,
                  "SELECT count(*) FROM pg_indexes WHERE tablename ="
                  " 'reporting_ocpusagelineitem_daily_summary_2025_11'"),
            "12\n");
}

TEST(PostgresServerTest, DatabasesAndTenantsAreApart) {
  auto& server = PostgresServer::Shared();
  const std::string database = server.CreateDatabase();
  server.CreateTenant(database, "acct10001");
  auto connection = server.Connect(database);
  MustExec(connection, "DELETE FROM acct10001.reporting_ocp_cost_category_namespace");
  EXPECT_EQ(
      Table(connection, "SELECT count(*) FROM org1234567.reporting_ocp_cost_category_namespace"),
      "4\n");
  EXPECT_EQ(Table(connection, "SELECT DISTINCT schema_name FROM acct10001.partitioned_tables"),
            "acct10001\n");
  auto other = server.Connect(server.CreateDatabase());
  EXPECT_EQ(Table(other, "SELECT count(*) FROM pg_namespace WHERE nspname = 'acct10001'"), "0\n");
}

TEST(PostgresServerTest, SurvivesBeingKilled) {
  PostgresServer server({.fsync = true});
  const std::string database = server.CreateDatabase();
  auto connection = server.Connect(database);
  MustExec(connection, "CREATE TABLE public.t AS SELECT 1 AS x");
  server.Kill();
  EXPECT_FALSE(pg::Connection::Open({server.Url(database)}).ok());
  server.Start();
  auto again = server.Connect(database);
  EXPECT_EQ(Table(again, "SELECT x FROM public.t"), "1\n");
}

}  // namespace
}  // namespace matome::testing
