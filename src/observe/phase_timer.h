// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>

namespace matome::observe {

/// CPU seconds the calling thread has used so far.
double ThreadCpuSeconds();

/// Adds the CPU time of the calling thread between construction and destruction to `total_seconds`,
/// which must outlive the timer. Belongs to one thread.
class PhaseTimer {
 public:
  explicit PhaseTimer(double& total_seconds)
      : total_seconds_(total_seconds), start_seconds_(ThreadCpuSeconds()) {}
  ~PhaseTimer() { total_seconds_ += ThreadCpuSeconds() - start_seconds_; }
  PhaseTimer(const PhaseTimer&) = delete;
  PhaseTimer& operator=(const PhaseTimer&) = delete;

 private:
  double& total_seconds_;
  double start_seconds_;
};

/// Wall time during which at least one thread was at some work. Thread-safe.
class BusyTime {
 public:
  /// Marks the calling thread as at work while it lives.
  class Scope {
   public:
    explicit Scope(BusyTime& time) : time_(time) { time_.Enter(); }
    ~Scope() { time_.Leave(); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    BusyTime& time_;
  };

  /// Once nobody is at work.
  double seconds() const { return seconds_; }

 private:
  using Clock = std::chrono::steady_clock;

  void Enter() {
    const std::lock_guard lock(mutex_);
    if (threads_++ == 0) start_ = Clock::now();
  }
  void Leave() {
    const std::lock_guard lock(mutex_);
    if (--threads_ == 0) seconds_ += std::chrono::duration<double>(Clock::now() - start_).count();
  }

  std::mutex mutex_;
  // Guarded by mutex_ while somebody is at work:
  int threads_ = 0;
  Clock::time_point start_;
  double seconds_ = 0;
};

/// Wall time since construction.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace matome::observe
