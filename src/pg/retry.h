// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>

#include "base/status.h"
#include "pg/connection.h"
#include "pg/error.h"

namespace matome::pg {

struct RetryPolicy {
  std::chrono::milliseconds first_delay{200};
  std::chrono::milliseconds longest_delay{10'000};
  std::chrono::milliseconds deadline{120'000};  // From the first try on.
};

/// Time and chance, to be replaced in tests.
struct RetryClock {
  std::function<std::chrono::steady_clock::time_point()> now;
  std::function<void(std::chrono::milliseconds)> sleep;
  std::function<double()> random;  // In [0, 1).

  static RetryClock System();
};

/// The tries of one piece of work. Between them it waits a random part of a time that doubles from
/// first_delay to longest_delay, so that clients who failed together do not come back together.
///
///   for (Retry retry(policy, stop);;) {
///     const Status status = Try(error);
///     if (status.ok() || !retry.WaitFor(error)) return retry.Outcome(status);
///   }
class Retry {
 public:
  /// `stop` may be null.
  explicit Retry(const RetryPolicy& policy, const std::atomic<bool>* stop = nullptr,
                 RetryClock clock = RetryClock::System());

  /// After a failed try: waits, and says whether to try again. False, at once, if trying again
  /// cannot help, the deadline is over or the run is to stop.
  bool WaitFor(const Error& error);

  /// The status to end with: an error says how often it was tried, if more than once.
  base::Status Outcome(base::Status status) const;

  /// How often WaitFor() said yes.
  int retries() const { return retries_; }

 private:
  RetryPolicy policy_;
  const std::atomic<bool>* stop_;
  RetryClock clock_;
  std::chrono::steady_clock::time_point start_;
  int retries_ = 0;
};

/// Opens a connection, again and again while that may help. `retries` counts, if given.
base::Result<Connection> OpenPatiently(const ConnectTarget& target, const RetryPolicy& policy,
                                       int64_t* retries = nullptr, Error* error = nullptr);

}  // namespace matome::pg
