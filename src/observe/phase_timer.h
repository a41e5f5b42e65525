// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

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
