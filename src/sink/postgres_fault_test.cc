// SPDX-License-Identifier: Apache-2.0
// What the output does when its server, its connections or its process are lost. After each fault
// the rows are those of a run without it, and nothing is left behind.

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include "sink/postgres_for_test.h"
#include "sink/postgres_output.h"

namespace matome::sink {
namespace {

using base::Code;
using ::testing::HasSubstr;
using testing::MustExec;
using testing::PostgresServer;

constexpr std::array kPoints = {"after delete", "mid copy", "before commit", "after commit"};

/// Ends the sessions of the program that `condition` describes, and waits for their end.
std::string TerminateBackends(std::string_view condition) {
  return fmt::format(
      "SELECT count(pg_terminate_backend(pid, 30000)) FROM pg_stat_activity WHERE application_name "
      "= 'matome' AND datname = current_database() AND pid <> pg_backend_pid() AND {}",
      condition);
}

class PostgresFaultTest : public PostgresOutputTest {
 protected:
  using PostgresOutputTest::PostgresOutputTest;

  /// Calls `fault` the first time that a commit comes to `point`.
  void At(std::string_view point, std::function<void()> fault) {
    target_.fault_point = [point, fault = std::move(fault),
                           done = std::make_shared<std::atomic<bool>>()](std::string_view here) {
      if (here == point && !done->exchange(true)) fault();
    };
  }
  void ExpectNothingLeft() {
    EXPECT_EQ(
        Query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT "
              "oid FROM pg_database WHERE datname = current_database())"),
        "0\n");
    EXPECT_EQ(Query("SELECT count(*) FROM pg_prepared_xacts"), "0\n");
  }

