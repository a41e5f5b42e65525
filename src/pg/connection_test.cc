// SPDX-License-Identifier: Apache-2.0
#include "pg/connection.h"

#include <unistd.h>

#include <cstdlib>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "testing/postgres_server.h"

namespace matome::pg {
namespace {

using base::Code;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::MustExec;
using ::testing::Not;
using testing::PostgresServer;
using testing::Table;

class ConnectionTest : public ::testing::Test {
 protected:
  PostgresServer& server_ = PostgresServer::Shared();
  std::string database_ = server_.CreateDatabase();
  Connection connection_ = server_.Connect(database_);

  Error FailToOpen(const ConnectTarget& target) {
    Error error;
    const auto opened = Connection::Open(target, &error);
    EXPECT_FALSE(opened.ok());
    EXPECT_EQ(opened.status().message(), error.status.message());
    return error;
  }
  Error FailToExec(const std::string& sql) {
    const auto rows = connection_.Exec(sql);
    EXPECT_FALSE(rows.ok()) << sql;
    EXPECT_EQ(rows.status().code(), connection_.error().status.code());
    return connection_.error();
  }
};

std::vector<uint8_t> Bytes(std::string_view text) { return {text.begin(), text.end()}; }

TEST_F(ConnectionTest, RowsTellNullFromEmpty) {
  const auto rows =
      connection_.ExecParams("SELECT $1::text, $2::text, $3::int + 1", {std::nullopt, "", "41"});
  ASSERT_TRUE(rows.ok()) << rows.status().message();
  EXPECT_EQ(rows->count(), 1);
  EXPECT_EQ(rows->column_count(), 3);
  EXPECT_TRUE(rows->is_null(0, 0));
  EXPECT_EQ(rows->value(0, 0), std::nullopt);
  EXPECT_EQ(rows->value(0, 1), "");
  EXPECT_EQ(rows->text(0, 2), "42");
}

TEST_F(ConnectionTest, CountsAffectedRows) {
  EXPECT_EQ(MustExec(connection_, "CREATE TABLE public.t AS SELECT generate_series(1, 5) AS x")
                .affected(),
            5);
  EXPECT_EQ(MustExec(connection_, "DELETE FROM public.t WHERE x > 3").affected(), 2);
}

TEST_F(ConnectionTest, ASessionIsTheSameWhateverTheDatabaseSays) {
  MustExec(connection_, fmt::format("ALTER DATABASE {0} SET search_path TO org1234567;"
                                    "ALTER DATABASE {0} SET DateStyle TO 'German';"
                                    "ALTER DATABASE {0} SET TimeZone TO 'Asia/Tokyo';"
                                    "ALTER DATABASE {0} SET client_encoding TO 'LATIN1'",
                                    database_));
  auto session = server_.Connect(database_);
  EXPECT_EQ(Table(session,
                  "SELECT '2025-11-02'::date, '2025-11-02 01:00+00'::timestamptz,"
                  " current_setting('search_path'), current_setting('client_encoding'),"
                  " current_setting('application_name'),"
                  " current_setting('client_connection_check_interval'),"
                  " current_setting('tcp_keepalives_idle')"),
            "2025-11-02|2025-11-02 01:00:00+00|pg_catalog|UTF8|matome|5s|60\n");
}

TEST_F(ConnectionTest, TheUsersWordsWinOverOurs) {
  auto named = Connection::Open({server_.Url(database_) + "?application_name=koku"});
  ASSERT_TRUE(named.ok());
  EXPECT_EQ(Table(*named, "SELECT current_setting('application_name')"), "koku\n");
}

TEST_F(ConnectionTest, ConnectsOverASocketAndSaysWhere) {
  auto local = Connection::Open({server_.SocketUrl(database_)});
  ASSERT_TRUE(local.ok()) << local.status().message();
  EXPECT_EQ(local->Describe(), server_.SocketUrl(database_));
  EXPECT_EQ(connection_.Describe(), server_.Url(database_));
  EXPECT_EQ(connection_.tls_version(), "");
  EXPECT_GE(connection_.server_version(), 120000);
  EXPECT_EQ(Table(connection_, "SELECT pg_backend_pid()"),
            std::to_string(connection_.backend_pid()) + "\n");
}

TEST_F(ConnectionTest, KeyValueTextsAndEnvironmentWork) {
  setenv("PGPORT", std::to_string(server_.port()).c_str(), 1);
  setenv("PGUSER", "matome", 1);
  const ConnectTarget target{.conninfo = "host=127.0.0.1 dbname=" + database_};
  EXPECT_EQ(Describe(target), server_.Url(database_));
  EXPECT_TRUE(Connection::Open(target).ok());
  unsetenv("PGPORT");
  unsetenv("PGUSER");
}

TEST_F(ConnectionTest, QuotesNamesAndTexts) {
  EXPECT_EQ(connection_.Identifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(connection_.Literal("it's"), "'it''s'");
}

// --- Pipelines

TEST_F(ConnectionTest, APipelineAnswersEachQuery) {
  std::vector<Query> queries;
  for (int i = 0; i < 200; ++i) {
    queries.push_back({"SELECT $1::int, repeat('x', 10000)", {std::to_string(i)}});
  }
  const auto answers = connection_.ExecPipeline(queries);
  ASSERT_TRUE(answers.ok()) << answers.status().message();
  ASSERT_EQ(answers->size(), 200);
  EXPECT_EQ((*answers)[137].text(0, 0), "137");
  EXPECT_EQ(Table(connection_, "SELECT 1"), "1\n");
}

TEST_F(ConnectionTest, APipelineIsOneTransaction) {
  MustExec(connection_, "CREATE TABLE public.t (x int)");
  const std::vector<Query> queries = {{"INSERT INTO public.t VALUES (1)", {}},
                                      {"SELECT 1 / 0", {}},
                                      {"INSERT INTO public.t VALUES (2)", {}}};
  const auto answers = connection_.ExecPipeline(queries);
  ASSERT_FALSE(answers.ok());
  EXPECT_THAT(answers.status().message(), HasSubstr("division by zero (SQLSTATE 22012)"));
  EXPECT_EQ(Table(connection_, "SELECT count(*) FROM public.t"), "0\n");
}

// --- COPY

TEST_F(ConnectionTest, CopiesMoreThanTheSocketHolds) {
  MustExec(connection_, "CREATE TABLE public.t (x int, pad text)");
  ASSERT_TRUE(connection_.BeginCopy("COPY public.t FROM STDIN").ok());
  const std::string pad(1000, 'p');
  for (int i = 0; i < 20; ++i) {
    std::string lines;
    for (int line = 0; line < 500; ++line) lines += fmt::format("{}\t{}\n", i * 500 + line, pad);
    ASSERT_TRUE(connection_.PutCopyData(Bytes(lines)).ok());
  }
  const auto copied = connection_.EndCopy();
  ASSERT_TRUE(copied.ok()) << copied.status().message();
  EXPECT_EQ(*copied, 10'000);
  EXPECT_EQ(Table(connection_, "SELECT count(*), sum(x) FROM public.t"), "10000|49995000\n");
}

TEST_F(ConnectionTest, ABadRowIsNamedWithTableColumnAndValue) {
  MustExec(connection_, "CREATE TABLE public.t (x int, name varchar(3))");
  ASSERT_TRUE(connection_.BeginCopy("COPY public.t FROM STDIN").ok());
  ASSERT_TRUE(connection_.PutCopyData(Bytes("1\tabc\n2\tabcd\n")).ok());
  const auto copied = connection_.EndCopy();
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.status().code(), Code::kBadInput);
  EXPECT_THAT(copied.status().message(), HasSubstr("COPY t, line 2, column name: \"abcd\""));
  EXPECT_FALSE(connection_.error().retriable());
  EXPECT_EQ(Table(connection_, "SELECT count(*) FROM public.t"), "0\n");
}

TEST_F(ConnectionTest, AnAbandonedCopyLeavesNothing) {
  MustExec(connection_, "CREATE TABLE public.t (x int)");
  ASSERT_TRUE(connection_.BeginCopy("COPY public.t FROM STDIN").ok());
  ASSERT_TRUE(connection_.PutCopyData(Bytes("1\n")).ok());
  ASSERT_TRUE(connection_.AbortCopy().ok());
  EXPECT_EQ(Table(connection_, "SELECT count(*) FROM public.t"), "0\n");
}

TEST_F(ConnectionTest, ACopyIntoNowhereFailsAtOnce) {
  EXPECT_EQ(connection_.BeginCopy("COPY public.nothing FROM STDIN").code(), Code::kSchemaMismatch);
  EXPECT_EQ(Table(connection_, "SELECT 1"), "1\n");
}

// --- Errors by SQLSTATE

TEST_F(ConnectionTest, ErrorsHaveTheCodeOfTheirClass) {
  struct Case {
    std::string sql;
    std::string sqlstate;
    Code code;
    Recovery recovery;
  };
  MustExec(connection_, "CREATE TABLE public.t (x int PRIMARY KEY, y numeric(3,1))");
  MustExec(connection_,
           "CREATE FUNCTION public.fail(state text) RETURNS void LANGUAGE plpgsql AS"
           " $$ BEGIN RAISE EXCEPTION 'made' USING ERRCODE = state; END $$");
  for (const auto& [sql, sqlstate, code, recovery] : std::vector<Case>{
           {"SELECT * FROM public.nothing", "42P01", Code::kSchemaMismatch, Recovery::kNone},
           {"SELECT z FROM public.t", "42703", Code::kSchemaMismatch, Recovery::kNone},
           {"CREATE TABLE nowhere.t (x int)", "3F000", Code::kSchemaMismatch, Recovery::kNone},
           {"INSERT INTO public.t (x) VALUES ('{}'::jsonb)", "42804", Code::kSchemaMismatch,
            Recovery::kNone},
           {"INSERT INTO public.t VALUES (1, 1000)", "22003", Code::kBadInput, Recovery::kNone},
           {"INSERT INTO public.t VALUES (NULL, 1)", "23502", Code::kBadInput, Recovery::kNone},
           {"SET statement_timeout = 1; SELECT pg_sleep(60)", "57014", Code::kTemporary,
            Recovery::kRepeat},
           {"SELECT public.fail('40001')", "40001", Code::kTemporary, Recovery::kRepeat},
           {"SELECT public.fail('40P01')", "40P01", Code::kTemporary, Recovery::kRepeat},
           {"SELECT public.fail('55P03')", "55P03", Code::kTemporary, Recovery::kRepeat},
           {"SELECT public.fail('53100')", "53100", Code::kTemporary, Recovery::kRepeat},
           {"SELECT public.fail('53200')", "53200", Code::kTemporary, Recovery::kRepeat},
           {"SELECT public.fail('53300')", "53300", Code::kDatabaseUnavailable,
            Recovery::kReconnect},
       }) {
    Connection connection = server_.Connect(database_);
    EXPECT_FALSE(connection.Exec(sql).ok()) << sql;
    const Error& error = connection.error();
    EXPECT_EQ(error.sqlstate, sqlstate) << sql;
    EXPECT_EQ(error.status.code(), code) << sql;
    EXPECT_EQ(error.recovery, recovery) << sql;
    EXPECT_FALSE(error.outcome_unknown) << sql;
  }
}

TEST_F(ConnectionTest, AMissingColumnOfARowIsNamed) {
  MustExec(connection_, "CREATE TABLE public.t (x int NOT NULL)");
  EXPECT_THAT(FailToExec("INSERT INTO public.t VALUES (NULL)").status.message(),
              HasSubstr("[public.t column x]"));
}

TEST_F(ConnectionTest, AMissingPrivilegeIsDenied) {
  auto locked =
      Connection::Open({.conninfo = server_.Url(database_, "locked"), .password = "correct horse"});
  ASSERT_TRUE(locked.ok()) << locked.status().message();
  const auto rows = locked->Exec("SELECT * FROM org1234567.reporting_enabledtagkeys");
  EXPECT_EQ(rows.status().code(), Code::kDatabaseUnavailable);
  EXPECT_EQ(locked->error().sqlstate, "42501");
  EXPECT_FALSE(locked->error().retriable());
}

// --- Not getting in

TEST_F(ConnectionTest, AWrongPasswordIsNoReasonToTryAgainAndIsNotShown) {
  const Error error = FailToOpen({.conninfo = server_.Url(database_, "locked:battery%20staple")});
  EXPECT_EQ(error.status.code(), Code::kDatabaseUnavailable);
  EXPECT_EQ(error.sqlstate, "28P01");
  EXPECT_FALSE(error.retriable());
  EXPECT_THAT(error.status.message(),
              AllOf(HasSubstr("password authentication failed for user \"locked\""),
                    HasSubstr(server_.Url(database_, "locked")), Not(HasSubstr("battery")),
                    Not(HasSubstr("LOCATION")), Not(HasSubstr("\n"))));
}

TEST_F(ConnectionTest, AMissingPasswordIsAskedFor) {
  const Error error = FailToOpen({.conninfo = server_.Url(database_, "locked")});
  EXPECT_EQ(error.status.code(), Code::kDatabaseUnavailable);
  EXPECT_THAT(error.status.message(), HasSubstr("asks for a password"));
  EXPECT_FALSE(error.retriable());
}

TEST_F(ConnectionTest, AMissingDatabaseIsNoReasonToTryAgain) {
  const Error error = FailToOpen({.conninfo = server_.Url("nothing")});
  EXPECT_EQ(error.sqlstate, "3D000");
  EXPECT_EQ(error.status.code(), Code::kDatabaseUnavailable);
  EXPECT_FALSE(error.retriable());
}

TEST_F(ConnectionTest, NoTlsWhereItIsDemandedIsNoReasonToTryAgain) {
  const Error error = FailToOpen({.conninfo = server_.Url(database_) + "?sslmode=require"});
  EXPECT_EQ(error.status.code(), Code::kDatabaseUnavailable);
  EXPECT_FALSE(error.retriable());
}

TEST_F(ConnectionTest, AServerThatIsAwayMayComeBack) {
  PostgresServer away;
  away.Kill();
  const Error error = FailToOpen({.conninfo = away.Url("postgres")});
  EXPECT_EQ(error.status.code(), Code::kDatabaseUnavailable);
  EXPECT_TRUE(error.retriable());
}

/// A port that takes connections and says nothing.
class SilentPort {
 public:
  SilentPort() {
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_, generic, size), 0);
    EXPECT_EQ(listen(socket_, 10), 0);
    EXPECT_EQ(getsockname(socket_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentPort() { close(socket_); }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  int port() const { return port_; }

 private:
  int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
};

TEST_F(ConnectionTest, ASilentServerIsGivenUpAndMayAnswerLater) {
  SilentPort silent;
  const Error error = FailToOpen({.conninfo = fmt::format("host=127.0.0.1 port={}", silent.port()),
                                  .connect_timeout = std::chrono::seconds(1)});
  EXPECT_EQ(error.status.code(), Code::kDatabaseUnavailable);
  EXPECT_THAT(error.status.message(), HasSubstr("no answer within 1 s"));
  EXPECT_TRUE(error.retriable());
}

TEST_F(ConnectionTest, AfterASilentServerComesTheNext) {
  SilentPort silent;
  const auto connection = Connection::Open(
      {.conninfo = fmt::format("host=127.0.0.1,127.0.0.1 port={},{} user=matome dbname={}",
                               silent.port(), server_.port(), database_),
       .connect_timeout = std::chrono::seconds(1)});
  EXPECT_TRUE(connection.ok()) << connection.status().message();
}

TEST_F(ConnectionTest, NoConnectionTextLetsASecretOut) {
  for (const std::string conninfo :
       {"postgresql://u:sec@ret@h/d", "postgresql://u:sec/ret@h/d", "postgresql://u:sec/r?et@h/d",
        "password=secret stray host=h", "host=h password='secret", "hots=h secret=secret",
        "postgresql://u:secret@h:secret/d", "postgresql://u:secret@h/d?secret=secret"}) {
    const ConnectTarget target{.conninfo = conninfo};
    const auto status = CheckTarget(target);
    EXPECT_FALSE(status.ok() && Connection::Open(target).ok()) << conninfo;
    for (const std::string& text :
         {status.message(), Describe(target), Connection::Open(target).status().message()}) {
      EXPECT_THAT(text, AllOf(Not(HasSubstr("sec")), Not(HasSubstr("ret@")))) << conninfo;
    }
  }
  EXPECT_EQ(Describe({.conninfo = "postgresql://u:secret@h:1/d"}), "postgresql://u@h:1/d");
  EXPECT_EQ(WithoutSecret("a secret and a secret", "secret"), "a *** and a ***");
}

// --- Losing it

TEST_F(ConnectionTest, ALostConnectionIsNoticed) {
  auto other = server_.Connect(database_);
  EXPECT_TRUE(connection_.alive());
  MustExec(other, fmt::format("SELECT pg_terminate_backend({}, 10000)", connection_.backend_pid()));
  EXPECT_FALSE(connection_.alive());
  const Error error = FailToExec("SELECT 1");
  EXPECT_EQ(error.status.code(), Code::kDatabaseUnavailable);
  EXPECT_EQ(error.recovery, Recovery::kReconnect);
  EXPECT_FALSE(connection_.Exec("SELECT 1").ok());
}

TEST_F(ConnectionTest, AConnectionLostAmidAStatementLeavesItsOutcomeUnknown) {
  auto other = server_.Connect(database_);
  MustExec(other, "SELECT pg_advisory_lock(1)");
  const int pid = connection_.backend_pid();
  std::thread killer([&] {
    while (Table(other, fmt::format("SELECT wait_event FROM pg_stat_activity WHERE pid = {}",
                                    pid)) != "advisory\n") {
    }
    MustExec(other, fmt::format("SELECT pg_terminate_backend({}, 10000)", pid));
  });
  const Error error = FailToExec("SELECT pg_advisory_lock(1)");
  killer.join();
  EXPECT_EQ(error.sqlstate, "57P01");
  EXPECT_EQ(error.recovery, Recovery::kReconnect);
  EXPECT_TRUE(error.outcome_unknown);
  EXPECT_FALSE(connection_.alive());
}

TEST_F(ConnectionTest, AServerThatDiesAmidAPipelineIsNoticed) {
  PostgresServer server;
  const std::string database = server.CreateDatabase();
  auto victim = server.Connect(database);
  auto other = server.Connect(database);
  MustExec(other, "SELECT pg_advisory_lock(1)");
  std::thread killer([&] {
    while (Table(other, "SELECT count(*) FROM pg_locks WHERE NOT granted") != "1\n") {
    }
    server.Kill();
  });
  const std::vector<Query> queries = {{"SELECT 1", {}}, {"SELECT pg_advisory_lock(1)", {}}};
  EXPECT_FALSE(victim.ExecPipeline(queries).ok());
  killer.join();
  EXPECT_EQ(victim.error().recovery, Recovery::kReconnect);
  EXPECT_TRUE(victim.error().outcome_unknown);
  EXPECT_FALSE(victim.ExecPipeline(queries).ok());
}

TEST_F(ConnectionTest, AWaitWithoutProgressIsGivenUpAndTheStatementCancelled) {
  auto other = server_.Connect(database_);
  MustExec(other, "SELECT pg_advisory_lock(1)");
  connection_.set_wait_limit(std::chrono::milliseconds(50));
  const Error error = FailToExec("SELECT pg_advisory_lock(1)");
  EXPECT_EQ(error.status.code(), Code::kDatabaseUnavailable);
  EXPECT_EQ(error.recovery, Recovery::kReconnect);
  EXPECT_TRUE(error.outcome_unknown);
  MustExec(other, "SELECT pg_advisory_unlock(1)");
  MustExec(other, "SET lock_timeout = '30s'; SELECT pg_advisory_lock(1)");  // Nobody waits for it.
}

TEST_F(ConnectionTest, AWaitEndsWhenTheRunIsToStop) {
  std::atomic<bool> stop = false;
  auto stoppable = Connection::Open({.conninfo = server_.Url(database_), .stop = &stop});
  ASSERT_TRUE(stoppable.ok());
  MustExec(connection_, "SELECT pg_advisory_lock(1)");
  std::thread stopper([&] {
    while (Table(connection_, "SELECT count(*) FROM pg_locks WHERE NOT granted") != "1\n") {
    }
    stop = true;
  });
  const auto rows = stoppable->Exec("SELECT pg_advisory_lock(1)");
  stopper.join();
  EXPECT_EQ(rows.status().code(), Code::kInterrupted);
  EXPECT_FALSE(stoppable->error().retriable());
  while (Table(connection_, "SELECT count(*) FROM pg_locks WHERE NOT granted") != "0\n") {
  }
  EXPECT_EQ(Connection::Open({.conninfo = server_.Url(database_), .stop = &stop}).status().code(),
            Code::kInterrupted);
}

TEST_F(ConnectionTest, MovesKeepTheSession) {
  const int pid = connection_.backend_pid();
  Connection moved = std::move(connection_);
  EXPECT_EQ(Table(moved, "SELECT pg_backend_pid()"), std::to_string(pid) + "\n");
  connection_ = std::move(moved);
  EXPECT_EQ(connection_.backend_pid(), pid);
}

}  // namespace
}  // namespace matome::pg
