// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/status.h"

namespace matome::ingest {

/// Does pieces of work on some threads, and on the caller's when all of those are busy: so the
/// caller is never more than one piece ahead of them, and none of them idles. For one caller.
class BatchWriter {
 public:
  using Work = std::function<base::Status()>;

  explicit BatchWriter(int threads);
  /// Waits for what is under way.
  ~BatchWriter();
  BatchWriter(const BatchWriter&) = delete;
  BatchWriter& operator=(const BatchWriter&) = delete;

  /// Takes a piece of work. Returns the first error so far, of any piece; after one, nothing new is
  /// begun.
  base::Status Submit(Work work);

  /// Waits for all work, and returns the first error.
  base::Status Finish();

 private:
  void Run();
  void Note(const base::Status& status);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> waiting_;
  int idle_ = 0;  // Threads that no waiting work is meant for.
  int busy_ = 0;
  bool ended_ = false;
  base::Status status_;
  std::vector<std::jthread> threads_;
};

}  // namespace matome::ingest
