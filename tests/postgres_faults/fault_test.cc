// SPDX-License-Identifier: Apache-2.0
#include "postgres_faults/fault_test.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace matome::postgres_faults {

using testing::MustExec;
using testing::TcpProxy;

namespace {

constexpr std::string_view kSource = "3f0c7c1e-5d0e-4d5e-9d43-1c7c6a5b8f21";
constexpr std::string_view kOtherSource = "99999999-5d0e-4d5e-9d43-1c7c6a5b8f21";
constexpr std::string_view kMonth = "2025-10";
constexpr int kDays = 4;

/// A schema that Koku has worked in: periods, keys, and rows that a summary must leave alone.
std::string TenantSql() {
  std::string sql = fmt::format(
      "SET search_path TO org1234567;"
      "INSERT INTO reporting_tenant_api_provider (uuid, name, type)"
      " VALUES ('{0}', 'ours', 'OCP'), ('{1}', 'other', 'OCP');"
      "INSERT INTO reporting_ocpusagereportperiod (id, cluster_id, report_period_start,"
      " report_period_end, provider_id) VALUES"
      " (7, 'ours', '2025-10-01', '2025-11-01', '{0}'),"
      " (8, 'other', '2025-10-01', '2025-11-01', '{1}');"
      "INSERT INTO reporting_enabledtagkeys SELECT gen_random_uuid(), key, true, 'OCP'"
      " FROM unnest(ARRAY['app', 'team', 'version', 'pod_template_hash']) AS key;",
      kSource, kOtherSource);
  // Of another cluster; and ours with the costs of a cloud.
  for (const auto& [period, source, cost] :
       {std::tuple(8, kOtherSource, "NULL"), std::tuple(7, kSource, "12.5")}) {
    sql += fmt::format(
        "INSERT INTO reporting_ocpusagelineitem_daily_summary (uuid, report_period_id, usage_start,"
        " usage_end, source_uuid, namespace, pod_usage_cpu_core_hours, infrastructure_raw_cost)"
        " SELECT gen_random_uuid(), {}, day, day, '{}', 'foreign', 1.5, {} FROM"
        " generate_series(date '2025-10-01', '2025-10-{:02}', '1 day') AS day;",
        period, source, cost, kDays);
  }
  return sql;
}

Days ByDay(const pg::Rows& rows) {
  Days days;
  for (int row = 0; row < rows.count(); ++row)
    days[std::string(rows.text(row, 0))] = rows.text(row, 1);
  return days;
}

std::string RowsSql() {
  return fmt::format(
      "SELECT usage_start, pg_catalog.count(*) || ' rows ' || md5(string_agg(r, ',' ORDER BY r))"
      " FROM (SELECT usage_start, (to_jsonb(s) - 'uuid')::text AS r FROM {} AS s) AS rows"
      " GROUP BY 1",
      kTable);
}

std::string TotalsSql() {
  return fmt::format(
      "SELECT usage_start, pg_catalog.count(*) || ' rows, ' || sum(pod_usage_cpu_core_hours) ||"
      " ' core hours, ' || sum(persistentvolumeclaim_usage_gigabyte_months) || ' GiB months'"
      " FROM {} GROUP BY 1",
      kTable);
}

/// A session that is not taken for one of the program's.
std::string ObserverUrl(const testing::PostgresServer& server, const std::string& database) {
  return server.Url(database) + "?application_name=observer";
}

pg::Connection Observe(const testing::PostgresServer& server, const std::string& database) {
  auto connection = pg::Connection::Open({.conninfo = ObserverUrl(server, database)});
  if (!connection.ok()) {
    fmt::print(stderr, "{}\n", connection.status().message());
    std::exit(1);
  }
  return std::move(connection).value();
}

Version ReadVersion(testing::PostgresServer& server, const std::string& database) {
  auto admin = Observe(server, database);
  return {.rows = ByDay(MustExec(admin, RowsSql())), .totals = ByDay(MustExec(admin, TotalsSql()))};
}

std::string TablesSql() {
  return "SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid ="
         " c.relnamespace WHERE n.nspname NOT LIKE ALL ('{pg\\_catalog,pg\\_toast%,inform%}')"
         " ORDER BY 1, 2";
}

void Must(const std::vector<std::string>& arguments) {
  const Ended ended = RunToEnd(arguments);
  if (ended.exit_code == 0) return;
  fmt::print(stderr, "{} ends with {}:\n{}\n", fmt::join(arguments, " "), ended.exit_code,
             ended.output);
  std::exit(1);
}

std::vector<std::string> SummarizeWords(const std::string& lake, const std::string& url) {
  return {"summarize",      lake,
          "--output",       url,
          "--schema",       std::string(testing::kTenant),
          "--month",        std::string(kMonth),
          "--lock-timeout", "60"};
}

std::string ProxyUrl(const TcpProxy& proxy, const std::string& database) {
  return fmt::format("postgresql://matome@127.0.0.1:{}/{}", proxy.port(), database);
}

}  // namespace

