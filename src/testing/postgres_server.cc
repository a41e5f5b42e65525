// SPDX-License-Identifier: Apache-2.0
#include "testing/postgres_server.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <sys/wait.h>

#include "testing/server_process.h"

namespace matome::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kPatience = 60s;
constexpr std::string_view kTemplate = "matome_template";

[[noreturn]] void Die(const std::string& reason) {
  std::fprintf(stderr, "PostgresServer: %s\n", reason.c_str());
  std::exit(1);
}

/// The folder of initdb and postgres: the newest below Debian's, else that of PATH.
fs::path ServerPrograms() {
  fs::path newest;
  int newest_version = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const int version = std::atoi(entry.path().filename().c_str());
    if (version > newest_version && fs::exists(entry.path() / "bin/initdb")) {
      newest_version = version;
      newest = entry.path() / "bin";
    }
  }
  if (!newest.empty()) return newest;
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const fs::path folder = rest.substr(0, rest.find(':'));
    if (fs::exists(folder / "initdb")) return folder;
    rest.remove_prefix(std::min(rest.size(), folder.native().size() + 1));
  }
  Die("no PostgreSQL server is installed (looked for initdb): run tools/bootstrap.sh");
}

/// PostgreSQL refuses to run as root.
const passwd* Unprivileged() {
  if (geteuid() != 0) return nullptr;
  const passwd* user = getpwnam("nobody");
  if (user == nullptr) Die("there is no user nobody to run the server as");
  return user;
}

/// A process of the unprivileged user that ends with this one.
pid_t SpawnUnprivileged(std::vector<std::string> words, std::string log, std::string directory) {
  return Spawn({.words = std::move(words),
                .environment = EnvironmentWithout({}),
                .log = std::move(log),
                .directory = std::move(directory),
                .user = Unprivileged()});
}

std::string MakeDirectory(const fs::path& parent) {
  std::string name = MakeScratchDirectory(parent, "matome-postgres");
  if (name.empty()) Die("cannot make a folder in " + parent.string());
  return name;
}

/// Gives a folder, and all in it, to the user that the server runs as.
void HandOver(const fs::path& directory) {
  const passwd* user = Unprivileged();
  if (user == nullptr) return;
  const auto give = [&](const fs::path& path) {
    if (lchown(path.c_str(), user->pw_uid, user->pw_gid) != 0) Die("chown " + path.string());
  };
  give(directory);
  for (const auto& entry : fs::recursive_directory_iterator(directory)) give(entry.path());
}

std::string TenantSql(std::string_view schema) {
  std::string sql = ReadWholeFile(fs::path(MATOME_SOURCE_DIR) / "tests/postgres/schema.sql");
  if (sql.empty()) Die("tests/postgres/schema.sql is not there");
  for (size_t at = 0; (at = sql.find(kTenant, at)) != std::string::npos; at += schema.size()) {
    sql.replace(at, kTenant.size(), schema);
  }
  return sql;
}

void InitialiseCluster(const std::string& directory) {
  const std::string log = directory + "/initdb.log";
  const pid_t process = SpawnUnprivileged(
      {(ServerPrograms() / "initdb").string(), "-D", directory + "/data", "-U", "matome", "-A",
       "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--wal-segsize=1"},
      log, directory);
  int status = 0;
  if (waitpid(process, &status, 0) != process || status != 0) Die("initdb: " + ReadWholeFile(log));
  std::ofstream(directory + "/data/pg_hba.conf")
      << "host all locked 127.0.0.1/32 scram-sha-256\n"
         "host all all 127.0.0.1/32 trust\nlocal all all trust\n";
}

}  // namespace

PostgresServer::PostgresServer(PostgresOptions options) : options_(std::move(options)) {
  const fs::path parent = options_.parent_directory.empty() ? fs::temp_directory_path()
                                                            : fs::path(options_.parent_directory);
  const fs::path programs = ServerPrograms();
  const std::string wanted = TenantSql(kTenant) + programs.string() + "1";
  const fs::path cluster =
      fs::path(MATOME_BINARY_DIR) /
      fmt::format("postgres-cluster-{:016x}", std::hash<std::string>()(wanted));
  if (!fs::exists(cluster)) {
    // Made beside its place, as other test programs may be at it, too.
    directory_ = MakeDirectory(parent);
    HandOver(directory_);
    InitialiseCluster(directory_);
    Start();
    pg::Connection first = Connect("postgres");
    MustExec(first, "CREATE ROLE locked LOGIN PASSWORD 'correct horse'");
    MustExec(first, fmt::format("CREATE DATABASE {}", kTemplate));
    CreateTenant(std::string(kTemplate), std::string(kTenant));
    Stop(SIGINT);
    const std::string place = MakeDirectory(MATOME_BINARY_DIR);
    fs::copy(directory_ + "/data", place + "/data", fs::copy_options::recursive);
    std::error_code taken;
    fs::rename(place, cluster, taken);
    if (taken) fs::remove_all(place);
    fs::remove_all(directory_);
  }
  directory_ = MakeDirectory(parent);
  fs::copy(cluster / "data", directory_ + "/data", fs::copy_options::recursive);
  fs::permissions(directory_ + "/data", fs::perms::owner_all);
  HandOver(directory_);
  Start();
}

