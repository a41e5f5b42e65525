// SPDX-License-Identifier: Apache-2.0
#include "pg/month_lock.h"

#include <memory>
#include <thread>

#include <fmt/format.h>

#include "pg/advisory_lock.h"

namespace matome::pg {
namespace {

using base::Code;
using base::Status;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kRetryInterval{100};
constexpr std::string_view kStillKept = "the server still keeps a lost session of this run";

int32_t HashOf(const MonthKey& key) {
  return LockHash({key.schema, key.source_uuid, key.month.ToString()});
}

/// Rows of pg_locks for the lock of `key`, of this database.
std::string HeldLocks(const MonthKey& key) {
  return fmt::format(
      "pg_catalog.pg_locks AS l WHERE l.locktype = 'advisory' AND l.classid = {}::oid"
      " AND l.objid = {}::oid AND l.objsubid = 2 AND l.granted AND l.database ="
      " (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())",
      static_cast<uint32_t>(kMonthLockClass), static_cast<uint32_t>(HashOf(key)));
}

}  // namespace

base::Result<std::unique_ptr<MonthLock>> MonthLock::Acquire(ConnectTarget target,
                                                            Connection connection, MonthKey key,
                                                            std::chrono::seconds timeout,
                                                            Error* error,
                                                            std::vector<int> lost_pids) {
  std::unique_ptr<MonthLock> lock(
      new MonthLock(std::move(target), std::move(connection), std::move(key)));
  lock->lost_pids_ = std::move(lost_pids);
  for (const auto deadline = Clock::now() + timeout;;) {
    const auto taken = lock->Try();
    if (!taken.ok()) {
      if (error != nullptr) *error = lock->connection_.error();
      return taken.status();
    }
    if (*taken) return lock;
    if (lock->EndLostSession()) {
      if (error != nullptr) error->recovery = Recovery::kRepeat;
      return base::Temporary(std::string(kStillKept));
    }
    if (Clock::now() >= deadline) return lock->Held();
    if (lock->target_.stop != nullptr && *lock->target_.stop) {
      return Status(Code::kInterrupted, "interrupted");
    }
    std::this_thread::sleep_for(kRetryInterval);
  }
}

MonthLock::~MonthLock() {
  if (!connection_.alive() || connection_.in_transaction()) return;
  if (target_.stop != nullptr && *target_.stop) return;
  (void)connection_.ExecParams("SELECT pg_catalog.pg_advisory_unlock($1, $2)",
                               {std::to_string(kMonthLockClass), std::to_string(HashOf(key_))});
}

base::Result<bool> MonthLock::Try() {
  // The session idles while days are made, and must not be ended for it.
  MATOME_ASSIGN_OR_RETURN(
      const auto rows,
      connection_.ExecPipeline(std::vector<Query>{
          {"SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings"
           " WHERE name = 'idle_session_timeout'",
           {}},
          {"SELECT pg_catalog.pg_try_advisory_lock($1, $2)",
           {std::to_string(kMonthLockClass), std::to_string(HashOf(key_))}}}));
  return rows[1].text(0, 0) == "t";
}

Status MonthLock::Held() {
  MATOME_ASSIGN_OR_RETURN(
      const Rows rows,
      connection_.Exec("SELECT a.pid, a.application_name, a.usename, a.client_addr,"
                       " pg_catalog.date_trunc('second', a.backend_start) FROM"
                       " pg_catalog.pg_stat_activity AS a WHERE a.pid IN (SELECT l.pid FROM " +
                       HeldLocks(key_) + ")"));
  std::string who;
  if (rows.count() > 0) {
    who = fmt::format(": backend {}", rows.text(0, 0));
    if (!rows.text(0, 1).empty()) who += fmt::format(", {}", rows.text(0, 1));
    if (!rows.is_null(0, 2)) who += fmt::format(", user {}", rows.text(0, 2));
    if (!rows.is_null(0, 3)) who += fmt::format(", from {}", rows.text(0, 3));
    if (!rows.is_null(0, 4)) who += fmt::format(", since {}", rows.text(0, 4));
  }
  return {Code::kLocked,
          fmt::format("another run summarises source {} of {} into schema {} now{}; wait for it to "
                      "end, or give a --lock-timeout",
                      key_.source_uuid, key_.month.ToString(), key_.schema, who)};
}

int MonthLock::backend_pid() const {
  const std::lock_guard guard(mutex_);
  return connection_.backend_pid();
}

Query MonthLock::SelectHeld(const MonthKey& key, int backend_pid) {
  return {fmt::format("SELECT EXISTS (SELECT FROM {} AND l.pid = $1)", HeldLocks(key)),
          {std::to_string(backend_pid)}};
}

Status MonthLock::Renew(int lost_pid, Error& error) {
  const std::lock_guard guard(mutex_);
  if (connection_.backend_pid() != lost_pid) return {};
  lost_pids_.push_back(lost_pid);
  MATOME_ASSIGN_OR_RETURN(connection_, Connection::Open(target_, &error));
  const auto taken = Try();
  if (!taken.ok()) {
    error = connection_.error();
    return taken.status();
  }
  if (*taken) return {};
  if (EndLostSession()) {
    error.recovery = Recovery::kRepeat;
    return base::Temporary(std::string(kStillKept));
  }
  return Held();
}

bool MonthLock::EndLostSession() {
  for (const int pid : lost_pids_) {
    const auto held = connection_.ExecPipeline(std::vector<Query>{SelectHeld(key_, pid)});
    if (!held.ok() || (*held)[0].text(0, 0) != "t") continue;
    (void)connection_.ExecParams("SELECT pg_catalog.pg_terminate_backend($1)",
                                 {std::to_string(pid)});
    return true;
  }
  return false;
}

}  // namespace matome::pg
