// SPDX-License-Identifier: Apache-2.0
#include "sink/postgres_output.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pg/ledger_store.h"
#include "pg/partitions.h"
#include "pg/reference_reader.h"
#include "pg/reference_tables.h"

namespace matome::sink {
namespace {

/// Counts the rows that only we write, by day. Written so that no index but that of usage_start
/// seems to help: the others hold NULL in nearly all rows, which the planner may not know.
pg::Query CountRows(const pg::SummaryTable& table, const pg::MonthKey& key, model::DayRange days) {
  return {fmt::format("SELECT usage_start, pg_catalog.count(*) FROM {} WHERE source_uuid = $1"
                      " AND usage_start BETWEEN $2 AND $3 AND pg_catalog.num_nulls("
                      "cost_model_rate_type, monthly_cost_type, infrastructure_raw_cost) = 3"
                      " GROUP BY usage_start",
                      table.name),
          {key.source_uuid, days.first.ToString(), days.last.ToString()}};
}

/// For a transaction: a table that others hold locked counts as busy soon enough to be tried again.
pg::Query LimitLockWait(const pg::RetryPolicy& retry) {
  const auto limit = std::clamp<std::chrono::milliseconds>(retry.deadline, std::chrono::seconds(1),
                                                           std::chrono::seconds(10));
  return {fmt::format("SET LOCAL lock_timeout = {}", limit.count()), {}};
}

}  // namespace

base::Result<std::unique_ptr<PostgresOutput>> PostgresOutput::Open(
    const PostgresTarget& target, const MonthOutputOptions& options) {
  std::unique_ptr<PostgresOutput> output(new PostgresOutput);
  output->target_ = target.connection;
  output->retry_ = target.retry;
  output->key_ = {target.schema, options.source_uuid, options.month};
  output->semantics_ = options.semantics;
  const bool writes = options.purpose == OpenFor::kWriting;
  output->may_create_period_ = writes && target.create_report_period;
  output->cluster_id_ = target.cluster_id;
  output->cluster_alias_ = target.cluster_alias;
  // Who only looks is told at once.
  auto retry = target.retry;
  if (!writes) retry.deadline = std::chrono::milliseconds(0);
  for (pg::Retry tries(retry, target.connection.stop);;) {
    pg::Error error;
    base::Status status = output->TryOpen(target, options, error);
    if (status.ok()) return output;
    if (!tries.WaitFor(error)) return tries.Outcome(std::move(status));
  }
}

base::Status PostgresOutput::TryOpen(const PostgresTarget& target,
                                     const MonthOutputOptions& options, pg::Error& error) {
  lock_.reset();  // A lock of an earlier try would be in the way.
  warnings_.clear();
  MATOME_ASSIGN_OR_RETURN(auto connection, pg::Connection::Open(target.connection, &error));
  description_ = fmt::format("{}, schema {}", connection.Describe(), target.schema);
  const bool writes = options.purpose == OpenFor::kWriting;
  const auto because_of = [&](pg::Connection& used, base::Status failed) {
    if (failed.code() == used.error().status.code()) error = used.error();
    return failed;
  };
  auto table = pg::InspectSummaryTable(connection, target.schema,
                                       writes ? pg::TableUse::kReplaceDays : pg::TableUse::kRead);
  if (!table.ok()) return because_of(connection, std::move(table).status());
  table_ = *std::move(table);
  if (semantics_ == model::Semantics::kKokuPostgresql) {
    auto order = pg::FindTextOrder(connection, target.connection, target.retry);
    if (!order.ok()) return because_of(connection, std::move(order).status());
    text_order_ = std::move(order).value();
  }
  if (writes) {
    const int pid = connection.backend_pid();
    auto lock = pg::MonthLock::Acquire(target.connection, std::move(connection), key_,
                                       target.lock_timeout, &error, lost_pids_);
    lost_pids_.push_back(pid);
    if (!lock.ok()) return std::move(lock).status();
    lock_ = std::move(lock).value();
    base::Status status = PrepareWriting(target, options);
    return status.ok() ? status : because_of(lock_->connection(), std::move(status));
  }
  if (target.ledger) {
    const auto version = pg::FindLedger(connection);
    if (!version.ok()) return because_of(connection, version.status());
    ledger_ = *version > 0;
  }
  reading_ = std::move(connection);
  return {};
}

base::Status PostgresOutput::PrepareWriting(const PostgresTarget& target,
                                            const MonthOutputOptions& options) {
  pg::DayWriterOptions writer{.target = target.connection,
                              .table = table_,
                              .key = key_,
                              .semantics = options.semantics,
                              .run_id = options.run_id,
                              .synchronous_commit = target.synchronous_commit,
                              .retry = target.retry,
                              .fault_point = target.fault_point};
  if (target.ledger) {
    MATOME_RETURN_IF_ERROR(pg::MakeLedger(lock_->connection()));
    MATOME_ASSIGN_OR_RETURN(writer.fence, pg::TakeRunNumber(lock_->connection()));
    ledger_ = true;
  }
  MATOME_RETURN_IF_ERROR(pg::PrepareMonthPartition(lock_->connection(), table_, key_.month,
                                                   target.create_partitions, warnings_));
  pool_ = std::make_unique<pg::DayWriterPool>(std::move(writer), *lock_, target.writers);
  return {};
}

base::Status PostgresOutput::Reconnect(pg::Error& error) {
  if (lock_ && ledger_) return lock_->Renew(lock_->backend_pid(), error);
  if (lock_) return base::Temporary("the connection that held the lock was lost; run again");
  MATOME_ASSIGN_OR_RETURN(reading_, pg::Connection::Open(target_, &error));
  return {};
}

template <typename Work>
std::invoke_result_t<Work, pg::Connection&> PostgresOutput::Patiently(const Work& work) {
  for (pg::Retry retry(retry_, target_.stop);;) {
    pg::Error error;
    base::Status status = connection().alive() ? base::Status() : Reconnect(error);
    if (status.ok()) {
      auto result = work(connection());
      if (result.ok()) return result;
      status = std::move(result).status();
      // A failure that the connection does not know of says nothing about its state.
      if (status.code() == connection().error().status.code()) error = connection().error();
      if (connection().alive() && connection().in_transaction()) {
        (void)connection().Exec("ROLLBACK");  // Or the connection is lost, and made anew.
      }
    }
    if (!retry.WaitFor(error)) return retry.Outcome(std::move(status));
  }
}

base::Result<std::optional<model::ReferenceData>> PostgresOutput::ReadReference(
    std::vector<std::string>& warnings) {
  const auto read = [this](pg::Connection& connection) {
    return pg::ReadTenantReference(connection, key_.schema, key_.source_uuid, key_.month,
                                   semantics_);
  };
  MATOME_ASSIGN_OR_RETURN(auto tenant, Patiently(read));
  if (!tenant.report_period_id && may_create_period_) {
    MATOME_RETURN_IF_ERROR(Patiently([this](pg::Connection& connection) {
                             return pg::CreateReportPeriod(connection, key_.schema,
                                                           key_.source_uuid, key_.month,
                                                           cluster_id_, cluster_alias_);
                           }).status());
    MATOME_ASSIGN_OR_RETURN(tenant, Patiently(read));
  }
  std::move(tenant.warnings.begin(), tenant.warnings.end(), std::back_inserter(warnings));
  if (!tenant.report_period_id) {
    tenant.data.report_period_id = 0;
    warnings.push_back(fmt::format(
        "schema {} has no report period of source {} for {}, so nothing is done for that month; {}",
        key_.schema, key_.source_uuid, key_.month.ToString(),
        tenant.source_name ? "Koku makes it when it ingests a report, --create-report-period makes "
                             "it now"
                           : "it knows no such source at all"));
  }
  return std::optional(std::move(tenant.data));
}

base::Status PostgresOutput::FillReference(const model::ReferenceData& reference,
                                           const model::ClusterTopology& topology) {
  const pg::TenantCluster cluster{.schema = key_.schema,
                                  .source_uuid = key_.source_uuid,
                                  .cluster_id = reference.cluster_id.value_or(key_.source_uuid),
                                  .cluster_alias = reference.cluster_alias};
  return Patiently([&](pg::Connection& connection) {
           return pg::FillReferenceTables(connection, cluster, topology);
         })
      .status();
}

base::Result<MonthState> PostgresOutput::Load(model::DayRange days,
                                              std::vector<std::string>& warnings) {
  std::move(warnings_.begin(), warnings_.end(), std::back_inserter(warnings));
  warnings_.clear();
  std::vector<pg::Query> queries = {{"BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", {}},
                                    LimitLockWait(retry_),
                                    CountRows(table_, key_, days)};
  if (ledger_) queries.push_back(pg::SelectDays(key_, days));
  queries.push_back({"COMMIT", {}});
  MATOME_ASSIGN_OR_RETURN(const auto rows, Patiently([&](pg::Connection& connection) {
                            return connection.ExecPipeline(queries);
                          }));
  MonthState state;
  if (ledger_) state.days = pg::ReadDays(rows[3], warnings);
  const pg::Rows& counts = rows[2];
  for (int row = 0; row < counts.count(); ++row) {
    if (const auto day = model::Day::Parse(counts.text(row, 0))) {
      state.stamps[*day] = counts.text(row, 1);
    }
  }
  return state;
}

base::Status PostgresOutput::Commit(const DayCommit& commit, CommitNotes& notes) {
  if (text_order_) MATOME_RETURN_IF_ERROR(text_order_->status());
  pg::DayWriteNotes written;
  const base::Status status = pool_->Write({.summary = commit.summary,
                                            .constants = commit.constants,
                                            .entry = commit.entry,
                                            .quarantined = commit.quarantined},
                                           written);
  notes.cost_model_rows_removed += written.cost_model_rows_removed;
  notes.retries += written.retries;
  return status;
}

base::Status PostgresOutput::SaveRoles(const model::LedgerRoles&) { return {}; }

}  // namespace matome::sink