PostgresServer::~PostgresServer() {
  Stop(SIGQUIT);
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

PostgresServer& PostgresServer::Shared() {
  static PostgresServer server;
  return server;
}

void PostgresServer::Launch() {
  std::vector<std::string> command = {(ServerPrograms() / "postgres").string(),
                                      "-D",
                                      directory_ + "/data",
                                      "-p",
                                      std::to_string(port_),
                                      "-k",
                                      directory_};
  const auto set = [&](const std::string& setting) {
    command.insert(command.end(), {"-c", setting});
  };
  set("listen_addresses=127.0.0.1");
  set("shared_buffers=32MB");
  set("max_wal_size=256MB");
  set("autovacuum=off");
  set("jit=off");
  if (!options_.fsync) {
    set("fsync=off");
    set("full_page_writes=off");
  }
  for (const auto& setting : options_.settings) set(setting);
  process_ = SpawnUnprivileged(command, directory_ + "/log", directory_);
}

bool PostgresServer::Answers() const { return pg::Connection::Open({Url("postgres")}).ok(); }

void PostgresServer::Start() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const bool any_port = port_ == 0;
  if (any_port) port_ = FreePort();
  Launch();
  while (!Answers()) {
    if (std::chrono::steady_clock::now() > deadline) Die("no answer; its log:\n" + Log());
    std::this_thread::sleep_for(10ms);
    // It ends at once if its port was taken meanwhile, or if processes of a killed one still live.
    if (waitpid(process_, nullptr, WNOHANG) == process_) {
      if (any_port) port_ = FreePort();
      Launch();
    }
  }
}

void PostgresServer::Stop(int signal) {
  if (process_ < 0) return;
  kill(process_, signal);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

void PostgresServer::Kill() { Stop(SIGKILL); }

std::string PostgresServer::CreateDatabase() {
  const std::string name = fmt::format("test_{}", ++databases_);
  pg::Connection connection = Connect("postgres");
  MustExec(connection, fmt::format("CREATE DATABASE {} TEMPLATE {}", name, kTemplate));
  return name;
}

std::string PostgresServer::CreateCollatedDatabase() {
  const std::string name = fmt::format("test_{}", ++databases_);
  pg::Connection connection = Connect("postgres");
  MustExec(connection, fmt::format("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'"
                                   " LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'",
                                   name));
  CreateTenant(name, std::string(kTenant));
  return name;
}

void PostgresServer::CreateTenant(const std::string& database, const std::string& schema) {
  pg::Connection connection = Connect(database);
  MustExec(connection, TenantSql(schema));
}

std::string PostgresServer::Url(const std::string& database, const std::string& user) const {
  return fmt::format("postgresql://{}@127.0.0.1:{}/{}", user, port_, database);
}

std::string PostgresServer::SocketUrl(const std::string& database) const {
  return fmt::format("postgresql://matome@/{}?host={}&port={}", database, directory_, port_);
}

pg::Connection PostgresServer::Connect(const std::string& database) const {
  auto connection = pg::Connection::Open({Url(database)});
  if (!connection.ok()) Die(connection.status().message() + "\n" + Log());
  return std::move(connection).value();
}

std::string PostgresServer::Log() const { return ReadWholeFile(directory_ + "/log"); }

pg::Rows MustExec(pg::Connection& connection, const std::string& sql) {
  auto rows = connection.Exec(sql);
  if (!rows.ok()) Die(rows.status().message() + "\nin " + sql.substr(0, 500));
  return std::move(rows).value();
}

std::string Table(pg::Connection& connection, const std::string& sql) {
  const pg::Rows rows = MustExec(connection, sql);
  std::string table;
  for (int row = 0; row < rows.count(); ++row) {
    for (int column = 0; column < rows.column_count(); ++column) {
      if (column > 0) table += '|';
      table += rows.is_null(row, column) ? "NULL" : rows.text(row, column);
    }
    table += '\n';
  }
  return table;
}

}  // namespace matome::testing
