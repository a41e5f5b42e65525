// SPDX-License-Identifier: Apache-2.0
#include "pg/connection.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <future>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/socket.h>

#include "base/check.h"
#include "pg/connect_options_internal.h"

namespace matome::pg {
namespace {

using base::Code;
using base::Status;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How often a wait looks whether the run is to stop.
constexpr milliseconds kStopCheckInterval{100};
constexpr std::chrono::seconds kCancelLimit{2};

/// What every session starts with. The last two let a server notice soon that its client is gone,
/// so that locks do not outlive it for long.
constexpr const char* kStartSession =
    "SET search_path TO pg_catalog; SET DateStyle TO 'ISO, YMD'; SET TimeZone TO 'UTC';"
    "SET standard_conforming_strings TO on; SET IntervalStyle TO postgres;"
    "SET extra_float_digits TO 1; SET bytea_output TO hex;"
    "SELECT pg_catalog.set_config(name, setting, false)"
    " FROM (VALUES ('client_connection_check_interval', '5s'), ('tcp_keepalives_idle', '60'),"
    " ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3')) AS wanted (name, setting)"
    " WHERE name IN (SELECT s.name FROM pg_catalog.pg_settings AS s)"
    " AND (name = 'client_connection_check_interval' OR pg_catalog.inet_client_addr() IS NOT NULL)";

std::string_view Field(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

/// libpq's texts end in line breaks and hold some.
std::string OneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c != '\n' && c != '\t') {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

/// The error in what a connection that could not be made says. Its text was asked to be verbose, as
/// that alone holds the SQLSTATE: "…FATAL:  28P01: password authentication failed…".
Error ConnectError(const PGconn* connection) {
  std::string text = PQerrorMessage(connection);
  std::string sqlstate;
  constexpr std::string_view kFatal = "FATAL:  ";
  if (const size_t at = text.rfind(kFatal); at != std::string::npos) {
    const size_t state = at + kFatal.size();
    if (text.size() > state + 7 && text.compare(state + 5, 2, ": ") == 0) {
      sqlstate = text.substr(state, 5);
      text.erase(state, 7);
    }
  }
  for (size_t at = text.find("LOCATION:"); at != std::string::npos; at = text.find("LOCATION:")) {
    text.erase(at, text.find('\n', at) - at);
  }
  text = OneLine(text);
  if (!sqlstate.empty()) {
    Error error = ErrorOf({.sqlstate = sqlstate, .text = text, .fatal = true});
    if (error.status.code() != Code::kTemporary) {
      error.status = {Code::kDatabaseUnavailable, error.status.message()};
    }
    return error;
  }
  Error error{.status = {Code::kDatabaseUnavailable, text}, .recovery = Recovery::kReconnect};
  // What the client itself objects to stays as it is.
  for (const std::string_view own : {"SSL", "certificate", "GSS", "password", "authentication"}) {
    if (text.find(own) != std::string::npos) error.recovery = Recovery::kNone;
  }
  return error;
}

}  // namespace

// --- Rows

void Rows::Clear::operator()(pg_result* result) const { PQclear(result); }
int Rows::count() const { return PQntuples(result_.get()); }
int Rows::column_count() const { return PQnfields(result_.get()); }
bool Rows::is_null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}
std::string_view Rows::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}
std::optional<std::string> Rows::value(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return std::string(text(row, column));
}
int64_t Rows::affected() const {
  const std::string_view text = PQcmdTuples(result_.get());
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// --- Connecting

void Connection::Finish::operator()(pg_conn* connection) const { PQfinish(connection); }
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

base::Result<Connection> Connection::Open(const ConnectTarget& target, Error* error) {
  Connection connection;
  const Status status = connection.Connect(target);
  if (status.ok()) return connection;
  if (error != nullptr) *error = connection.error_;
  return status;
}

Status Connection::Connect(const ConnectTarget& target) {
  stop_ = target.stop;
  wait_limit_ = target.wait_limit;
  auto options = ConnectOptions::Make(target);
  if (!options.ok()) return Fail({.status = std::move(options).status()});
  const std::string where = options->Describe();
  const auto failed = [&](Error error) {
    const Status status =
        Status(error.status.code(), WithoutSecret(error.status.message(), options->password()))
            .WithContext(where);
    error.status = status;
    return Fail(std::move(error));
  };

  const auto keywords = options->keywords();
  const auto values = options->values();
  connection_.reset(PQconnectStartParams(keywords.data(), values.data(), 1));
  if (!connection_) return failed({.status = base::Failed("out of memory")});
  PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
  PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
  bool timed_out = false;
  Status status = WaitForConnect(options->connect_timeout(), timed_out);
  if (timed_out && options->several_hosts()) {
    // Only the waiting call goes on to the next host when one does not answer.
    connection_.reset(PQconnectdbParams(keywords.data(), values.data(), 1));
    if (!connection_) return failed({.status = base::Failed("out of memory")});
    PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
    timed_out = false;
    status = {};
  }
  if (timed_out) {
    return failed({.status = {Code::kDatabaseUnavailable,
                              fmt::format("no answer within {} s (connect_timeout)",
                                          options->connect_timeout().count())},
                   .recovery = Recovery::kReconnect});
  }
  if (!status.ok()) return failed({.status = status});
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    Error error = ConnectError(connection_.get());
    if (PQconnectionNeedsPassword(connection_.get()) != 0) {
      error = {.status = {Code::kDatabaseUnavailable,
                          "the server asks for a password: give PGPASSWORD, a .pgpass file or a "
                          "postgresql.password setting"}};
    }
    return failed(std::move(error));
  }
  PQsetErrorVerbosity(connection_.get(), PQERRORS_DEFAULT);
  if (PQsetnonblocking(connection_.get(), 1) != 0) return failed({.status = base::Failed("libpq")});
  status = StartSession();
  if (!status.ok()) return failed(error_);
  return {};
}