// --- World

World& World::Get() {
  static World world;
  return world;
}

World::World() {
  Generate(old_lake_, 1);
  Generate(new_lake_, 2);
  old_database_ = server_.CreateDatabase();
  {
    auto admin = server_.Connect(old_database_);
    MustExec(admin, TenantSql());
  }
  // Rows depend on what is known of nodes, so both lakes' nodes are known first.
  for (const auto& lake : {old_lake_, new_lake_, old_lake_}) {
    auto words = SummarizeWords(lake, server_.Url(old_database_));
    words.emplace_back("--fill-reference-tables");
    Must(words);
  }
  blank_database_ = CopyOld();
  {
    auto admin = server_.Connect(blank_database_);
    MustExec(admin, fmt::format("DELETE FROM {} WHERE source_uuid = '{}' AND"
                                " infrastructure_raw_cost IS NULL; DROP SCHEMA matome CASCADE",
                                kTable, kSource));
  }
  blank_ = ReadVersion(server_, blank_database_);
  old_ = ReadVersion(server_, old_database_);
  const std::string database = CopyOld();
  TcpProxy proxy(server_.port());
  Must(SummarizeWords(new_lake_, ProxyUrl(proxy, database)));
  run_bytes_ = {proxy.forwarded(TcpProxy::Flow::kToServer),
                proxy.forwarded(TcpProxy::Flow::kToClient)};
  new_ = ReadVersion(server_, database);
  {
    auto admin = server_.Connect(database);
    tables_ = testing::Table(admin, TablesSql());
  }
  const std::string fresh = CopyBlank();
  Must(SummarizeWords(old_lake_, server_.Url(fresh)));
  bool right = ReadVersion(server_, fresh) == old_ && old_.rows.size() == kDays;
  for (const auto& [day, rows] : old_.rows) {
    right = right && rows != new_.rows[day] && rows != blank_.rows[day] &&
            old_.totals[day] != new_.totals[day];
  }
  if (!right) {
    fmt::print(stderr, "the lakes should give each day other rows\n");
    std::exit(1);
  }
}

void World::Generate(const std::string& lake, int seed) {
  Must({"generate",
        "--output",
        lake,
        "--source",
        std::string(kSource),
        "--schema",
        std::string(testing::kTenant),
        "--month",
        std::string(kMonth),
        "--days",
        std::to_string(kDays),
        "--nodes",
        "4",
        "--pods-per-node",
        "50",
        "--namespaces",
        "30",
        "--seed",
        std::to_string(seed),
        "--quiet"});
}

std::string World::Copy(const std::string& database) {
  const std::string copy = fmt::format("copy_{}", ++copies_);
  auto admin = server_.Connect("postgres");
  // The sessions of a run may end a little later than the run.
  const std::string end_sessions = fmt::format(
      "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = '{}'",
      database);
  MustExec(admin, end_sessions);
  MustExec(admin, fmt::format("CREATE DATABASE {} TEMPLATE {}", copy, database));
  return copy;
}

Version Read(const std::string& database) { return ReadVersion(World::Get().server(), database); }

// --- DayReader

DayReader::DayReader(std::string database, const Version& before, const Version& after)
    : database_(std::move(database)),
      versions_{&before.totals, &after.totals},
      thread_([this] { Poll(); }) {}

DayReader::~DayReader() {
  ends_ = true;
  thread_.join();
  EXPECT_EQ(wrong_, "");
  EXPECT_GT(polls_, 0);
}

void DayReader::Poll() {
  const pg::ConnectTarget target{.conninfo = ObserverUrl(World::Get().server(), database_)};
  auto connection = pg::Connection::Open(target);
  while (!ends_ || polls_ == 0) {
    if (connection.ok()) {
      const auto rows = connection->Exec(TotalsSql());
      if (rows.ok()) {
        Check(ByDay(*rows));
        ++polls_;
        // The machine is to have time for others, too.
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        continue;
      }
    }
    connection = pg::Connection::Open(target);
  }
}

void DayReader::Check(const Days& totals) {
  if (!wrong_.empty()) return;
  if (totals.size() != kDays) wrong_ = fmt::format("only {} days are there", totals.size());
  for (const auto& [day, text] : totals) {
    if (text == versions_[0]->at(day) || text == versions_[1]->at(day)) continue;
    wrong_ += fmt::format("{} has {}, should have {} or {}; ", day, text, versions_[0]->at(day),
                          versions_[1]->at(day));
  }
}

