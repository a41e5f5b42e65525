// SPDX-License-Identifier: Apache-2.0
#include "doctor/database_checks.h"

#include <fmt/format.h>

#include "pg/doctor_queries.h"
#include "pg/ledger_store.h"
#include "pg/partitions.h"
#include "pg/reference_reader.h"
#include "pg/summary_table.h"

namespace matome::doctor {
namespace {

constexpr int kOldestServer = 120000;
constexpr double kSlowRoundTripSeconds = 0.05;

std::string_view RemedyOf(const base::Status& status) {
  switch (status.code()) {
    case base::Code::kSchemaMismatch:
      return "check --schema; a tenant's tables are made by Koku's migrations";
    case base::Code::kDatabaseUnavailable:
      return "check address, user and password, and what the user may do (docs/operations.md)";
    default:
      return "see the message";
  }
}

class DatabaseChecks {
 public:
  DatabaseChecks(const sink::PostgresTarget& target, const DatabaseWork& work)
      : target_(target), work_(work) {}

  Checks Run() && {
    auto connection = pg::Connection::Open(target_.connection);
    if (!connection.ok()) {
      Fail("PostgreSQL", connection.status());
      return std::move(checks_);
    }
    connection_ = &*connection;
    CheckServer();
    const auto table =
        pg::InspectSummaryTable(*connection_, target_.schema, pg::TableUse::kReplaceDays);
    if (!table.ok()) {
      Fail("summary table", table.status());
      return std::move(checks_);
    }
    table_ = &*table;
    checks_.push_back(Ok("summary table", table_->name + ": columns and types as expected"));
    CheckGrants();
    CheckLedger();
    const auto reference =
        pg::CheckReferenceTables(*connection_, target_.schema, work_.fill_reference_tables);
    if (reference.ok()) {
      checks_.push_back(Ok("reference tables", "columns as expected"));
    } else {
      Fail("reference tables", reference);
    }
    for (const auto month : work_.months) CheckPartition(month);
    for (const auto& source : work_.source_uuids) {
      if (!work_.months.empty()) CheckReplacing(source, work_.months.front().first_day());
      for (const auto month : work_.months) {
        if (reference.ok()) CheckReference(source, month);
        CheckLock(source, month);
      }
    }
    return std::move(checks_);
  }

 private:
  void Fail(std::string name, const base::Status& status) {
    checks_.push_back(Failure(std::move(name), status, std::string(RemedyOf(status))));
  }

  void CheckServer() {
    const auto latency = pg::MeasureLatencySeconds(*connection_);
    if (!latency.ok()) return Fail("PostgreSQL", latency.status());
    checks_.push_back(JudgeServer({.where = connection_->Describe(),
                                   .version = connection_->server_version(),
                                   .tls = connection_->tls_version(),
                                   .round_trip_seconds = *latency}));
  }

  void CheckGrants() {
    const auto grants = pg::MissingGrants(*connection_, *table_,
                                          {.ledger = target_.ledger,
                                           .create_partitions = target_.create_partitions,
                                           .create_report_period = target_.create_report_period,
                                           .fill_reference_tables = work_.fill_reference_tables});
    if (!grants.ok()) return Fail("privileges", grants.status());
    if (grants->empty()) {
      checks_.push_back(Ok("privileges", table_->role + " has all that are needed"));
      return;
    }
    checks_.push_back(Failure("privileges",
                              {base::Code::kDatabaseUnavailable,
                               fmt::format("{} lacks {}", table_->role, grants->size())},
                              fmt::format("{};", fmt::join(*grants, "; "))));
  }

  void CheckLedger() {
    if (!target_.ledger) {
      checks_.push_back(Warning("ledger",
                                "not used: every day is redone, and a run that was "
                                "overtaken by a later one is not noticed",
                                "leave out --no-ledger if schema matome may be made"));
      return;
    }
    const auto version = pg::FindLedger(*connection_);
    if (!version.ok()) return Fail("ledger", version.status());
    checks_.push_back(Ok("ledger", *version == 0
                                       ? "none yet, the first run makes schema matome"
                                       : fmt::format("schema matome, version {}", *version)));
  }

