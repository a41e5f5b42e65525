// SPDX-License-Identifier: Apache-2.0
#include "pipeline/memory_budget.h"

#include <numeric>

namespace matome::pipeline {

MemoryBudget::MemoryBudget(int64_t budget_bytes, int workers)
    : budget_bytes_(budget_bytes), used_bytes_(static_cast<size_t>(workers), 0) {}

int64_t MemoryBudget::UsedLocked() const {
  return std::accumulate(used_bytes_.begin(), used_bytes_.end(), int64_t{0});
}

void MemoryBudget::Enter(int worker, int64_t estimate_bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    if (alone_ || waiting_alone_ > 0) return false;
    return active_ == 0 || !limited() || UsedLocked() + estimate_bytes <= budget_bytes_;
  });
  ++active_;
  used_bytes_[static_cast<size_t>(worker)] = estimate_bytes;
}

void MemoryBudget::EnterAlone(int worker) {
  std::unique_lock lock(mutex_);
  ++waiting_alone_;
  changed_.wait(lock, [&] { return active_ == 0; });
  --waiting_alone_;
  ++active_;
  alone_ = true;
  used_bytes_[static_cast<size_t>(worker)] = 0;
}

MemoryBudget::Use MemoryBudget::Update(int worker, int64_t bytes, int64_t shared_bytes) {
  if (!limited()) return Use::kFits;
  const std::lock_guard lock(mutex_);
  used_bytes_[static_cast<size_t>(worker)] = bytes;
  if (UsedLocked() + shared_bytes <= budget_bytes_) return Use::kFits;
  return active_ > 1 ? Use::kCrowded : Use::kTooLarge;
}

void MemoryBudget::Leave(int worker) {
  {
    const std::lock_guard lock(mutex_);
    used_bytes_[static_cast<size_t>(worker)] = 0;
    --active_;
    alone_ = false;
  }
  changed_.notify_all();
}

}  // namespace matome::pipeline
