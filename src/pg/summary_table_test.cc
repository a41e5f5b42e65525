// SPDX-License-Identifier: Apache-2.0
#include "pg/summary_table.h"

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
using testing::kTenant;
using testing::MustExec;
using testing::PostgresServer;

class SummaryTableTest : public ::testing::Test {
 protected:
  /// After a change of the table.
  base::Result<SummaryTable> After(const std::string& change,
                                   TableUse use = TableUse::kReplaceDays) {
    if (!change.empty()) MustExec(connection_, fmt::format("ALTER TABLE {} {}", kTable, change));
    return InspectSummaryTable(connection_, std::string(kTenant), use);
  }
  void ExpectMismatch(const std::string& change, const std::string& message) {
    MustExec(connection_, "BEGIN");
    const auto table = After(change);
    EXPECT_EQ(table.status().code(), Code::kSchemaMismatch) << change;
    EXPECT_THAT(table.status().message(),
                AllOf(HasSubstr("reporting_ocpusagelineitem_daily_summary"), HasSubstr(message)))
        << change;
    MustExec(connection_, "ROLLBACK");
  }

  static constexpr std::string_view kTable = "org1234567.reporting_ocpusagelineitem_daily_summary";
  PostgresServer& server_ = PostgresServer::Shared();
  std::string database_ = server_.CreateDatabase();
  Connection connection_ = server_.Connect(database_);
};

TEST_F(SummaryTableTest, KnowsTheApplicationsTable) {
  const auto table = After("");
  ASSERT_TRUE(table.ok()) << table.status().message();
  EXPECT_EQ(table->name, R"("org1234567"."reporting_ocpusagelineitem_daily_summary")");
  EXPECT_TRUE(table->by_month);
  EXPECT_THAT(table->columns_to_null, IsEmpty());
  EXPECT_THAT(CopyStatement(*table),
              AllOf(HasSubstr("cluster_id, cluster_alias"), HasSubstr("(FORMAT binary)")));
}

TEST_F(SummaryTableTest, WelcomesMoreColumnsAndWiderOnes) {
  const auto table = After(
      "ADD extra integer, ADD \"Other\" text DEFAULT 'x', ADD made integer GENERATED ALWAYS AS "
      "(report_period_id + 1) STORED, ADD needed text NOT NULL DEFAULT 'y',"
      " ALTER namespace TYPE text, ALTER cluster_id TYPE varchar(51), ALTER data_source TYPE "
      "varchar,"
      " ALTER pod_usage_cpu_core_hours TYPE numeric");
  ASSERT_TRUE(table.ok()) << table.status().message();
  EXPECT_THAT(table->columns_to_null, ElementsAre("\"Other\""));
  EXPECT_THAT(CopyStatement(*table), HasSubstr(", \"Other\") FROM STDIN"));
}

TEST_F(SummaryTableTest, NamesWhatIsMissingOrWrong) {
  ExpectMismatch("DROP all_labels", "column all_labels (jsonb) is missing");
  ExpectMismatch("DROP cluster_alias", "column cluster_alias (character varying(256)) is missing");
  ExpectMismatch("DROP infrastructure_raw_cost",
                 "column infrastructure_raw_cost (numeric(33,15)) is");
  ExpectMismatch("DROP cost_model_rate_type", "column cost_model_rate_type (text) is missing");
  ExpectMismatch("DROP monthly_cost_type", "column monthly_cost_type (text) is missing");
  ExpectMismatch("ALTER infrastructure_usage_cost TYPE text",
                 "column infrastructure_usage_cost is text, should be jsonb");
  ExpectMismatch("ALTER namespace TYPE varchar(252)",
                 "column namespace is character varying(252), should be character varying(253)");
  ExpectMismatch("ALTER pod_usage_cpu_core_hours TYPE numeric(33,14)",
                 "column pod_usage_cpu_core_hours is numeric(33,14), should be numeric(33,15)");
  ExpectMismatch("ALTER report_period_id TYPE bigint",
                 "column report_period_id is bigint, should be integer");
  ExpectMismatch("ADD needed text NOT NULL",
                 "column needed is unknown, NOT NULL and has no default");
  ExpectMismatch("RENAME TO elsewhere", "does not exist");
  MustExec(connection_,
           "CREATE SCHEMA views; CREATE VIEW "
           "views.reporting_ocpusagelineitem_daily_summary AS SELECT 1");
  EXPECT_THAT(InspectSummaryTable(connection_, "views", TableUse::kRead).status().message(),
              HasSubstr("is not a table"));
  const auto nowhere = InspectSummaryTable(connection_, "no\"where", TableUse::kRead);
  EXPECT_EQ(nowhere.status().code(), Code::kSchemaMismatch);
  EXPECT_THAT(nowhere.status().message(), HasSubstr(R"(no schema "no""where")"));
}

TEST_F(SummaryTableTest, TellsTheGrantThatIsMissing) {
  const std::string role = "writer_of_" + database_;
  MustExec(connection_, fmt::format("CREATE ROLE {0}; SET ROLE {0}", role));
  const auto expect = [&](TableUse use, const std::string& message) {
    const auto table = After("", use);
    EXPECT_EQ(table.status().code(), Code::kDatabaseUnavailable);
    EXPECT_THAT(table.status().message(), HasSubstr(message));
  };
  const auto grant = [&](const std::string& what) {
    MustExec(connection_, fmt::format("RESET ROLE; GRANT {} TO {}; SET ROLE {}", what, role, role));
  };
  expect(TableUse::kRead, "GRANT USAGE ON SCHEMA \"org1234567\" TO " + role);
  grant("USAGE ON SCHEMA org1234567");
  expect(TableUse::kRead, "GRANT SELECT ON TABLE \"org1234567\"");
  expect(TableUse::kReplaceDays, "GRANT SELECT, INSERT, DELETE ON TABLE \"org1234567\"");
  grant(fmt::format("SELECT, INSERT ON {}", kTable));
  EXPECT_TRUE(After("", TableUse::kRead).ok());
  expect(TableUse::kReplaceDays, "GRANT DELETE ON TABLE");
  grant(fmt::format("DELETE ON {}", kTable));
  EXPECT_TRUE(After("").ok());
  MustExec(connection_, "RESET ROLE; DROP OWNED BY " + role + "; DROP ROLE " + role);
}

}  // namespace
}  // namespace matome::pg
