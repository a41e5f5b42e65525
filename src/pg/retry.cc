// SPDX-License-Identifier: Apache-2.0
#include "pg/retry.h"

#include <utility>

namespace matome::pg {

base::Result<Connection> OpenPatiently(const ConnectTarget& target, const RetryPolicy& policy,
                                       int64_t* retries, Error* error) {
  Retry retry(policy, target.stop);
  while (true) {
    Error failure;
    auto connection = Connection::Open(target, &failure);
    if (connection.ok()) return connection;
    if (!retry.WaitFor(failure)) {
      if (error != nullptr) *error = failure;
      return retry.Outcome(std::move(connection).status());
    }
    if (retries != nullptr) ++*retries;
  }
}

}  // namespace matome::pg
