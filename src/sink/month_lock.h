// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/status.h"
#include "model/day.h"

namespace matome::sink {

/// One run at a time for an output, source and month. The kernel drops the lock when the process
/// dies, however it does.
class MonthLock {
 public:
  /// kLocked when another run holds it, in this process or another.
  static base::Result<MonthLock> Acquire(const std::string& output_directory,
                                         const std::string& source_uuid, model::Month month);
  /// Whether another run holds it. Makes nothing; holds a shared lock for a moment.
  static base::Result<bool> IsHeld(const std::string& output_directory,
                                   const std::string& source_uuid, model::Month month);
  MonthLock(MonthLock&& other) noexcept;
  MonthLock& operator=(MonthLock&&) = delete;
  ~MonthLock();

 private:
  explicit MonthLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

/// Where a source's ledgers and locks are: OUTPUT/_matome/ledger/source=UUID.
std::string LedgerDirectory(const std::string& output_directory, const std::string& source_uuid);

}  // namespace matome::sink