  DayForTest old_day_ = RandomDay("2025-10-03", 1, 500);
  DayForTest new_day_ = RandomDay("2025-10-03", 2, 5000);  // Of several blocks.
};

TEST_F(PostgresFaultTest, ABackendThatDiesIsReplaced) {
  for (const auto* const point : {"after delete", "mid copy", "before commit"}) {
    SCOPED_TRACE(point);
    target_.fault_point = nullptr;
    ASSERT_TRUE(Commit(*Open(), old_day_).ok());
    At(point, [this] {
      // Any but the one that holds the lock; that one is idle.
      EXPECT_EQ(Query(TerminateBackends("state <> 'idle'")), "1\n");
    });
    CommitNotes notes;
    auto output = Open();
    const auto status = Commit(*output, new_day_, &notes);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(notes.retries, 1);
    ExpectRows(new_day_);
    output.reset();
    MustExec(admin_, TerminateBackends("true"));
    ExpectNothingLeft();
  }
}

TEST_F(PostgresFaultTest, ALockThatIsLostIsTakenAgain) {
  const auto output = Open();
  ASSERT_TRUE(Commit(*output, old_day_).ok());
  MustExec(admin_, TerminateBackends("true"));
  CommitNotes notes;
  const auto status = Commit(*output, new_day_, &notes);
  ASSERT_TRUE(status.ok()) << status.message();
  ExpectRows(new_day_);
  EXPECT_EQ(TryOpen(target_).status().code(), Code::kLocked);
}

TEST_F(PostgresFaultTest, LoadingComesBackToo) {
  ASSERT_TRUE(Commit(*Open(), old_day_).ok());
  for (const auto purpose : {OpenFor::kReading, OpenFor::kWriting}) {
    const auto output = Open(target_, purpose);
    MustExec(admin_, TerminateBackends("true"));
    std::vector<std::string> warnings;
    const auto state = output->Load(kOctober, warnings);
    ASSERT_TRUE(state.ok()) << state.status().message();
    EXPECT_EQ(state->days.size(), 1);
    MustExec(admin_, TerminateBackends("true"));
    EXPECT_TRUE(output->ReadReference(warnings).ok());
  }
}

TEST_F(PostgresFaultTest, ALockThatAnotherRunTookStopsTheFirst) {
  const auto output = Open();
  ASSERT_TRUE(Commit(*output, old_day_).ok());
  MustExec(admin_, TerminateBackends("true"));
  const auto other = Open();
  const auto status = Commit(*output, new_day_);
  EXPECT_EQ(status.code(), Code::kLocked) << status.message();
  EXPECT_THAT(status.message(), HasSubstr("the session that held the lock of this run was lost"));
  ExpectRows(old_day_);
}

TEST_F(PostgresFaultTest, ALockThatIsLostWithoutALedgerStopsTheRun) {
  target_.ledger = false;
  const auto output = Open();
  ASSERT_TRUE(Commit(*output, old_day_).ok());
  MustExec(admin_, TerminateBackends("true"));
  EXPECT_EQ(Commit(*output, new_day_).code(), Code::kTemporary);
  EXPECT_EQ(Commit(*output, new_day_).code(), Code::kTemporary);
  ExpectRows(old_day_);
}

TEST_F(PostgresFaultTest, AStoppedRunLeavesTheDayAsItWas) {
  ASSERT_TRUE(Commit(*Open(), old_day_).ok());
  for (const auto* const point : {"after delete", "mid copy", "before commit"}) {
    SCOPED_TRACE(point);
    std::atomic<bool> stop = false;
    target_.connection.stop = &stop;
    At(point, [&stop] { stop = true; });
    CommitNotes notes;
    auto output = Open();
    EXPECT_EQ(Commit(*output, new_day_, &notes).code(), Code::kInterrupted);
    EXPECT_EQ(notes.retries, 0);
    output.reset();
    MustExec(admin_, TerminateBackends("true"));
    ExpectRows(old_day_);
    ExpectNothingLeft();
  }
}

TEST_F(PostgresFaultTest, ATableThatIsLockedForTooLongIsTemporary) {
  target_.retry.deadline = std::chrono::milliseconds(500);
  const auto output = Open();
  ASSERT_TRUE(Commit(*output, old_day_).ok());
  MustExec(admin_, fmt::format("BEGIN; LOCK TABLE {} IN EXCLUSIVE MODE", kTable));
  const auto status = Commit(*output, new_day_);
  EXPECT_EQ(status.code(), Code::kTemporary) << status.message();
  MustExec(admin_, "COMMIT");
  ExpectRows(old_day_);
  ASSERT_TRUE(Commit(*output, new_day_).ok());
  ExpectRows(new_day_);
}

TEST_F(PostgresFaultTest, ATableThatCannotBeReadForTooLongIsTemporary) {
  target_.retry.deadline = std::chrono::milliseconds(500);
  const auto output = Open();
  ASSERT_TRUE(Commit(*output, old_day_).ok());
  MustExec(admin_, fmt::format("BEGIN; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", kTable));
  std::vector<std::string> warnings;
  const auto state = output->Load(kOctober, warnings);
  EXPECT_EQ(state.status().code(), Code::kTemporary) << state.status().message();
  MustExec(admin_, "COMMIT");
  EXPECT_TRUE(output->Load(kOctober, warnings).ok());
}

TEST_F(PostgresFaultTest, AKilledRunLeavesTheDayOldOrNew) {
  for (const auto* const point : kPoints) {
    SCOPED_TRACE(point);
    target_.fault_point = nullptr;
    target_.lock_timeout = std::chrono::seconds(60);
    ASSERT_TRUE(Commit(*Open(), old_day_).ok());
    const pid_t child = ::fork();
    if (child == 0) {
      At(point, [] { ::kill(::getpid(), SIGKILL); });
      Commit(*Open(), new_day_).ok();
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    // The sessions of the dead process end as soon as the server sees it.
    MustExec(admin_, TerminateBackends("true"));
    ExpectRows(point == std::string_view("after commit") ? new_day_ : old_day_);
    ExpectNothingLeft();
    ASSERT_TRUE(Commit(*Open(), new_day_).ok());
    ExpectRows(new_day_);
  }
}

TEST_F(PostgresFaultTest, AReaderSeesTheOldDayOrTheNewOne) {
  ASSERT_TRUE(Commit(*Open(), old_day_).ok());
  std::string seen;
  auto reader = server_.Connect(database_);
  target_.fault_point = [&](std::string_view point) {
    seen += fmt::format("{}: {}", point,
                        testing::Table(reader, fmt::format("SELECT count(*) FROM {}", kTable)));
  };
  ASSERT_TRUE(Commit(*Open(), new_day_).ok());
  EXPECT_EQ(seen, "after delete: 500\nmid copy: 500\nbefore commit: 500\nafter commit: 5000\n");
}

/// With a server of its own, to be killed and configured.
class PostgresServerFaultTest : public PostgresFaultTest {
 protected:
  PostgresServerFaultTest() : PostgresFaultTest(OwnServer()) {}

  static PostgresServer& OwnServer() {
    static PostgresServer server;
    return server;
  }
};

TEST_F(PostgresServerFaultTest, AServerThatIsKilledAndComesBack) {
  for (const auto* const point : kPoints) {
    SCOPED_TRACE(point);
    target_.fault_point = nullptr;
    ASSERT_TRUE(Commit(*Open(), old_day_).ok());
    At(point, [this] {
      server_.Kill();
      server_.Start();
    });
    const auto output = Open();
    CommitNotes notes;
    const auto status = Commit(*output, new_day_, &notes);
    ASSERT_TRUE(status.ok()) << status.message();
    admin_ = server_.Connect(database_);
    ExpectRows(new_day_);
    EXPECT_EQ(Query("SELECT rows, run_id FROM matome.day"), fmt::format("5000|run {}\n", runs_));
  }
}

TEST_F(PostgresServerFaultTest, AServerThatIsGoneForTooLong) {
  target_.retry.deadline = std::chrono::milliseconds(300);
  const auto output = Open();
  server_.Kill();
  EXPECT_EQ(Commit(*output, new_day_).code(), Code::kDatabaseUnavailable);
  EXPECT_EQ(TryOpen(target_).status().code(), Code::kDatabaseUnavailable);
  server_.Start();
  admin_ = server_.Connect(database_);
  EXPECT_EQ(Stamps(), "");
}

// A commit that waits for a standby is done on the server, but its session ends before it can say
// so.
TEST_F(PostgresServerFaultTest, ACommitWhoseAnswerIsLostIsNotRepeated) {
  ASSERT_TRUE(Commit(*Open(), old_day_).ok());
  const auto output = Open();
  MustExec(admin_, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  MustExec(admin_, "SELECT pg_reload_conf()");
  while (Query("SHOW synchronous_standby_names") != "nobody\n") {
  }
  CommitNotes notes;
  base::Status status;
  std::thread writing([&] { status = Commit(*output, new_day_, &notes); });
  while (Query("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") != "1\n") {
  }
  EXPECT_EQ(Query(TerminateBackends("wait_event = 'SyncRep'")), "1\n");
  writing.join();
  MustExec(admin_, "ALTER SYSTEM RESET synchronous_standby_names");
  MustExec(admin_, "SELECT pg_reload_conf()");
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(notes.retries, 1);
  ExpectRows(new_day_);
  // One transaction wrote the rows and the ledger.
  EXPECT_EQ(
      Query(fmt::format("SELECT count(DISTINCT xmin::text) FROM (SELECT xmin FROM {} UNION ALL "
                        "SELECT xmin FROM matome.day) AS rows",
                        kTable)),
      "1\n");
}

}  // namespace
}  // namespace matome::sink
