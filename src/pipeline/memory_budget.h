// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

namespace matome::pipeline {

/// Shares the memory that a run may use among its workers (docs/design/memory.md).
///
/// A worker enters with an estimate and waits while that does not fit beside the others; it then
/// says what it really uses. Who finds the budget exceeded while others work must leave, and come
/// back alone: so nobody waits while holding memory, and the budget is exceeded only by work that
/// does not fit by itself. Thread-safe.
class MemoryBudget {
 public:
  /// `budget_bytes` 0: no limit.
  MemoryBudget(int64_t budget_bytes, int workers);

  enum class Use : uint8_t {
    kFits,
    kCrowded,   // Does not fit beside the others.
    kTooLarge,  // Does not fit at all.
  };

  /// Waits until the estimate fits, or nobody else works.
  void Enter(int worker, int64_t estimate_bytes);
  /// Waits until nobody else works, and keeps others out until Leave().
  void EnterAlone(int worker);
  /// Says what the worker uses now, and what all workers share (Arrow's pool).
  Use Update(int worker, int64_t bytes, int64_t shared_bytes);
  void Leave(int worker);

  int64_t budget_bytes() const { return budget_bytes_; }
  bool limited() const { return budget_bytes_ > 0; }

 private:
  int64_t UsedLocked() const;

  const int64_t budget_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::vector<int64_t> used_bytes_;  // By worker.
  int active_ = 0;
  int waiting_alone_ = 0;
  bool alone_ = false;
};

}  // namespace matome::pipeline
