// SPDX-License-Identifier: Apache-2.0
#include "pg/day_writer_pool.h"

#include <algorithm>
#include <utility>

namespace matome::pg {

DayWriterPool::DayWriterPool(DayWriterOptions options, MonthLock& lock, int writers)
    : options_(std::move(options)), lock_(lock), unmade_(std::max(writers, 1)) {}

base::Status DayWriterPool::Write(const DayToWrite& day, DayWriteNotes& notes) {
  std::unique_ptr<DayWriter> writer;
  {
    std::unique_lock guard(mutex_);
    freed_.wait(guard, [this] { return !idle_.empty() || unmade_ > 0; });
    if (idle_.empty()) {
      --unmade_;
    } else {
      writer = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!writer) writer = std::make_unique<DayWriter>(options_, lock_);
  base::Status status = writer->Write(day, notes);
  {
    const std::lock_guard guard(mutex_);
    idle_.push_back(std::move(writer));
  }
  freed_.notify_one();
  return status;
}

}  // namespace matome::pg
