// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "base/status.h"
#include "pg/connection.h"
#include "pg/ledger_store.h"

namespace matome::pg {

/// One run at a time for a schema, source and month: an advisory lock of a session, which the
/// server drops when the session ends, however it does.
class MonthLock {
 public:
  /// Takes the lock on `connection`, which it keeps. kLocked, with who holds it as far as may be
  /// seen, when it is not free within `timeout`; 0 asks once. `error`, if given, says
  /// whether trying again may help. `lost_pids` are sessions of earlier tries: one that the server
  /// still keeps is ended, and trying again helps.
  static base::Result<std::unique_ptr<MonthLock>> Acquire(ConnectTarget target,
                                                          Connection connection, MonthKey key,
                                                          std::chrono::seconds timeout,
                                                          Error* error = nullptr,
                                                          std::vector<int> lost_pids = {});

  MonthLock(const MonthLock&) = delete;
  MonthLock& operator=(const MonthLock&) = delete;
  /// The lock is free at once, not only when the server sees that the session has ended.
  ~MonthLock();

  /// The session that holds the lock. For one thread, and not while another may call Renew().
  Connection& connection() { return connection_; }

  /// Of the session that holds the lock. Thread-safe, as are the next two.
  int backend_pid() const;

  /// Whether that session still holds the lock, as one row with 't' or 'f', for any session to ask.
  static Query SelectHeld(const MonthKey& key, int backend_pid);

  /// Takes the lock again after the session `lost_pid` lost it, unless another thread has done so.
  /// Only what a fence guards may be written then: another run may have come and gone. kLocked when
  /// one holds the lock now. `error` says whether trying again may help.
  base::Status Renew(int lost_pid, Error& error);

 private:
  MonthLock(ConnectTarget target, Connection connection, MonthKey key)
      : target_(std::move(target)), key_(std::move(key)), connection_(std::move(connection)) {}

  /// False if another session holds the lock.
  base::Result<bool> Try();
  base::Status Held();
  /// Ends a lost session of ours that the server, which has not noticed, still keeps with the lock.
  /// Whether there was one.
  bool EndLostSession();

  ConnectTarget target_;
  MonthKey key_;
  mutable std::mutex mutex_;  // Guards the connection once there are several threads.
  Connection connection_;
  std::vector<int> lost_pids_;  // Of sessions that held the lock; guarded as the connection.
};

}  // namespace matome::pg
