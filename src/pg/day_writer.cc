// SPDX-License-Identifier: Apache-2.0
#include "pg/day_writer.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "pg/advisory_lock.h"

namespace matome::pg {
namespace {

using base::Code;
using base::Status;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// Semantics §8.3, step 4. Tells how many of the removed rows a cost model had made. The plus keeps
/// the planner, when it knows nothing of a young partition, from the index that finds the whole
/// month.
Query DeleteDay(const SummaryTable& table, model::Day day, int32_t report_period_id) {
  return {fmt::format("WITH gone AS (DELETE FROM {} WHERE usage_start = $1"
                      " AND +report_period_id = $2"
                      " AND (infrastructure_raw_cost IS NULL OR infrastructure_raw_cost = 0)"
                      " RETURNING cost_model_rate_type IS NOT NULL"
                      " OR monthly_cost_type IS NOT NULL AS of_cost_model)"
                      " SELECT pg_catalog.count(*) FILTER (WHERE of_cost_model) FROM gone",
                      table.name),
          {day.ToString(), std::to_string(report_period_id)}};
}

Query SetLocal(std::string_view name, std::string value) {
  return {fmt::format("SELECT pg_catalog.set_config('{}', $1, true)", name), {std::move(value)}};
}

}  // namespace

DayWriter::DayWriter(const DayWriterOptions& options, MonthLock& lock)
    : options_(options),
      lock_(lock),
      encoder_(options.semantics, options.table.columns_to_null.size()) {}

Status DayWriter::Write(const DayToWrite& day, DayWriteNotes& notes) {
  outcome_unknown_ = false;
  const auto deadline = Clock::now() + options_.retry.deadline;
  for (Retry retry(options_.retry, options_.target.stop);; ++notes.retries) {
    error_ = {};
    Status status = Attempt(day, deadline, notes);
    if (status.ok()) return {};
    Rollback();
    if (retry.WaitFor(error_)) continue;
    if (outcome_unknown_) {
      status = std::move(status).WithContext(
          "the connection was lost during COMMIT, so the day is as it was or as it should be; run "
          "again");
    }
    return retry.Outcome(std::move(status));
  }
}

Status DayWriter::Attempt(const DayToWrite& day, Deadline deadline, DayWriteNotes& notes) {
  if (!connection_ || !connection_->alive()) {
    connection_.reset();
    auto opened = Connection::Open(options_.target, &error_);
    if (!opened.ok()) return std::move(opened).status();
    connection_ = std::move(opened).value();
  }
  bool done = false;
  MATOME_RETURN_IF_ERROR(Begin(day, deadline, notes, done));
  if (done) {
    Rollback();
    return {};
  }
  AtFaultPoint("after delete");
  if (!day.summary.rows.empty()) MATOME_RETURN_IF_ERROR(Copy(day));
  AtFaultPoint("before commit");
  MATOME_RETURN_IF_ERROR(Commit(day));
  AtFaultPoint("after commit");
  return {};
}

Status DayWriter::Begin(const DayToWrite& day, Deadline deadline, DayWriteNotes& notes,
                        bool& done) {
  const model::Day date = day.summary.day;
  const int lock_pid = lock_.backend_pid();
  // A wait for others' locks ends with the day's time; COPY itself waits for none that DELETE had
  // not to wait for.
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
  std::vector<Query> queries = {
      {"BEGIN ISOLATION LEVEL READ COMMITTED", {}},
      SetLocal("lock_timeout", std::to_string(std::max<int64_t>(left.count(), 1000))),
      {"SELECT pg_catalog.pg_advisory_xact_lock($1, $2)",
       {std::to_string(kDayLockClass),
        std::to_string(
            LockHash({options_.key.schema, options_.key.source_uuid, date.ToString()}))}}};
  // Not set where it is to be durable: the server may ask for more than "on".
  if (!options_.synchronous_commit) queries.push_back(SetLocal("synchronous_commit", "off"));
  queries.push_back(MonthLock::SelectHeld(options_.key, lock_pid));
  const size_t held = queries.size() - 1;
  if (options_.fence) queries.push_back(SelectMark(options_.key, date));
  queries.push_back(DeleteDay(options_.table, date, day.constants.report_period_id));
  const auto rows = connection_->ExecPipeline(queries);
  if (!rows.ok()) return Fail();
  if ((*rows)[held].text(0, 0) != "t") return RenewLock(lock_pid);
  if (options_.fence) {
    const DayWriterMark mark = ReadMark((*rows)[held + 1]);
    if (mark.fence > *options_.fence) {
      return Fail({Code::kLocked, fmt::format("a later run ({}) wrote the day; it stays as that "
                                              "run left it",
                                              mark.run_id)});
    }
    // The day's lock was waited for, so the earlier attempt has ended one way or the other.
    done = outcome_unknown_ && mark.fence == *options_.fence && mark.run_id == options_.run_id;
  }
  if (!outcome_unknown_) {
    const auto removed = rows->back().text(0, 0);
    std::from_chars(removed.data(), removed.data() + removed.size(), notes.cost_model_rows_removed);
  }
  return {};
}

Status DayWriter::RenewLock(int lost_pid) {
  constexpr std::string_view kLost = "the session that held the lock of this run was lost";
  if (!options_.fence) {
    return Fail({Code::kTemporary,
                 fmt::format("{}, and without a ledger nothing shows whether another run came in "
                             "between; run again",
                             kLost)});
  }
  Error error;
  Status status = lock_.Renew(lost_pid, error);
  if (status.ok()) return Fail({Code::kTemporary, std::string(kLost)}, Recovery::kRepeat);
  return Fail(std::move(status).WithContext(kLost), error.recovery);
}

Status DayWriter::Copy(const DayToWrite& day) {
  if (!connection_->BeginCopy(CopyStatement(options_.table)).ok()) return Fail();
  bool sent = false;
  bool refused = false;  // By the connection, not by the encoder.
  Status status =
      encoder_.Encode(day.summary, day.constants, [&](std::string_view block) -> Status {
        if (options_.target.stop != nullptr && *options_.target.stop) {
          return {Code::kInterrupted, "interrupted"};
        }
        Status put = connection_->PutCopyData(
            {reinterpret_cast<const uint8_t*>(block.data()), block.size()});
        refused = !put.ok();
        if (!sent) AtFaultPoint("mid copy");
        sent = true;
        return put;
      });
  if (!status.ok()) {
    if (refused) return Fail();
    // Closing the connection is the one way out of a COPY that waits for nothing.
    connection_.reset();
    return Fail(std::move(status));
  }
  const auto copied = connection_->EndCopy();
  if (!copied.ok()) return Fail();
  const auto rows = static_cast<int64_t>(day.summary.rows.size());
  if (*copied == rows) return {};
  return Fail(
      base::Failed(fmt::format("table {}: {} rows were sent, {} arrived; does a trigger "
                               "drop some?",
                               options_.table.name, rows, *copied)));
}

Status DayWriter::Commit(const DayToWrite& day) {
  std::vector<Query> queries;
  if (options_.fence) {
    queries.push_back(UpsertDay(options_.key, day.summary.day, *options_.fence, day.entry,
                                static_cast<int64_t>(day.summary.rows.size()), day.quarantined));
  }
  queries.push_back({"COMMIT", {}});
  if (connection_->ExecPipeline(queries).ok()) return {};
  outcome_unknown_ |= connection_->error().outcome_unknown;
  return Fail();
}

void DayWriter::Rollback() {
  if (!connection_) return;
  if (!connection_->alive() ||
      (connection_->in_transaction() && !connection_->Exec("ROLLBACK").ok()))
    connection_.reset();
}

Status DayWriter::Fail() {
  error_ = connection_->error();
  return error_.status;
}

Status DayWriter::Fail(Status status, Recovery recovery) {
  error_ = {.status = status, .recovery = recovery};
  return status;
}

}  // namespace matome::pg