Status Connection::WaitForConnect(std::chrono::seconds timeout, bool& timed_out) {
  const auto deadline = Clock::now() + timeout;
  // libpq wants the first wait to be for writing.
  for (auto wanted = PGRES_POLLING_WRITING;;) {
    pollfd socket{
        .fd = PQsocket(connection_.get()),
        .events = static_cast<int16_t>(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT)};
    if (socket.fd < 0) return {};
    const int ready = poll(&socket, 1, static_cast<int>(kStopCheckInterval.count()));
    if (stop_ != nullptr && *stop_) return {Code::kInterrupted, "interrupted"};
    if (ready > 0) {
      wanted = PQconnectPoll(connection_.get());
      if (wanted == PGRES_POLLING_OK || wanted == PGRES_POLLING_FAILED) return {};
    } else if (timeout.count() > 0 && Clock::now() >= deadline) {
      timed_out = true;
      return {};
    }
  }
}

Status Connection::StartSession() { return Exec(kStartSession).ok() ? Status() : error_.status; }

// --- Failing

Status Connection::Fail(Error error) {
  error_ = std::move(error);
  if (error_.recovery == Recovery::kReconnect) lost_ = true;
  return error_.status;
}

Status Connection::FailWith(const pg_result* result) {
  const std::string_view severity = Field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  const ServerMessage message{.sqlstate = Field(result, PG_DIAG_SQLSTATE),
                              .text = Field(result, PG_DIAG_MESSAGE_PRIMARY),
                              .detail = Field(result, PG_DIAG_MESSAGE_DETAIL),
                              .hint = Field(result, PG_DIAG_MESSAGE_HINT),
                              .context = Field(result, PG_DIAG_CONTEXT),
                              .schema = Field(result, PG_DIAG_SCHEMA_NAME),
                              .table = Field(result, PG_DIAG_TABLE_NAME),
                              .column = Field(result, PG_DIAG_COLUMN_NAME),
                              .constraint = Field(result, PG_DIAG_CONSTRAINT_NAME),
                              .fatal = severity == "FATAL" || severity == "PANIC"};
  if (message.sqlstate.empty()) return FailConnection();
  Error error = ErrorOf(message);
  error.outcome_unknown = message.fatal;
  if (message.fatal) lost_ = true;
  return Fail(std::move(error));
}

Status Connection::FailConnection() {
  Error error{
      .status = {Code::kDatabaseUnavailable,
                 WithoutSecret(OneLine(PQerrorMessage(connection_.get())),
                               PQpass(connection_.get()) == nullptr ? std::string_view()
                                                                    : PQpass(connection_.get()))},
      .recovery = Recovery::kReconnect,
      .outcome_unknown = awaits_answer_};
  if (error.status.message().empty()) {
    error.status = {Code::kDatabaseUnavailable, "the connection was lost"};
  }
  return Fail(std::move(error));
}

Status Connection::GiveUp(Code code, std::string message) {
  Cancel();
  // A cancel that comes before its statement does nothing; a server whose client is gone ends.
  shutdown(PQsocket(connection_.get()), SHUT_RDWR);
  lost_ = true;
  return Fail({.status = {code, std::move(message)},
               .recovery = code == Code::kInterrupted ? Recovery::kNone : Recovery::kReconnect,
               .outcome_unknown = awaits_answer_});
}

Status Connection::CheckUsable() {
  if (connection_ && !lost_) return {};
  if (error_.status.ok()) {
    return Fail({.status = {Code::kDatabaseUnavailable, "the connection is closed"},
                 .recovery = Recovery::kReconnect});
  }
  // What was asked before is answered for; this call sent nothing.
  error_.outcome_unknown = false;
  return error_.status;
}

