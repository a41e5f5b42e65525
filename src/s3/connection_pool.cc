// SPDX-License-Identifier: Apache-2.0
#include "s3/connection_pool.h"

#include <chrono>
#include <utility>

namespace matome::s3 {

base::Result<ConnectionPool::Loan> ConnectionPool::Borrow(Need need) {
  constexpr std::chrono::milliseconds stop_check_interval{50};
  std::unique_ptr<HttpConnection> connection;
  {
    std::unique_lock lock(mutex_);
    while (true) {
      if (!need.finish && options_.stop != nullptr && *options_.stop) {
        return base::Status(base::Code::kInterrupted, "stopped");
      }
      if (need.urgent || out_ < most_) break;
      returned_.wait_for(lock, stop_check_interval);
    }
    auto& idle = idle_[need.finish ? 1 : 0];
    if (!idle.empty()) {
      connection = std::move(idle.back());
      idle.pop_back();
    }
    if (!need.urgent) ++out_;
  }
  // From here on it counts as lent out, and comes back even if there is none.
  if (connection == nullptr) {
    HttpOptions options = options_;
    if (need.finish) options.stop = nullptr;
    auto made = HttpConnection::Make(std::move(options));
    if (!made.ok()) {
      GiveBack(need, nullptr);
      return std::move(made).status();
    }
    connection = std::move(made).value();
  }
  return Loan(this, need, std::move(connection));
}

void ConnectionPool::GiveBack(Need need, std::unique_ptr<HttpConnection> connection) {
  {
    const std::lock_guard guard(mutex_);
    if (connection != nullptr) idle_[need.finish ? 1 : 0].push_back(std::move(connection));
    if (!need.urgent) --out_;
  }
  returned_.notify_one();
}

}  // namespace matome::s3
