// SPDX-License-Identifier: Apache-2.0
// Databases that are not as the program needs them: it says so, writes nothing, and keeps secrets.
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "postgres_faults/fault_test.h"

namespace matome::postgres_faults {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RefusalTest : public FaultTest {
 protected:
  void Change(const std::string& sql) const {
    Query(fmt::format(fmt::runtime(sql), fmt::arg("table", kTable)));
  }
  /// A run that ends with `exit_code` and leaves all as it is.
  std::string ExpectRefusal(int exit_code) const {
    const Days rows = Rows();
    const std::string ledger = Query("SELECT * FROM matome.day ORDER BY day");
    const Ended ended = RunToEnd(SummarizeNew());
    EXPECT_EQ(ended.exit_code, exit_code) << ended.output;
    EXPECT_EQ(Rows(), rows);
    EXPECT_EQ(Query("SELECT * FROM matome.day ORDER BY day"), ledger);
    ExpectNoLocks();
    return ended.output;
  }
};

// --- Locks of others

class LockRefusalTest : public RefusalTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(LockRefusalTest, ATableLockedForTooLongIsTemporary) {
  {
    auto other = Connect();
    testing::MustExec(other, fmt::format("BEGIN; LOCK TABLE {} IN {} MODE", kTable, GetParam()));
    const Ended ended =
        RunToEnd(SummarizeNew(Url("options=-c%20statement_timeout%3D200")), ClockSpeed(100));
    EXPECT_EQ(ended.exit_code, 75) << ended.output;
  }
  EXPECT_EQ(CountNewDays(), 0);
  ExpectNextRunIsRight();
}

TEST_P(LockRefusalTest, ATableLockedForAWhileIsWaitedFor) {
  auto other = Connect();
  testing::MustExec(other, fmt::format("BEGIN; LOCK TABLE {} IN {} MODE", kTable, GetParam()));
  ProgramRun run(SummarizeNew());
  const std::string waiting =
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'matome' AND"
      " wait_event_type = 'Lock' AND datname = current_database()";
  while (Query(waiting) != "t\n" && run.running()) {
  }
  EXPECT_TRUE(run.running());
  testing::MustExec(other, "COMMIT");
  const Ended ended = run.Wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  ExpectNextRunIsRight();
}

INSTANTIATE_TEST_SUITE_P(Modes, LockRefusalTest, ::testing::Values("SHARE", "ACCESS EXCLUSIVE"));

// --- Tables

TEST_F(RefusalTest, ALedgerOfANewerVersion) {
  Change("INSERT INTO matome.version (version) VALUES (1000)");
  const std::string number = Query("SELECT last_value FROM matome.run_number");
  EXPECT_THAT(ExpectRefusal(13), HasSubstr("version 1000"));
  EXPECT_EQ(Query("SELECT last_value FROM matome.run_number"), number);
}

TEST_F(RefusalTest, AMissingColumn) {
  Change("ALTER TABLE {table} DROP COLUMN volume_labels");
  EXPECT_THAT(ExpectRefusal(13), HasSubstr("volume_labels"));
}

TEST_F(RefusalTest, AColumnTooNarrow) {
  Change("ALTER TABLE {table} ALTER COLUMN persistentvolumeclaim TYPE varchar(100)");
  EXPECT_THAT(ExpectRefusal(13), HasSubstr("persistentvolumeclaim"));
}

TEST_F(RefusalTest, AColumnOfAnotherType) {
  Change("ALTER TABLE {table} ALTER COLUMN pod_limit_cpu_core_hours TYPE double precision");
  EXPECT_THAT(ExpectRefusal(13), HasSubstr("pod_limit_cpu_core_hours"));
}

TEST_F(RefusalTest, AMissingTable) {
  Change("ALTER TABLE {table} RENAME TO away");
  const Ended ended = RunToEnd(SummarizeNew());
  EXPECT_EQ(ended.exit_code, 13);
  EXPECT_THAT(ended.output, HasSubstr("reporting_ocpusagelineitem_daily_summary"));
  Query("ALTER TABLE org1234567.away RENAME TO reporting_ocpusagelineitem_daily_summary");
  ExpectNextRunIsRight();
}

TEST_F(RefusalTest, AValueThatDoesNotFit) {
  Change(
      "ALTER TABLE {table} ADD CONSTRAINT few CHECK (coalesce(infrastructure_raw_cost, 0) > 0"
      " OR coalesce(pod_usage_cpu_core_hours, 0) < 0.001) NOT VALID");
  const std::string output = ExpectRefusal(14);
  EXPECT_THAT(output, HasSubstr("few"));
  EXPECT_THAT(output, HasSubstr("reporting_ocpusagelineitem_daily_summary"));
}

// --- Access, and secrets

class SecretRefusalTest : public RefusalTest {
 protected:
  SecretRefusalTest() {
    Query(
        fmt::format("GRANT USAGE ON SCHEMA org1234567, matome TO locked;"
                    "GRANT ALL ON ALL TABLES IN SCHEMA org1234567, matome TO locked;"
                    "GRANT ALL ON ALL SEQUENCES IN SCHEMA org1234567, matome TO locked;"));
  }
  ~SecretRefusalTest() override { Query("DROP OWNED BY locked"); }

