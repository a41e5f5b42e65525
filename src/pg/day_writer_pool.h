// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "pg/day_writer.h"

namespace matome::pg {

/// Up to so many days are written at once, each on a connection of its own. Thread-safe.
class DayWriterPool {
 public:
  /// `lock` must outlive the pool.
  DayWriterPool(DayWriterOptions options, MonthLock& lock, int writers);

  /// As DayWriter::Write(); waits for a writer that is free.
  base::Status Write(const DayToWrite& day, DayWriteNotes& notes);

 private:
  const DayWriterOptions options_;
  MonthLock& lock_;
  std::mutex mutex_;  // Guards the next three.
  std::condition_variable freed_;
  std::vector<std::unique_ptr<DayWriter>> idle_;  // The one used last at the back.
  int unmade_;
};

}  // namespace matome::pg