// --- Waiting

Status Connection::WaitForSocket(bool write) {
  const auto deadline = Clock::now() + wait_limit_;
  while (true) {
    if (stop_ != nullptr && *stop_) return GiveUp(Code::kInterrupted, "interrupted");
    // Reading, too, while bytes wait to leave: the server may be stuck with an answer of its own.
    pollfd socket{.fd = PQsocket(connection_.get()),
                  .events = static_cast<int16_t>(write ? POLLIN | POLLOUT : POLLIN)};
    if (socket.fd < 0) return FailConnection();
    const int ready = poll(&socket, 1, static_cast<int>(kStopCheckInterval.count()));
    if (ready > 0) {
      // If that finds the connection closed, the server's last words may have come before, and
      // taking the result gives them.
      if ((socket.revents & ~POLLOUT) != 0) PQconsumeInput(connection_.get());
      return {};
    }
    if (ready < 0 && errno != EINTR) {
      return GiveUp(Code::kFailed, fmt::format("poll: {}", std::strerror(errno)));
    }
    if (Clock::now() >= deadline) {
      return GiveUp(Code::kDatabaseUnavailable,
                    fmt::format("the server did nothing for {} s", wait_limit_.count() / 1000));
    }
  }
}

Status Connection::Flush() {
  while (true) {
    const int left = PQflush(connection_.get());
    if (left == 0) return {};
    if (left < 0) {
      // The server's last words, if there are any, say more than "broken pipe".
      PQconsumeInput(connection_.get());
      return FailConnection();
    }
    MATOME_RETURN_IF_ERROR(WaitForSocket(/*write=*/true));
  }
}

base::Result<pg_result*> Connection::NextResult() {
  MATOME_RETURN_IF_ERROR(Flush());
  while (PQisBusy(connection_.get()) != 0 && PQstatus(connection_.get()) == CONNECTION_OK) {
    MATOME_RETURN_IF_ERROR(WaitForSocket(/*write=*/false));
  }
  return PQgetResult(connection_.get());
}

base::Result<Rows> Connection::TakeResults() {
  std::optional<Rows> rows;
  Status status;
  while (true) {
    MATOME_ASSIGN_OR_RETURN(pg_result* const result, NextResult());
    if (result == nullptr) break;
    Rows taken(result);
    switch (PQresultStatus(result)) {
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_EMPTY_QUERY:
      case PGRES_COPY_IN:
        break;
      default:
        if (status.ok()) status = FailWith(result);
    }
    const bool copies = PQresultStatus(result) == PGRES_COPY_IN;
    rows = std::move(taken);
    // Before the data of a COPY, and after the connection's end, there is no more to wait for.
    if (copies || lost_) break;
  }
  awaits_answer_ = false;
  if (!status.ok()) return status;
  if (!rows) return FailConnection();
  return *std::move(rows);
}

base::Result<Rows> Connection::Answer(bool sent) {
  if (!sent) return FailConnection();
  awaits_answer_ = true;
  auto rows = TakeResults();
  awaits_answer_ = false;
  return rows;
}

// --- Statements

base::Result<Rows> Connection::Exec(const std::string& sql) {
  MATOME_RETURN_IF_ERROR(CheckUsable());
  return Answer(PQsendQuery(connection_.get(), sql.c_str()) == 1);
}

namespace {

std::vector<const char*> Pointers(std::span<const Param> params) {
  std::vector<const char*> pointers;
  pointers.reserve(params.size());
  for (const auto& param : params) pointers.push_back(param ? param->c_str() : nullptr);
  return pointers;
}

bool Send(PGconn* connection, const std::string& sql, std::span<const Param> params) {
  const auto pointers = Pointers(params);
  return PQsendQueryParams(connection, sql.c_str(), static_cast<int>(pointers.size()), nullptr,
                           pointers.data(), nullptr, nullptr, 0) == 1;
}

}  // namespace

base::Result<Rows> Connection::ExecParams(const std::string& sql, std::span<const Param> params) {
  MATOME_RETURN_IF_ERROR(CheckUsable());
  return Answer(Send(connection_.get(), sql, params));
}