  void CheckPartition(model::Month month) {
    const std::string name = "partition of " + month.ToString();
    const auto found = pg::FindMonthPartitions(*connection_, *table_, month);
    if (!found.ok()) return Fail(name, found.status());
    if (found->uncovered.empty()) {
      checks_.push_back(Ok(name, table_->by_month ? "there" : "the table has none"));
    } else if (target_.create_partitions) {
      checks_.push_back(Ok(name, "missing, will be made"));
    } else if (!found->default_partition.empty()) {
      checks_.push_back(
          Warning(name, "missing: rows go to the default partition " + found->default_partition,
                  "--create-partitions makes it, while the default one has no rows of the month"));
    } else {
      checks_.push_back(
          Failure(name, {base::Code::kSchemaMismatch, "missing, and there is no default partition"},
                  "--create-partitions makes it"));
    }
  }

  void CheckReplacing(const std::string& source, model::Day day) {
    const auto status = pg::TryReplacing(*connection_, *table_, source, day);
    if (!status.ok()) return Fail("a day replaced", status);
    checks_.push_back(
        Ok("a day replaced", "delete and insert work, in a transaction that was rolled back"));
  }

  void CheckReference(const std::string& source, model::Month month) {
    const std::string period = "report period of " + month.ToString();
    const auto tenant = pg::ReadTenantReference(*connection_, target_.schema, source, month);
    if (!tenant.ok()) return Fail(period, tenant.status());
    if (tenant->report_period_id) {
      checks_.push_back(Ok(period, fmt::format("{}, of cluster {}", *tenant->report_period_id,
                                               *tenant->data.cluster_id)));
    } else if (!tenant->source_name) {
      checks_.push_back(Failure(
          period, base::Usage(fmt::format("schema {} knows no source {}", target_.schema, source)),
          "check --schema and --source; a source is made in Cost Management"));
    } else if (target_.create_report_period) {
      checks_.push_back(Ok(period, "missing, will be made"));
    } else {
      Check check = Failure(period, base::Usage("missing, so nothing would be summarised"),
                            "Koku makes it when it ingests a report; --create-report-period makes "
                            "it now");
      check.exit_code = 4;
      checks_.push_back(std::move(check));
    }
    for (const auto& warning : tenant->warnings)
      checks_.push_back(Warning(period, warning, "remove the one that is not used"));
    if (reference_told_) return;
    reference_told_ = true;
    const size_t keys = tenant->data.enabled_tag_keys->size();
    if (keys == 0) {
      checks_.push_back(Warning("tag keys", "none is enabled, so no label is in the summary",
                                "enable some in Cost Management, or give --tag-keys"));
    } else {
      checks_.push_back(Ok("tag keys", fmt::format("{} enabled", keys)));
    }
    const size_t nodes = tenant->data.nodes->size();
    if (nodes == 0 && !work_.fill_reference_tables) {
      checks_.push_back(Warning("nodes",
                                "no node has a role, so unallocated usage has no namespace",
                                "--fill-reference-tables does what Koku does before the summary"));
    } else {
      checks_.push_back(Ok("nodes", fmt::format("{} with a role", nodes)));
    }
  }

  void CheckLock(const std::string& source, model::Month month) {
    const std::string name = fmt::format("lock of {}", month.ToString());
    const auto holder = pg::FindLockHolder(*connection_, {target_.schema, source, month});
    if (!holder.ok()) return Fail(name, holder.status());
    if (*holder) {
      checks_.push_back(Failure(name, {base::Code::kLocked, "another run holds it: " + **holder},
                                "wait for that run to end, or give --lock-timeout"));
    } else {
      checks_.push_back(Ok(name, "free"));
    }
  }

  const sink::PostgresTarget& target_;
  const DatabaseWork& work_;
  pg::Connection* connection_ = nullptr;
  const pg::SummaryTable* table_ = nullptr;
  bool reference_told_ = false;
  Checks checks_;
};

}  // namespace

Check JudgeServer(const ServerFacts& server) {
  const std::string name = "PostgreSQL";
  const std::string finding =
      fmt::format("{}, version {}.{}, {}, {:.2f} ms a round trip", server.where,
                  server.version / 10000, server.version % 10000,
                  server.tls.empty() ? "no TLS" : server.tls, server.round_trip_seconds * 1000);
  if (server.version < kOldestServer)
    return Warning(name, finding, "older than 12, which is not tested");
  if (server.round_trip_seconds > kSlowRoundTripSeconds)
    return Warning(name, finding, "far away: run matome nearer to the database");
  return Ok(name, finding);
}

Checks CheckDatabase(const sink::PostgresTarget& target, const DatabaseWork& work) {
  return DatabaseChecks(target, work).Run();
}

}  // namespace matome::doctor