  /// Of the user whose password is "correct horse".
  std::string UrlOfLocked(std::string_view password) const {
    return fmt::format("postgresql://locked:{}@127.0.0.1:{}/{}", password, proxy_.port(),
                       database_);
  }
  std::vector<std::string> Talkative(const std::string& url) const {
    auto words = SummarizeNew(url);
    words.insert(words.end(), {"--log-level", "debug", "--run-report", report_});
    return words;
  }
  std::string Report() const {
    std::ifstream file(report_);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  support::ScratchDirectory scratch_;
  std::string report_ = scratch_.Path("report.json");
};

TEST_F(SecretRefusalTest, AWrongPassword) {
  const Ended ended = RunToEnd(Talkative(UrlOfLocked("battery%20staple")));
  EXPECT_EQ(ended.exit_code, 12) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("password"));
  EXPECT_THAT(ended.output + Report(), Not(HasSubstr("staple")));
  EXPECT_EQ(CountNewDays(), 0);
}

TEST_F(SecretRefusalTest, NoPassword) {
  const Ended ended = RunToEnd(
      SummarizeNew(fmt::format("postgresql://locked@127.0.0.1:{}/{}", proxy_.port(), database_)));
  EXPECT_EQ(ended.exit_code, 12) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("password"));
}

TEST_F(SecretRefusalTest, ThePasswordIsNowhereToBeSeen) {
  std::atomic<bool> held = false;
  proxy_.Watch([&held](const testing::TcpProxy::Chunk&) {
    return held.exchange(true) ? Verdict::kForward : Verdict::kHold;
  });
  ProgramRun run(Talkative(UrlOfLocked("correct%20horse")));
  while (!held && run.running()) {
  }
  std::ifstream file(fmt::format("/proc/{}/cmdline", run.pid()));
  const std::string words{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_THAT(words, HasSubstr("locked"));
  EXPECT_THAT(words, Not(HasSubstr("horse")));
  proxy_.Resume();
  const Ended ended = run.Wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  EXPECT_THAT(ended.output, Not(HasSubstr("horse")));
  const std::string report = Report();
  EXPECT_THAT(report, HasSubstr("2025-10-01"));
  EXPECT_THAT(report, Not(HasSubstr("horse")));
  EXPECT_EQ(CountNewDays(), 4);
}

TEST_F(SecretRefusalTest, NorInTheErrorsOfALostConnection) {
  proxy_.Watch(AtMoment(Moment::kCopyBegins, 1, [this] {
    world_.server().Kill();
    return Verdict::kForward;
  }));
  const Ended ended = RunToEnd(Talkative(UrlOfLocked("correct%20horse")), ClockSpeed(200));
  world_.server().Start();
  EXPECT_TRUE(ended.exit_code == 12 || ended.exit_code == 3) << ended.output;
  EXPECT_THAT(ended.output + Report(), Not(HasSubstr("horse")));
}

TEST_F(SecretRefusalTest, MissingPrivileges) {
  Query(fmt::format("REVOKE DELETE ON {} FROM locked", kTable));
  const Ended ended = RunToEnd(SummarizeNew(UrlOfLocked("correct%20horse")));
  EXPECT_EQ(ended.exit_code, 12) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("DELETE"));
  EXPECT_EQ(CountNewDays(), 0);
}

}  // namespace
}  // namespace matome::postgres_faults
