// SPDX-License-Identifier: Apache-2.0
#include "pg/ledger_store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/postgres_server.h"

namespace matome::pg {
namespace {

using base::Code;
using model::Day;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MustExec;
using testing::PostgresServer;
using testing::Table;

class LedgerStoreTest : public ::testing::Test {
 protected:
  LedgerStoreTest() { MustExec(connection_, fmt::format("CREATE ROLE {}", role_)); }
  ~LedgerStoreTest() override {
    MustExec(connection_, fmt::format("RESET ROLE; DROP OWNED BY {0}; DROP ROLE {0}", role_));
  }
  void As(const std::string& role) {
    MustExec(connection_, role.empty() ? "RESET ROLE" : "SET ROLE " + role);
  }
  void Store(const std::string& day, const model::LedgerDay& entry, int64_t rows) {
    const Query query = UpsertDay(key_, *Day::Parse(day), 5, entry, rows, {});
    const auto stored = connection_.ExecParams(query.sql, query.params);
    ASSERT_TRUE(stored.ok()) << stored.status().message();
  }
  std::map<Day, model::LedgerDay> Load() {
    const Query query = SelectDays(key_, {*Day::Parse("2025-10-01"), *Day::Parse("2025-10-31")});
    const auto rows = connection_.ExecParams(query.sql, query.params);
    EXPECT_TRUE(rows.ok());
    return ReadDays(*rows, warnings_);
  }

  PostgresServer& server_ = PostgresServer::Shared();
  std::string database_ = server_.CreateDatabase();
  Connection connection_ = server_.Connect(database_);
  std::string role_ = "ledger_of_" + database_;
  MonthKey key_{"org1234567", "11111111-1111-4111-8111-111111111111", {2025, 10}};
  std::vector<std::string> warnings_;
};

TEST_F(LedgerStoreTest, IsMadeOnce) {
  EXPECT_EQ(FindLedger(connection_).value(), 0);
  ASSERT_TRUE(MakeLedger(connection_).ok());
  EXPECT_EQ(FindLedger(connection_).value(), kLedgerVersion);
  EXPECT_EQ(TakeRunNumber(connection_).value(), 1);
  ASSERT_TRUE(MakeLedger(connection_).ok());
  EXPECT_EQ(TakeRunNumber(connection_).value(), 2);
}

TEST_F(LedgerStoreTest, KeepsTheDaysOfAMonthAndSource) {
  ASSERT_TRUE(MakeLedger(connection_).ok());
  Store("2025-10-01", {.fingerprint = {.input = "first"}, .run_id = "a"}, 10);
  Store("2025-10-01", {.fingerprint = {.input = "second"}, .run_id = "b"}, 0);
  Store("2025-11-01", {}, 5);
  key_.schema = "other";
  Store("2025-10-02", {}, 5);
  key_ = {"org1234567", "22222222-1111-4111-8111-111111111111", {2025, 10}};
  Store("2025-10-03", {}, 5);
  key_.source_uuid = "11111111-1111-4111-8111-111111111111";
  const auto days = Load();
  ASSERT_EQ(days.size(), 1);
  const auto& [day, entry] = *days.begin();
  EXPECT_EQ(day.ToString(), "2025-10-01");
  EXPECT_EQ(entry.fingerprint.input, "second");
  EXPECT_EQ(entry.run_id, "b");
  EXPECT_EQ(entry.stamp, std::nullopt);
}

TEST_F(LedgerStoreTest, LeavesOutWhatItCannotUnderstand) {
  ASSERT_TRUE(MakeLedger(connection_).ok());
  Store("2025-10-01", {}, 10);
  Store("2025-10-02", {}, 10);
  MustExec(connection_, "UPDATE matome.day SET details = '[]' WHERE day = '2025-10-01'");
  EXPECT_EQ(Load().size(), 1);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("row of 2025-10-01 cannot be used")));
}

TEST_F(LedgerStoreTest, RemembersWhoWroteADay) {
  ASSERT_TRUE(MakeLedger(connection_).ok());
  const auto mark = [&] {
    const Query query = SelectMark(key_, *Day::Parse("2025-10-01"));
    return ReadMark(connection_.ExecParams(query.sql, query.params).value());
  };
  EXPECT_EQ(mark().fence, 0);
  Store("2025-10-01", {.run_id = "a"}, 10);
  EXPECT_EQ(mark().fence, 5);
  EXPECT_EQ(mark().run_id, "a");
}

TEST_F(LedgerStoreTest, SaysWhatToGrant) {
  As(role_);
  auto status = MakeLedger(connection_);
  EXPECT_EQ(status.code(), Code::kDatabaseUnavailable);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("GRANT CREATE ON DATABASE"), HasSubstr("--no-ledger")));
  EXPECT_FALSE(connection_.in_transaction());
  As("");
  ASSERT_TRUE(MakeLedger(connection_).ok());
  As(role_);
  EXPECT_THAT(FindLedger(connection_).status().message(),
              HasSubstr("GRANT USAGE ON SCHEMA matome"));
  As("");
  MustExec(connection_,
           fmt::format("GRANT USAGE ON SCHEMA matome TO {0}; GRANT SELECT ON ALL TABLES"
                       " IN SCHEMA matome TO {0}",
                       role_));
  As(role_);
  EXPECT_EQ(FindLedger(connection_).value(), kLedgerVersion);
  EXPECT_THAT(TakeRunNumber(connection_).status().message(),
              HasSubstr("GRANT USAGE ON SEQUENCE matome.run_number"));
}

TEST_F(LedgerStoreTest, TakesASchemaThatAnAdministratorMade) {
  MustExec(connection_, "CREATE SCHEMA matome AUTHORIZATION " + role_);
  As(role_);
  const auto status = MakeLedger(connection_);
  EXPECT_TRUE(status.ok()) << status.message();
}

}  // namespace
}  // namespace matome::pg
