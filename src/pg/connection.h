// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "pg/error.h"

struct pg_conn;
struct pg_result;

namespace matome::pg {

/// How to reach a database.
struct ConnectTarget {
  /// A URL or a text of key=value pairs, as libpq takes them. What it does not say comes from
  /// libpq's own sources: PG* variables, service file, .pgpass; then from our defaults.
  std::string conninfo;
  std::optional<std::string> password;  // Overrides what stands in `conninfo`. Never shown.
  /// The default where neither `conninfo` nor PGCONNECT_TIMEOUT says otherwise.
  std::chrono::seconds connect_timeout{10};
  /// Longest time without any progress in one wait for the server; then the connection is given up.
  std::chrono::milliseconds wait_limit = std::chrono::minutes(10);
  /// Waits end with kInterrupted soon after this becomes true. May be null; must outlive the
  /// connection.
  const std::atomic<bool>* stop = nullptr;
};

/// "postgresql://user@host:port/database", as it would be connected to. Never a password.
std::string Describe(const ConnectTarget& target);

/// kUsage if the target's text cannot be understood. The message quotes nothing of it but names of
/// parameters.
base::Status CheckTarget(const ConnectTarget& target);

/// Rows that the server answered with, as text.
class Rows {
 public:
  explicit Rows(pg_result* result) : result_(result) {}

  int count() const;
  int column_count() const;
  bool is_null(int row, int column) const;
  /// Empty for NULL. Valid as long as the rows.
  std::string_view text(int row, int column) const;
  std::optional<std::string> value(int row, int column) const;
  /// Rows inserted, updated, deleted or copied by the statement.
  int64_t affected() const;

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

using Param = std::optional<std::string>;  // Text form; absent is NULL.

struct Query {
  std::string sql;
  std::vector<Param> params;
};

/// One session of a PostgreSQL server. For one thread at a time; movable.
///
/// The session has UTF-8 texts, ISO dates, time zone UTC and nothing but pg_catalog in its search
/// path, so that every name must be qualified. Every failing call returns its status and leaves the
/// details in error(). Messages hold no password. After an error with Recovery::kReconnect the
/// connection only fails.
class Connection {
 public:
  /// kDatabaseUnavailable if there is no answer or no access; `error`, if given, says whether
  /// trying again may help.
  static base::Result<Connection> Open(const ConnectTarget& target, Error* error = nullptr);

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// One statement or several with ';' between them; several are one transaction unless they say
  /// otherwise, and the rows are the last one's.
  base::Result<Rows> Exec(const std::string& sql);

  /// One statement with $1, $2, … for `params`.
  base::Result<Rows> ExecParams(const std::string& sql, std::span<const Param> params);
  base::Result<Rows> ExecParams(const std::string& sql, std::initializer_list<Param> params) {
    return ExecParams(sql, std::span(params.begin(), params.size()));
  }

  /// All in one round trip. Without BEGIN among them they are one transaction. The first error
  /// skips the rest.
  base::Result<std::vector<Rows>> ExecPipeline(std::span<const Query> queries);

  /// Starts `COPY … FROM STDIN`. Nothing but the next three may then be called until EndCopy() or
  /// AbortCopy().
  base::Status BeginCopy(const std::string& sql);
  /// Hands bytes over. Returns when all earlier ones have left the program, so at most these are
  /// held back.
  base::Status PutCopyData(std::span<const uint8_t> bytes);
  /// The number of rows copied.
  base::Result<int64_t> EndCopy();
  /// Makes the server refuse what was copied so far.
  base::Status AbortCopy();

  /// Asks the server to cancel what it does for this connection; waits two seconds at most.
  void Cancel();

  /// Whether the server has not closed the connection. Asks the socket, not the server.
  bool alive();
  bool in_transaction() const;
  /// Details of the latest failed call.
  const Error& error() const { return error_; }

  int backend_pid() const;
  int server_version() const;  // 150018 is 15.18.
  /// "TLSv1.3", or empty without TLS.
  std::string tls_version() const;
  std::string Describe() const;

  /// As an SQL identifier or literal, quoted.
  std::string Identifier(std::string_view name);
  std::string Literal(std::string_view text);

  void set_wait_limit(std::chrono::milliseconds limit) { wait_limit_ = limit; }

 private:
  struct Finish {
    void operator()(pg_conn* connection) const;
  };

  Connection() = default;
  base::Status Connect(const ConnectTarget& target);
  base::Status WaitForConnect(std::chrono::seconds timeout, bool& timed_out);
  base::Status StartSession();
  base::Status CheckUsable();
  /// Waits until the socket is readable or, with `write`, writable.
  base::Status WaitForSocket(bool write);
  base::Status Flush();
  /// The next result, null after a statement's last one.
  base::Result<pg_result*> NextResult();
  /// Takes the results of one statement; the rows of the last, or the first error.
  base::Result<Rows> TakeResults();
  base::Result<Rows> Answer(bool sent);
  base::Status Fail(Error error);
  base::Status FailWith(const pg_result* result);
  base::Status FailConnection();
  base::Status GiveUp(base::Code code, std::string message);

  std::unique_ptr<pg_conn, Finish> connection_;
  std::chrono::milliseconds wait_limit_{};
  const std::atomic<bool>* stop_ = nullptr;
  bool awaits_answer_ = false;
  bool lost_ = false;
  Error error_;
};

}  // namespace matome::pg
