// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "pg/connection.h"

namespace matome::testing {

/// The tenant that every database of a PostgresServer starts with (tests/postgres/schema.sql).
inline constexpr std::string_view kTenant = "org1234567";

struct PostgresOptions {
  bool fsync = false;
  std::vector<std::string> settings;  // "max_connections=20"; they win over the fixture's own.
  std::string parent_directory;  // Where the server's folder is made; empty: the temporary folder.
};

/// A PostgreSQL server of its own for a test: on a free port of 127.0.0.1 and on a Unix socket,
/// gone with the object, or with the process if that dies. As root it runs as `nobody`. Whatever
/// keeps it from running ends the process with the reason: a test never passes without it.
///
/// A cluster is initialised once, in the build directory, and copied after that.
class PostgresServer {
 public:
  explicit PostgresServer(PostgresOptions options = {});
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  /// The one that the tests of a process share.
  static PostgresServer& Shared();

  /// A new database that holds the tenant kTenant; its name. Texts are in the order of bytes.
  std::string CreateDatabase();
  /// The same with texts in the order of English dictionaries, where a comes before B.
  std::string CreateCollatedDatabase();
  /// Loads tests/postgres/schema.sql with another name.
  void CreateTenant(const std::string& database, const std::string& schema);

  /// Of the superuser `matome`, who needs no password. `locked` is a user without rights whose
  /// password is "correct horse" and who must give it.
  std::string Url(const std::string& database, const std::string& user = "matome") const;
  /// The same over the Unix socket.
  std::string SocketUrl(const std::string& database) const;
  pg::Connection Connect(const std::string& database) const;

  /// kill -9, and waits until the server is gone.
  void Kill();
  /// Starts it again at the same port, and waits until it answers.
  void Start();

  uint16_t port() const { return port_; }
  const std::string& directory() const { return directory_; }
  /// What the server logged so far.
  std::string Log() const;

 private:
  void Launch();
  void Stop(int signal);
  bool Answers() const;

  PostgresOptions options_;
  std::string directory_;
  uint16_t port_ = 0;
  pid_t process_ = -1;
  int databases_ = 0;
};

/// Runs `sql`; a failure ends the process with the reason.
pg::Rows MustExec(pg::Connection& connection, const std::string& sql);

/// The rows of a query as one text: fields with '|', NULL as "NULL", a line per row.
std::string Table(pg::Connection& connection, const std::string& sql);

}  // namespace matome::testing
