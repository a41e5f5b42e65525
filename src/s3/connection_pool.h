// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "s3/http.h"

namespace matome::s3 {

/// Connections that are lent out, at most so many at once. Thread-safe.
class ConnectionPool {
 public:
  /// With `stop` in the options.
  ConnectionPool(HttpOptions options, int most) : options_(std::move(options)), most_(most) {}

  struct Need {
    bool finish = false;  // What runs is not to end because the run is to stop: a write.
    bool urgent = false;  // Must not wait for others.
  };

  /// A connection on loan.
  class Loan {
   public:
    Loan(ConnectionPool* pool, Need need, std::unique_ptr<HttpConnection> connection)
        : pool_(pool), need_(need), connection_(std::move(connection)) {}
    Loan(Loan&&) = default;
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (connection_ != nullptr) pool_->GiveBack(need_, std::move(connection_));
    }
    HttpConnection* operator->() const { return connection_.get(); }

   private:
    ConnectionPool* pool_;
    Need need_;
    std::unique_ptr<HttpConnection> connection_;
  };

  /// Waits for one to come back if all are out. kInterrupted if the run is to stop.
  base::Result<Loan> Borrow(Need need);

 private:
  void GiveBack(Need need, std::unique_ptr<HttpConnection> connection);

  HttpOptions options_;
  int most_;

  std::mutex mutex_;
  std::condition_variable returned_;
  int out_ = 0;  // Urgent ones are not counted.
  // Those that end when the run is to stop, and the others. The last one was used last.
  std::array<std::vector<std::unique_ptr<HttpConnection>>, 2> idle_;
};

}  // namespace matome::s3
