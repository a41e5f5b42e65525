// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/backoff.h"
#include "pg/connection.h"
#include "pg/error.h"

namespace matome::pg {

using RetryPolicy = base::BackoffPolicy;

/// The tries of one piece of work (base/backoff.h).
///
///   for (Retry retry(policy, stop);;) {
///     const Status status = Try(error);
///     if (status.ok() || !retry.WaitFor(error)) return retry.Outcome(status);
///   }
class Retry {
 public:
  /// `stop` may be null.
  explicit Retry(const RetryPolicy& policy, const std::atomic<bool>* stop = nullptr)
      : backoff_(policy, stop) {}

  /// After a failed try: waits, and says whether to try again. False, at once, if trying again
  /// cannot help, the deadline is over or the run is to stop.
  bool WaitFor(const Error& error) { return error.retriable() && backoff_.Wait(); }

  /// The status to end with: an error says how often it was tried, if more than once.
  base::Status Outcome(base::Status status) const { return backoff_.Outcome(std::move(status)); }

  /// How often WaitFor() said yes.
  int retries() const { return backoff_.retries(); }

 private:
  base::Backoff backoff_;
};

/// Opens a connection, again and again while that may help. `retries` counts, if given.
base::Result<Connection> OpenPatiently(const ConnectTarget& target, const RetryPolicy& policy,
                                       int64_t* retries = nullptr, Error* error = nullptr);

}  // namespace matome::pg
