// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace matome::pipeline {

/// Runs fn(index, worker) for every index below `count` on up to `threads` threads, of which the
/// caller's is one. Indices are begun in ascending order.
template <typename Fn>
void ParallelFor(size_t count, int threads, Fn fn) {
  std::atomic<size_t> next = 0;
  const auto work = [&](int worker) {
    for (size_t index = next++; index < count; index = next++) fn(index, worker);
  };
  const auto workers =
      static_cast<int>(std::min<size_t>(static_cast<size_t>(std::max(threads, 1)), count));
  std::vector<std::jthread> others;
  for (int worker = 1; worker < workers; ++worker) others.emplace_back(work, worker);
  work(0);
}

}  // namespace matome::pipeline
