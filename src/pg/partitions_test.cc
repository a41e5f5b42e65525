// SPDX-License-Identifier: Apache-2.0
#include "pg/partitions.h"

#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/postgres_server.h"

namespace matome::pg {
namespace {

using base::Code;
using model::Month;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kTenant;
using testing::MustExec;
using testing::PostgresServer;
using ::testing::SizeIs;
using testing::Table;

class PartitionsTest : public ::testing::Test {
 protected:
  PartitionsTest() {
    table_ = InspectSummaryTable(connection_, std::string(kTenant), TableUse::kReplaceDays).value();
  }
  MonthPartitions Find(Month month) {
    auto found = FindMonthPartitions(connection_, table_, month);
    EXPECT_TRUE(found.ok()) << found.status().message();
    return std::move(found).value();
  }
  base::Status Prepare(Month month, bool create) {
    return PrepareMonthPartition(connection_, table_, month, create, warnings_);
  }
  std::string Partition(std::string_view suffix) {
    return fmt::format("org1234567.reporting_ocpusagelineitem_daily_summary_{}", suffix);
  }

  PostgresServer& server_ = PostgresServer::Shared();
  std::string database_ = server_.CreateDatabase();
  Connection connection_ = server_.Connect(database_);
  SummaryTable table_;
  std::vector<std::string> warnings_;
};

constexpr Month kThere{2025, 11};
constexpr Month kMissing{2024, 2};

TEST_F(PartitionsTest, FindsThoseThatCoverAMonth) {
  EXPECT_THAT(Find(kThere).uncovered, IsEmpty());
  EXPECT_THAT(Find(kMissing).uncovered, SizeIs(29));
  EXPECT_FALSE(Find(kMissing).any);
  EXPECT_EQ(Find(kMissing).default_partition, Partition("default"));
  MustExec(connection_, fmt::format("CREATE TABLE org1234567.old PARTITION OF {} FOR VALUES FROM "
                                    "(MINVALUE) TO ('2024-02-28')",
                                    table_.name));
  EXPECT_THAT(Find(kMissing).uncovered, SizeIs(2));
  EXPECT_TRUE(Find(kMissing).any);
  EXPECT_THAT(Find({2023, 1}).uncovered, IsEmpty());
}

TEST_F(PartitionsTest, MakesOneAsTheApplicationDoes) {
  ASSERT_TRUE(Prepare(kMissing, true).ok());
  EXPECT_THAT(Find(kMissing).uncovered, IsEmpty());
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_EQ(Table(connection_,
                  "SELECT schema_name, partition_of_table_name, partition_type, "
                  "partition_col, partition_parameters, active FROM "
                  "org1234567.partitioned_tables WHERE table_name = "
                  "'reporting_ocpusagelineitem_daily_summary_2024_02'"),
            "org1234567|reporting_ocpusagelineitem_daily_summary|range|usage_start|{\"to\": "
            "\"2024-03-01\", \"from\": \"2024-02-01\", \"default\": false}|t\n");
  ASSERT_TRUE(Prepare(kMissing, true).ok());
  EXPECT_EQ(Table(connection_,
                  "SELECT count(*) FROM pg_indexes WHERE tablename = "
                  "'reporting_ocpusagelineitem_daily_summary_2024_02'"),
            Table(connection_,
                  "SELECT count(*) FROM pg_indexes WHERE tablename = "
                  "'reporting_ocpusagelineitem_daily_summary_2025_11'"));
}

TEST_F(PartitionsTest, EightRunsMakeOne) {
  std::vector<std::thread> threads;
  for (int run = 0; run < 8; ++run) {
    threads.emplace_back([&] {
      Connection connection = server_.Connect(database_);
      const auto status = MakeMonthPartition(connection, table_, kMissing);
      EXPECT_TRUE(status.ok()) << status.message();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(Find(kMissing).uncovered, IsEmpty());
}

TEST_F(PartitionsTest, LeavesTheDdlToATriggerThatDoesIt) {
  MustExec(
      connection_,
      fmt::format("CREATE FUNCTION org1234567.make() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                  " EXECUTE format('CREATE TABLE %I.%I PARTITION OF %I.%I FOR VALUES FROM (%L) TO"
                  " (%L) WITH (fillfactor = 70)', NEW.schema_name, NEW.table_name,"
                  " NEW.schema_name, NEW.partition_of_table_name,"
                  " NEW.partition_parameters->>'from', NEW.partition_parameters->>'to');"
                  " PERFORM count(*) FROM partitioned_tables; RETURN NEW; END $$;"
                  "CREATE TRIGGER make AFTER INSERT ON org1234567.partitioned_tables"
                  " FOR EACH ROW EXECUTE FUNCTION org1234567.make()"));
  const auto status = Prepare(kMissing, true);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(Table(connection_,
                  "SELECT reloptions FROM pg_class WHERE relname = "
                  "'reporting_ocpusagelineitem_daily_summary_2024_02'"),
            "{fillfactor=70}\n");
}

TEST_F(PartitionsTest, WorksWithoutTheApplicationsList) {
  MustExec(connection_, "DROP TABLE org1234567.partitioned_tables");
  ASSERT_TRUE(Prepare(kMissing, true).ok());
  EXPECT_THAT(Find(kMissing).uncovered, IsEmpty());
}

TEST_F(PartitionsTest, RowsInTheDefaultPartitionAreNotMoved) {
  MustExec(connection_, fmt::format("INSERT INTO {} (uuid, usage_start, usage_end) VALUES "
                                    "(gen_random_uuid(), '2024-02-29', '2024-02-29')",
                                    table_.name));
  const auto status = Prepare(kMissing, true);
  EXPECT_EQ(status.code(), Code::kSchemaMismatch);
  EXPECT_THAT(status.message(),
              HasSubstr("the default partition org1234567.reporting_ocpusagelineitem_daily_summary_"
                        "default holds rows of that month"));
  EXPECT_FALSE(connection_.in_transaction());
  EXPECT_EQ(Table(connection_,
                  "SELECT count(*) FROM org1234567.partitioned_tables WHERE table_name "
                  "LIKE '%2024%'"),
            "0\n");
  ASSERT_TRUE(Prepare(kMissing, false).ok());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("rows go to its default partition")));
}

TEST_F(PartitionsTest, FailsWhenNothingTakesTheRows) {
  MustExec(connection_, "DROP TABLE " + Partition("default"));
  const auto status = Prepare(kMissing, false);
  EXPECT_EQ(status.code(), Code::kSchemaMismatch);
  EXPECT_THAT(status.message(), HasSubstr("has no partition for 2024-02 and no default partition"));
  EXPECT_TRUE(Prepare(kThere, false).ok());
  EXPECT_TRUE(Prepare(kMissing, true).ok());
}

TEST_F(PartitionsTest, AMonthInPiecesIsLeftToPeople) {
  MustExec(connection_, fmt::format("CREATE TABLE org1234567.week PARTITION OF {} FOR VALUES FROM "
                                    "('2024-02-01') TO ('2024-02-08')",
                                    table_.name));
  EXPECT_THAT(Prepare(kMissing, true).message(),
              HasSubstr("some days of 2024-02 have a partition and 2024-02-08 has none"));
}

TEST_F(PartitionsTest, ATableOfAnotherKindIsInTheWay) {
  MustExec(connection_, fmt::format("CREATE TABLE {} (x int)", Partition("2024_02")));
  EXPECT_THAT(Prepare(kMissing, true).message(), HasSubstr("is there and is not its partition"));
}

TEST_F(PartitionsTest, OnlyTheOwnerMayMakeOne) {
  const std::string role = "guest_of_" + database_;
  MustExec(connection_,
           fmt::format("CREATE ROLE {0}; GRANT USAGE, CREATE ON SCHEMA org1234567 TO {0};"
                       "GRANT ALL ON ALL TABLES IN SCHEMA org1234567 TO {0};"
                       "GRANT USAGE ON ALL SEQUENCES IN SCHEMA org1234567 TO {0}; SET ROLE {0}",
                       role));
  const auto status = Prepare(kMissing, true);
  EXPECT_EQ(status.code(), Code::kDatabaseUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("only the owner of table"));
  MustExec(connection_, "RESET ROLE; DROP OWNED BY " + role + "; DROP ROLE " + role);
}

}  // namespace
}  // namespace matome::pg
