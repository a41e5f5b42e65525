// SPDX-License-Identifier: Apache-2.0
#include "doctor/database_checks.h"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "pg/ledger_store.h"
#include "pg/month_lock.h"
#include "testing/postgres_server.h"
#include "testing/tcp_proxy.h"

namespace matome::doctor {
namespace {

using ::testing::HasSubstr;
using testing::MustExec;
using ::testing::Not;
using testing::PostgresServer;

constexpr const char* kSource = "11111111-0000-4000-8000-000000000001";
constexpr model::Month kMonth{2025, 10};

class DatabaseChecksTest : public ::testing::Test {
 protected:
  DatabaseChecksTest()
      : database_(PostgresServer::Shared().CreateDatabase()),
        connection_(PostgresServer::Shared().Connect(database_)) {
    target_.connection.conninfo = PostgresServer::Shared().Url(database_);
    target_.schema = testing::kTenant;
    target_.retry.deadline = std::chrono::milliseconds(0);
    // As Koku's database is when the month has been ingested.
    const std::string s(testing::kTenant);
    Exec("INSERT INTO " + s + ".reporting_tenant_api_provider VALUES ('" + kSource +
         "', 'c', 'OCP')");
    Exec("INSERT INTO " + s +
         ".reporting_ocpusagereportperiod (cluster_id, report_period_start, report_period_end, "
         "provider_id) VALUES ('c-1', '2025-10-01 00:00+00', '2025-11-01 00:00+00', '" +
         kSource + "')");
    Exec("INSERT INTO " + s +
         ".reporting_enabledtagkeys VALUES (gen_random_uuid(), 'app', true, 'OCP')");
    Exec("INSERT INTO " + s + ".reporting_ocp_clusters VALUES ('" + kSource + "', 'c-1', 'c', '" +
         kSource + "')");
    Exec("INSERT INTO " + s +
         ".reporting_ocp_nodes (uuid, node, resource_id, node_role, cluster_id) VALUES "
         "(gen_random_uuid(), 'n1', 'i-1', 'worker', '" +
         kSource + "')");
  }

  void Exec(const std::string& sql) { MustExec(connection_, sql); }
  void InTenant(const std::string& sql) {
    Exec("SET search_path TO " + std::string(testing::kTenant) + "; " + sql);
  }

  Checks Run() { return CheckDatabase(target_, work_); }
  Check Of(const std::string& name) {
    std::string all;
    for (auto& check : Run()) {
      if (check.name == name) return check;
      all += check.name + ": " + check.finding + "\n";
    }
    ADD_FAILURE() << "no check " << name << " among\n" << all;
    return {};
  }
  void ExpectFailure(const std::string& name, int exit_code, const std::string& finding) {
    const Check check = Of(name);
    EXPECT_EQ(check.verdict, Verdict::kFailed) << check.finding;
    EXPECT_EQ(check.exit_code, exit_code) << check.finding;
    EXPECT_THAT(check.finding, HasSubstr(finding));
    EXPECT_NE(check.remedy, "");
  }
  void ExpectWarning(const std::string& name, const std::string& finding) {
    const Check check = Of(name);
    EXPECT_EQ(check.verdict, Verdict::kWarning) << check.finding;
    EXPECT_THAT(check.finding, HasSubstr(finding));
  }
  /// From now on as a user who may read and write the summary's table, and no more.
  void BecomeLimited(const std::string& grants) {
    const std::string user = "limited_" + database_;
    Exec("CREATE ROLE " + user + " LOGIN");
    Exec("GRANT USAGE ON SCHEMA org1234567 TO " + user);
    Exec("GRANT " + grants + " ON org1234567.reporting_ocpusagelineitem_daily_summary TO " + user);
    target_.connection.conninfo = PostgresServer::Shared().Url(database_, user);
  }

