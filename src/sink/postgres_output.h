// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pg/connection.h"
#include "pg/day_writer_pool.h"
#include "pg/month_lock.h"
#include "pg/summary_table.h"
#include "pg/text_order.h"
#include "sink/month_output.h"

namespace matome::sink {

/// A tenant's schema that gets the summary as rows.
struct PostgresTarget {
  pg::ConnectTarget connection;
  std::string schema;
  bool ledger = true;  // Without it every day is redone, and no fence keeps earlier runs out.
  std::chrono::seconds lock_timeout{0};
  int writers = 1;
  bool create_partitions = false;
  bool create_report_period = false;  // Where it is missing, with the next two, if given.
  std::optional<std::string> cluster_id;
  std::optional<std::string> cluster_alias;
  bool synchronous_commit = true;
  pg::RetryPolicy retry;  // Of opening, and of each day.
  /// For tests, see pg::DayWriterOptions.
  std::function<void(std::string_view point)> fault_point;
};

/// A month of a source in reporting_ocpusagelineitem_daily_summary, with its ledger in schema
/// `matome` (docs/design/postgresql.md). A day's stamp is the count of its rows that only we write.
class PostgresOutput final : public MonthOutput {
 public:
  /// Holds the table against what the summary needs. Opened for writing it takes the month's lock,
  /// makes or migrates the ledger, takes the run's number, which is to happen before the input is
  /// listed, and sees to the month's partition. Errors are those of pg::InspectSummaryTable(),
  /// pg::MonthLock, pg::MakeLedger() and pg::PrepareMonthPartition().
  static base::Result<std::unique_ptr<PostgresOutput>> Open(const PostgresTarget& target,
                                                            const MonthOutputOptions& options);

  std::string Describe() const override { return description_; }
  /// The tenant's. Opened for writing it makes the report period, if it is missing and may be made.
  base::Result<std::optional<model::ReferenceData>> ReadReference(
      std::vector<std::string>& warnings) override;
  base::Status FillReference(const model::ReferenceData& reference,
                             const model::ClusterTopology& topology) override;
  /// The database's with the rules of Koku on PostgreSQL, if it is not that of bytes.
  const model::TextOrder* text_order() const override { return text_order_.get(); }
  base::Result<MonthState> Load(model::DayRange days, std::vector<std::string>& warnings) override;
  base::Status Commit(const DayCommit& commit, CommitNotes& notes) override;
  /// Nothing is derived where there is a database.
  base::Status SaveRoles(const model::LedgerRoles& roles) override;

 private:
  PostgresOutput() = default;
  /// One try to open; `error` says whether another may help.
  base::Status TryOpen(const PostgresTarget& target, const MonthOutputOptions& options,
                       pg::Error& error);
  base::Status PrepareWriting(const PostgresTarget& target, const MonthOutputOptions& options);
  pg::Connection& connection() { return lock_ ? lock_->connection() : *reading_; }
  /// What `work` gives for the connection; for a new one, again and again, where that may help.
  template <typename Work>
  std::invoke_result_t<Work, pg::Connection&> Patiently(const Work& work);
  base::Status Reconnect(pg::Error& error);

  std::string description_;
  pg::ConnectTarget target_;
  pg::RetryPolicy retry_;
  pg::MonthKey key_;
  pg::SummaryTable table_;
  model::Semantics semantics_ = model::Semantics::kTrino;
  bool may_create_period_ = false;
  std::optional<std::string> cluster_id_;
  std::optional<std::string> cluster_alias_;
  bool ledger_ = false;                // There is one to read.
  std::vector<std::string> warnings_;  // Of opening; Load() hands them over.
  std::unique_ptr<pg::DatabaseTextOrder> text_order_;
  std::vector<int> lost_pids_;             // Of sessions that may hold the lock.
  std::optional<pg::Connection> reading_;  // When opened for reading.
  std::unique_ptr<pg::MonthLock> lock_;    // When opened for writing, as the next.
  std::unique_ptr<pg::DayWriterPool> pool_;
};

}  // namespace matome::sink
