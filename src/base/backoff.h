// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>

#include "base/status.h"

namespace matome::base {

struct BackoffPolicy {
  std::chrono::milliseconds first_delay{200};
  std::chrono::milliseconds longest_delay{10'000};
  std::chrono::milliseconds deadline{120'000};  // From the first try on.
};

/// Time and chance, to be replaced in tests.
struct BackoffClock {
  std::function<std::chrono::steady_clock::time_point()> now;
  std::function<void(std::chrono::milliseconds)> sleep;
  std::function<double()> random;  // In [0, 1).

  static BackoffClock System();
};

/// The tries of one piece of work. Between them it waits a random part of a time that doubles from
/// first_delay to longest_delay, so that clients who failed together do not come back together.
///
///   for (Backoff backoff(policy, stop);;) {
///     const Status status = Try();
///     if (status.ok() || !MayPass(status) || !backoff.Wait()) return backoff.Outcome(status);
///   }
class Backoff {
 public:
  /// `stop` may be null.
  explicit Backoff(const BackoffPolicy& policy, const std::atomic<bool>* stop = nullptr,
                   BackoffClock clock = BackoffClock::System());

  /// After a failed try: waits, at least so long, and says whether to try again. False, at once, if
  /// the deadline is over, or would be after `at_least`, or the run is to stop.
  bool Wait(std::chrono::milliseconds at_least = std::chrono::milliseconds(0));

  /// Until the deadline; not less than nothing.
  std::chrono::milliseconds left() const;

  /// The status to end with: an error says how often it was tried, if more than once.
  Status Outcome(Status status) const;

  /// How often Wait() said yes.
  int retries() const { return retries_; }

 private:
  BackoffPolicy policy_;
  const std::atomic<bool>* stop_;
  BackoffClock clock_;
  std::chrono::steady_clock::time_point start_;
  int retries_ = 0;
};

}  // namespace matome::base
