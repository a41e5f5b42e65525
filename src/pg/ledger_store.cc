// SPDX-License-Identifier: Apache-2.0
#include "pg/ledger_store.h"

#include <array>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/ledger_json.h"
#include "pg/advisory_lock.h"

namespace matome::pg {
namespace {

using base::Code;
using base::Status;
using nlohmann::json;

/// Migrations[n] leads from version n to n + 1.
constexpr std::array<std::string_view, kLedgerVersion> kMigrations = {
    "CREATE TABLE matome.version (version integer PRIMARY KEY,"
    " at timestamptz NOT NULL DEFAULT pg_catalog.now());"
    "CREATE SEQUENCE matome.run_number;"
    "CREATE TABLE matome.day ("
    " tenant_schema text NOT NULL, source_uuid uuid NOT NULL, day date NOT NULL,"
    " fence bigint NOT NULL, program text NOT NULL, options text NOT NULL,"
    " reference text NOT NULL, node_roles text NOT NULL, input text NOT NULL,"
    " rows bigint NOT NULL, incomplete boolean NOT NULL, pod_rows_in bigint NOT NULL,"
    " details jsonb NOT NULL, quarantined jsonb NOT NULL, run_id text NOT NULL,"
    " written_at timestamptz NOT NULL DEFAULT pg_catalog.now(),"
    " PRIMARY KEY (tenant_schema, source_uuid, day))",
};

constexpr std::string_view kKeys = "tenant_schema = $1 AND source_uuid = $2";

int64_t Integer(std::string_view text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// jsonb takes no U+0000, wherever it stands.
std::string JsonbText(const auto& value) {
  std::string text =
      value.dump(-1, ' ', false, std::decay_t<decltype(value)>::error_handler_t::replace);
  constexpr std::string_view kNul = "\\u0000";
  for (size_t at = text.find(kNul); at != std::string::npos; at = text.find(kNul, at)) {
    // An even count of backslashes before it makes it a text of its own: "\\u0000".
    size_t slashes = 0;
    while (slashes < at && text[at - slashes - 1] == '\\') ++slashes;
    if (slashes % 2 == 0) text.replace(at, kNul.size(), "\\ufffd");
    at += kNul.size();
  }
  return text;
}

Status WithGrant(Connection& connection, const Status& status, std::string_view grant) {
  if (connection.error().sqlstate != "42501") return status;
  return {status.code(), fmt::format("{}; the ledger needs: {}; or run with --no-ledger, which "
                                     "redoes every day",
                                     status.message(), grant)};
}

Status Migrate(Connection& connection) {
  MATOME_RETURN_IF_ERROR(
      connection
          .ExecParams("SELECT pg_catalog.pg_advisory_xact_lock($1, $2)",
                      {std::to_string(kSetupLockClass), std::to_string(LockHash({"matome"}))})
          .status());
  MATOME_ASSIGN_OR_RETURN(int version, FindLedger(connection));
  MATOME_ASSIGN_OR_RETURN(
      const Rows schema,
      connection.Exec("SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'matome'"));
  // Asked for first: IF NOT EXISTS wants the privilege even for a schema that an administrator
  // made.
  if (schema.count() == 0) MATOME_RETURN_IF_ERROR(connection.Exec("CREATE SCHEMA matome").status());
  for (; version < kLedgerVersion; ++version) {
    MATOME_RETURN_IF_ERROR(
        connection.Exec(std::string(kMigrations[static_cast<size_t>(version)])).status());
    MATOME_RETURN_IF_ERROR(connection
                               .ExecParams("INSERT INTO matome.version (version) VALUES ($1)",
                                           {std::to_string(version + 1)})
                               .status());
  }
  return {};
}

}  // namespace

base::Result<int> FindLedger(Connection& connection) {
  MATOME_ASSIGN_OR_RETURN(
      const Rows there,
      connection.Exec("SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON "
                      "n.oid = c.relnamespace WHERE n.nspname = 'matome' AND c.relname = "
                      "'version'"));
  if (there.count() == 0) return 0;
  const auto rows = connection.Exec("SELECT pg_catalog.max(version) FROM matome.version");
  if (!rows.ok()) {
    return WithGrant(connection, rows.status(),
                     "GRANT USAGE ON SCHEMA matome, SELECT ON ALL TABLES IN SCHEMA matome");
  }
  const auto version = static_cast<int>(Integer(rows->text(0, 0)));
  if (version > kLedgerVersion) {
    return Status(Code::kSchemaMismatch,
                  fmt::format("the ledger in schema matome has version {}, this program knows up "
                              "to {}; use the newer program that made it",
                              version, kLedgerVersion));
  }
  return version;
}

Status MakeLedger(Connection& connection) {
  MATOME_ASSIGN_OR_RETURN(const int version, FindLedger(connection));
  if (version == kLedgerVersion) return {};
  MATOME_RETURN_IF_ERROR(connection.Exec("BEGIN ISOLATION LEVEL READ COMMITTED").status());
  Status status = Migrate(connection);
  if (status.ok()) return connection.Exec("COMMIT").status();
  if (connection.error().status.message() == status.message()) {
    status = WithGrant(connection, status, "GRANT CREATE ON DATABASE");
  }
  return connection.Exec("ROLLBACK").ok() ? status : connection.error().status;
}

base::Result<int64_t> TakeRunNumber(Connection& connection) {
  const auto rows = connection.Exec("SELECT pg_catalog.nextval('matome.run_number')");
  if (!rows.ok()) {
    return WithGrant(connection, rows.status(),
                     "GRANT USAGE ON SEQUENCE matome.run_number, SELECT, INSERT, UPDATE ON TABLE "
                     "matome.day");
  }
  return Integer(rows->text(0, 0));
}

Query SelectDays(const MonthKey& key, model::DayRange days) {
  return {fmt::format("SELECT day, program, options, reference, node_roles, input, rows,"
                      " incomplete, pod_rows_in, details, run_id FROM matome.day"
                      " WHERE {} AND day BETWEEN $3 AND $4",
                      kKeys),
          {key.schema, key.source_uuid, days.first.ToString(), days.last.ToString()}};
}

std::map<model::Day, model::LedgerDay> ReadDays(const Rows& rows,
                                                std::vector<std::string>& warnings) {
  std::map<model::Day, model::LedgerDay> days;
  for (int row = 0; row < rows.count(); ++row) {
    const auto text = [&](int column) { return std::string(rows.text(row, column)); };
    const auto day = model::Day::Parse(rows.text(row, 0));
    auto result = model::DayResultFromJson(json::parse(rows.text(row, 9), nullptr, false));
    if (!day || !result.ok()) {
      warnings.push_back(
          fmt::format("the ledger's row of {} cannot be used ({}); the day is redone",
                      rows.text(row, 0), result.status().message()));
      continue;
    }
    model::LedgerDay& entry = days[*day];
    entry = {.fingerprint = {.program = text(1),
                             .options = text(2),
                             .reference = text(3),
                             .node_roles = text(4),
                             .input = text(5)},
             .incomplete = rows.text(row, 7) == "t",
             .pod_rows_in = Integer(rows.text(row, 8)),
             .result = std::move(result).value(),
             .run_id = text(10)};
    if (rows.text(row, 6) != "0") entry.stamp = text(6);
    entry.result.day = *day;
  }
  return days;
}

Query SelectMark(const MonthKey& key, model::Day day) {
  return {
      fmt::format("SELECT fence, run_id FROM matome.day WHERE {} AND day = $3 FOR UPDATE", kKeys),
      {key.schema, key.source_uuid, day.ToString()}};
}

DayWriterMark ReadMark(const Rows& rows) {
  if (rows.count() == 0) return {};
  return {.fence = Integer(rows.text(0, 0)), .run_id = std::string(rows.text(0, 1))};
}

Query UpsertDay(const MonthKey& key, model::Day day, int64_t fence, const model::LedgerDay& entry,
                int64_t rows, std::span<const model::BadInput> quarantined) {
  auto bad = nlohmann::ordered_json::array();
  for (const auto& each : quarantined) bad.push_back(model::ToJson(each));
  const auto& fingerprint = entry.fingerprint;
  return {
      "INSERT INTO matome.day (tenant_schema, source_uuid, day, fence, program, options,"
      " reference, node_roles, input, rows, incomplete, pod_rows_in, details, quarantined,"
      " run_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
      " ON CONFLICT (tenant_schema, source_uuid, day) DO UPDATE SET (fence, program, options,"
      " reference, node_roles, input, rows, incomplete, pod_rows_in, details, quarantined,"
      " run_id, written_at) = (excluded.fence, excluded.program, excluded.options,"
      " excluded.reference, excluded.node_roles, excluded.input, excluded.rows,"
      " excluded.incomplete, excluded.pod_rows_in, excluded.details, excluded.quarantined,"
      " excluded.run_id, excluded.written_at)",
      {key.schema, key.source_uuid, day.ToString(), std::to_string(fence), fingerprint.program,
       fingerprint.options, fingerprint.reference, fingerprint.node_roles, fingerprint.input,
       std::to_string(rows), entry.incomplete ? "t" : "f", std::to_string(entry.pod_rows_in),
       JsonbText(model::ToJson(entry.result)), JsonbText(bad), entry.run_id}};
}

}  // namespace matome::pg