base::Result<std::vector<Rows>> Connection::ExecPipeline(std::span<const Query> queries) {
  MATOME_RETURN_IF_ERROR(CheckUsable());
  PGconn* const connection = connection_.get();
  bool sent = PQenterPipelineMode(connection) == 1;
  for (const Query& query : queries) sent = sent && Send(connection, query.sql, query.params);
  sent = sent && PQpipelineSync(connection) == 1;
  if (!sent) {
    lost_ = true;
    return FailConnection();
  }
  awaits_answer_ = true;
  std::vector<Rows> answers;
  Status status;
  for (bool synced = false; !synced;) {
    auto next = NextResult();
    if (!next.ok()) {
      awaits_answer_ = false;
      return std::move(next).status();
    }
    if (*next == nullptr) {
      if (PQstatus(connection) == CONNECTION_OK) continue;  // The end of one statement's results.
      status = FailConnection();
      break;
    }
    Rows rows(*next);
    switch (PQresultStatus(*next)) {
      case PGRES_PIPELINE_SYNC:
        synced = true;
        break;
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_EMPTY_QUERY:
        answers.push_back(std::move(rows));
        break;
      case PGRES_PIPELINE_ABORTED:
        break;  // Skipped after the error that was told before.
      default:
        if (status.ok()) status = FailWith(*next);
        synced = lost_;
    }
  }
  awaits_answer_ = false;
  if (!lost_ && PQexitPipelineMode(connection) != 1) lost_ = true;
  if (!status.ok()) return status;
  return answers;
}

// --- COPY

Status Connection::BeginCopy(const std::string& sql) {
  MATOME_RETURN_IF_ERROR(CheckUsable());
  MATOME_ASSIGN_OR_RETURN(const Rows rows,
                          Answer(PQsendQuery(connection_.get(), sql.c_str()) == 1));
  MATOME_DCHECK(rows.column_count() > 0);
  return {};
}

Status Connection::PutCopyData(std::span<const uint8_t> bytes) {
  MATOME_RETURN_IF_ERROR(CheckUsable());
  MATOME_RETURN_IF_ERROR(Flush());
  if (PQputCopyData(connection_.get(), reinterpret_cast<const char*>(bytes.data()),
                    static_cast<int>(bytes.size())) != 1 ||
      PQflush(connection_.get()) < 0) {
    return FailConnection();
  }
  return {};
}

base::Result<int64_t> Connection::EndCopy() {
  MATOME_RETURN_IF_ERROR(CheckUsable());
  MATOME_RETURN_IF_ERROR(Flush());
  MATOME_ASSIGN_OR_RETURN(const Rows rows, Answer(PQputCopyEnd(connection_.get(), nullptr) == 1));
  return rows.affected();
}

Status Connection::AbortCopy() {
  MATOME_RETURN_IF_ERROR(CheckUsable());
  const Error before = error_;
  const auto ended = Answer(PQputCopyEnd(connection_.get(), "given up") == 1);
  if (lost_) return error_.status;
  error_ = before;  // That the server refuses is what was asked for.
  return ended.ok() ? base::Failed("the server took a COPY that was given up") : Status();
}

// --- The rest

void Connection::Cancel() {
  if (!connection_) return;
  PGcancel* const cancel = PQgetCancel(connection_.get());
  if (cancel == nullptr) return;
  // PQcancel waits for the server without end, so it gets a thread that may be left behind.
  auto done = std::make_shared<std::promise<void>>();
  auto finished = done->get_future();
  std::thread([cancel, done] {
    std::array<char, 256> text{};
    PQcancel(cancel, text.data(), static_cast<int>(text.size()));
    PQfreeCancel(cancel);
    done->set_value();
  }).detach();
  finished.wait_for(kCancelLimit);
}

bool Connection::alive() {
  if (!connection_ || lost_ || PQstatus(connection_.get()) != CONNECTION_OK) return false;
  pollfd socket{.fd = PQsocket(connection_.get()), .events = POLLIN};
  // The end comes after a last message; others are notices.
  while (!lost_ && poll(&socket, 1, 0) > 0) lost_ = PQconsumeInput(connection_.get()) == 0;
  return !lost_;
}

bool Connection::in_transaction() const {
  return PQtransactionStatus(connection_.get()) != PQTRANS_IDLE;
}
int Connection::backend_pid() const { return PQbackendPID(connection_.get()); }
int Connection::server_version() const { return PQserverVersion(connection_.get()); }

std::string Connection::tls_version() const {
  const char* version = PQsslAttribute(connection_.get(), "protocol");
  return PQsslInUse(connection_.get()) == 0 || version == nullptr ? "" : version;
}

std::string Connection::Describe() const {
  const auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
  PGconn* const connection = connection_.get();
  return DescribePlace(text(PQuser(connection)), text(PQhost(connection)), text(PQport(connection)),
                       text(PQdb(connection)));
}

namespace {

std::string TakeText(char* text) {
  std::string taken(text == nullptr ? "" : text);
  PQfreemem(text);
  return taken;
}

}  // namespace

std::string Connection::Identifier(std::string_view name) {
  return TakeText(PQescapeIdentifier(connection_.get(), name.data(), name.size()));
}
std::string Connection::Literal(std::string_view text) {
  return TakeText(PQescapeLiteral(connection_.get(), text.data(), text.size()));
}

}  // namespace matome::pg