// --- Moments

std::string_view NameOf(Moment moment) {
  switch (moment) {
    case Moment::kDeleteAnswered:
      return "delete answered";
    case Moment::kCopyBegins:
      return "copy begins";
    case Moment::kCommitSent:
      return "commit sent";
    case Moment::kCommitUnanswered:
      return "commit unanswered";
  }
  return "";
}

namespace {

/// How far the day is that a connection writes.
struct DayProgress {
  enum class Stage : uint8_t { kNone, kDeletes, kDeleted, kCopies, kCopied, kCommits };

  /// The moment that `chunk` stands for.
  std::optional<Moment> See(const TcpProxy::Chunk& chunk) {
    if (chunk.flow == TcpProxy::Flow::kToClient) {
      if (stage == Stage::kDeletes) {
        stage = Stage::kDeleted;
        return Moment::kDeleteAnswered;
      }
      if (stage == Stage::kCommits) {
        stage = Stage::kNone;
        return Moment::kCommitUnanswered;
      }
      return std::nullopt;
    }
    // A word may be cut by the end of a chunk.
    const std::string text = tail + std::string(chunk.bytes);
    tail = text.substr(text.size() - std::min<size_t>(text.size(), 16));
    const auto has = [&](std::string_view word) { return text.find(word) != std::string::npos; };
    if (has("DELETE FROM")) {
      stage = Stage::kDeletes;
    } else if (stage == Stage::kDeleted && has("FROM STDIN")) {
      stage = Stage::kCopies;
    } else if (stage == Stage::kCopies) {
      stage = Stage::kCopied;
      return Moment::kCopyBegins;
    } else if (stage == Stage::kCopied && has(std::string_view("COMMIT\0", 7))) {
      stage = Stage::kCommits;
      return Moment::kCommitSent;
    }
    return std::nullopt;
  }

  Stage stage = Stage::kNone;
  std::string tail;
};

}  // namespace

TcpProxy::Watcher AtMoment(Moment moment, int count, std::function<TcpProxy::Verdict()> act) {
  return [moment, count, act = std::move(act),
          days = std::map<int, DayProgress>()](const TcpProxy::Chunk& chunk) mutable {
    const auto seen = days[chunk.connection].See(chunk);
    const bool now = seen == moment && --count == 0;
    return now ? act() : TcpProxy::Verdict::kForward;
  };
}

// --- FaultTest

std::vector<std::string> FaultTest::SummarizeNew(const std::string& url) const {
  return SummarizeWords(world_.new_lake(), url);
}

std::string FaultTest::Url(const std::string& parameters) const {
  return fmt::format("{}?{}", ProxyUrl(proxy_, database_), parameters);
}

pg::Connection FaultTest::Connect() const { return Observe(world_.server(), database_); }

std::string FaultTest::Query(const std::string& sql) const {
  auto admin = Connect();
  return testing::Table(admin, sql);
}

int FaultTest::CountNewDays() const {
  int count = 0;
  for (const auto& [day, rows] : Rows()) {
    if (rows == world_.new_version().rows.at(day)) {
      ++count;
    } else {
      EXPECT_EQ(rows, before_.rows.at(day)) << day;
    }
  }
  return count;
}

void FaultTest::ExpectNoLocks() const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const std::string sessions =
      "SELECT pid, state, query FROM pg_stat_activity WHERE application_name = 'matome' AND datname"
      " = current_database()";
  std::string left = Query(sessions);
  while (!left.empty() && std::chrono::steady_clock::now() < deadline) left = Query(sessions);
  EXPECT_EQ(left, "");
  EXPECT_EQ(Query("SELECT locktype, pid FROM pg_locks WHERE locktype = 'advisory' AND database ="
                  " (SELECT oid FROM pg_database WHERE datname = current_database())"),
            "");
  EXPECT_EQ(Query("SELECT gid FROM pg_prepared_xacts"), "");
}

void FaultTest::ExpectNextRunIsRight() const {
  CountNewDays();
  const Ended ended = RunToEnd(SummarizeNew(DirectUrl()));
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  EXPECT_EQ(Rows(), world_.new_version().rows);
  ExpectNoLocks();
  EXPECT_EQ(Query(TablesSql()), world_.tables());
}

::testing::internal::ParamGenerator<uint32_t> Seeds(uint32_t count) {
  if (const char* text = std::getenv("MATOME_SEEDS"))
    count = static_cast<uint32_t>(std::atoi(text));
  return ::testing::Range(1U, count + 1);
}

}  // namespace matome::postgres_faults