  std::string database_;
  pg::Connection connection_;
  sink::PostgresTarget target_;
  DatabaseWork work_{.source_uuids = {kSource}, .months = {kMonth}};
};

TEST_F(DatabaseChecksTest, ADatabaseAsItShouldBePassesAndStaysAsItWas) {
  for (const auto& check : Run()) {
    EXPECT_EQ(check.verdict, Verdict::kOk) << check.name << ": " << check.finding;
  }
  EXPECT_EQ(
      testing::Table(connection_,
                     "SELECT count(*) FROM org1234567.reporting_ocpusagelineitem_daily_summary"),
      "0\n");
  EXPECT_EQ(
      testing::Table(connection_, "SELECT count(*) FROM pg_namespace WHERE nspname = 'matome'"),
      "0\n");
}

TEST_F(DatabaseChecksTest, NoServerFails) {
  target_.connection.conninfo = "postgresql://u:hushhush@127.0.0.1:1/db";
  const Checks checks = Run();
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_EQ(checks[0].name, "PostgreSQL");
  EXPECT_EQ(checks[0].exit_code, 12);
  EXPECT_THAT(FormatChecks(checks, false), Not(HasSubstr("hush")));
}

TEST(JudgeServer, WarnsOfAnOldServer) {
  const Check check = JudgeServer({.where = "h", .version = 110022, .round_trip_seconds = 0.001});
  EXPECT_EQ(check.verdict, Verdict::kWarning);
  EXPECT_THAT(check.finding, HasSubstr("version 11.22, no TLS"));
  EXPECT_THAT(check.remedy, HasSubstr("older than 12"));
  EXPECT_EQ(JudgeServer({.where = "h", .version = 120000}).verdict, Verdict::kOk);
}

TEST(JudgeServer, WarnsOfASlowRoundTrip) {
  const ServerFacts far{
      .where = "h", .version = 150018, .tls = "TLSv1.3", .round_trip_seconds = 0.051};
  EXPECT_EQ(JudgeServer(far).verdict, Verdict::kWarning);
  EXPECT_THAT(JudgeServer(far).finding, HasSubstr("TLSv1.3, 51.00 ms"));
  EXPECT_THAT(JudgeServer(far).remedy, HasSubstr("far away"));
}

TEST_F(DatabaseChecksTest, ADatabaseBehindASlowLineIsAWarning) {
  testing::TcpProxy proxy(PostgresServer::Shared().port());
  proxy.Delay(std::chrono::milliseconds(30));  // Each way.
  std::string& url = target_.connection.conninfo;
  const std::string port = std::to_string(PostgresServer::Shared().port());
  url.replace(url.find(port), port.size(), std::to_string(proxy.port()));
  ExpectWarning("PostgreSQL", "a round trip");
}

TEST_F(DatabaseChecksTest, AMissingSchemaTableOrColumnFails) {
  target_.schema = "org7654321";
  ExpectFailure("summary table", 13, "no schema");
  target_.schema = testing::kTenant;
  InTenant("ALTER TABLE reporting_ocpusagelineitem_daily_summary DROP COLUMN all_labels");
  ExpectFailure("summary table", 13, "all_labels");
  InTenant("DROP TABLE reporting_ocpusagelineitem_daily_summary");
  ExpectFailure("summary table", 13, "does not exist");
}

TEST_F(DatabaseChecksTest, AColumnOfAnotherTypeFails) {
  InTenant(
      "ALTER TABLE reporting_ocpusagelineitem_daily_summary ALTER COLUMN cluster_alias TYPE "
      "varchar(10)");
  ExpectFailure("summary table", 13, "cluster_alias");
}

TEST_F(DatabaseChecksTest, AMissingReferenceTableFails) {
  InTenant("DROP TABLE reporting_enabledtagkeys");
  ExpectFailure("reference tables", 13, "reporting_enabledtagkeys");
}

TEST_F(DatabaseChecksTest, PrivilegesOfTheSummaryTableAreNeeded) {
  BecomeLimited("SELECT, INSERT");
  ExpectFailure("summary table", 12, "GRANT DELETE");
}

TEST_F(DatabaseChecksTest, MissingPrivilegesAreNamedAsGrants) {
  BecomeLimited("SELECT, INSERT, DELETE");
  target_.create_partitions = true;
  target_.create_report_period = true;
  work_.fill_reference_tables = true;
  const Check check = Of("privileges");
  EXPECT_EQ(check.exit_code, 12);
  const std::string user = "limited_" + database_;
  std::string remedy = check.remedy;
  std::erase(remedy, '"');
  for (const std::string grant :
       {"GRANT SELECT ON org1234567.reporting_enabledtagkeys TO ",
        "GRANT INSERT ON org1234567.reporting_ocpusagereportperiod TO ",
        "GRANT SELECT, INSERT, UPDATE ON org1234567.reporting_ocp_pvcs TO ",
        "GRANT SELECT, INSERT ON org1234567.partitioned_tables TO "}) {
    EXPECT_THAT(remedy, HasSubstr(grant + user));
  }
  EXPECT_THAT(remedy, HasSubstr("CREATE SCHEMA matome AUTHORIZATION " + user));
}

TEST_F(DatabaseChecksTest, TheScriptOfGrantsGivesAllThatIsNeeded) {
  BecomeLimited("REFERENCES");
  std::ifstream file(MATOME_SOURCE_DIR "/docs/grants.sql");
  std::string script{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  for (const auto& [variable, value] :
       {std::pair<std::string, std::string>(":\"schema\"", "org1234567"),
        {":\"role\"", "limited_" + database_}}) {
    for (size_t at = script.find(variable); at != std::string::npos; at = script.find(variable))
      script.replace(at, variable.size(), value);
  }
  Exec(script);
  target_.create_report_period = true;
  work_.fill_reference_tables = true;
  for (const auto& check : Run()) {
    EXPECT_EQ(check.verdict, Verdict::kOk) << check.name << ": " << check.finding << check.remedy;
  }
  // And it is enough for a run.
  EXPECT_TRUE(sink::PostgresOutput::Open(target_, {.source_uuid = kSource, .month = kMonth}).ok());
}

TEST_F(DatabaseChecksTest, PrivilegesOfTheLedgerAreNeeded) {
  ASSERT_TRUE(pg::MakeLedger(connection_).ok());
  BecomeLimited("SELECT, INSERT, DELETE");
  const std::string remedy = Of("privileges").remedy;
  EXPECT_THAT(remedy, HasSubstr("GRANT USAGE ON SCHEMA matome"));
  EXPECT_THAT(remedy, HasSubstr(R"(GRANT SELECT, INSERT, UPDATE ON "matome"."day")"));
  EXPECT_THAT(remedy, HasSubstr("GRANT USAGE ON SEQUENCE matome.run_number"));
  target_.ledger = false;
  EXPECT_THAT(Of("privileges").remedy, Not(HasSubstr("matome")));
}

TEST_F(DatabaseChecksTest, ALedgerOfANewerVersionFails) {
  ASSERT_TRUE(pg::MakeLedger(connection_).ok());
  Exec("INSERT INTO matome.version (version) VALUES (99)");
  ExpectFailure("ledger", 13, "version 99");
}

TEST_F(DatabaseChecksTest, NoLedgerIsAWarning) {
  target_.ledger = false;
  ExpectWarning("ledger", "not used");
}

TEST_F(DatabaseChecksTest, WhatARowMeetsIsFoundByTrying) {
  InTenant(
      "ALTER TABLE reporting_ocpusagelineitem_daily_summary ADD CHECK (cluster_id <> 'matome "
      "doctor')");
  const Check check = Of("a day replaced");
  EXPECT_EQ(check.verdict, Verdict::kFailed);
}

TEST_F(DatabaseChecksTest, AMissingPartitionIsAWarningAndWithoutADefaultFails) {
  work_.months = {{2020, 1}};
  ExpectWarning("partition of 2020-01", "default partition");
  target_.create_partitions = true;
  EXPECT_EQ(Of("partition of 2020-01").verdict, Verdict::kOk);
  target_.create_partitions = false;
  InTenant("DROP TABLE reporting_ocpusagelineitem_daily_summary_default");
  ExpectFailure("partition of 2020-01", 13, "no default partition");
}

TEST_F(DatabaseChecksTest, AMissingReportPeriodFails) {
  work_.months = {{2025, 11}};
  ExpectFailure("report period of 2025-11", 4, "missing");
  target_.create_report_period = true;
  EXPECT_EQ(Of("report period of 2025-11").verdict, Verdict::kOk);
  work_.source_uuids = {"22222222-0000-4000-8000-000000000002"};
  ExpectFailure("report period of 2025-11", 2, "knows no source");
}

TEST_F(DatabaseChecksTest, NoTagKeyAndNoNodeAreWarnings) {
  InTenant("DELETE FROM reporting_enabledtagkeys; DELETE FROM reporting_ocp_nodes");
  ExpectWarning("tag keys", "none is enabled");
  ExpectWarning("nodes", "no node has a role");
}

TEST_F(DatabaseChecksTest, ALockThatIsHeldFails) {
  const auto lock = pg::MonthLock::Acquire(
      target_.connection, PostgresServer::Shared().Connect(database_),
      {std::string(testing::kTenant), kSource, kMonth}, std::chrono::seconds(0));
  ASSERT_TRUE(lock.ok());
  ExpectFailure("lock of 2025-10", 11, "backend");
}

}  // namespace
}  // namespace matome::doctor
