// SPDX-License-Identifier: Apache-2.0
#include "base/backoff.h"

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace matome::base {

using std::chrono::milliseconds;

BackoffClock BackoffClock::System() {
  return {.now = [] { return std::chrono::steady_clock::now(); },
          .sleep = [](milliseconds time) { std::this_thread::sleep_for(time); },
          .random =
              [] {
                thread_local std::minstd_rand generator{std::random_device()()};
                return std::uniform_real_distribution<double>()(generator);
              }};
}

Backoff::Backoff(const BackoffPolicy& policy, const std::atomic<bool>* stop, BackoffClock clock)
    : policy_(policy), stop_(stop), clock_(std::move(clock)), start_(clock_.now()) {}

milliseconds Backoff::left() const {
  const auto left =
      std::chrono::duration_cast<milliseconds>(start_ + policy_.deadline - clock_.now());
  return std::max(left, milliseconds(0));
}

bool Backoff::Wait(milliseconds at_least) {
  constexpr milliseconds stop_check_interval{100};
  const auto stopped = [&] { return stop_ != nullptr && *stop_; };
  const milliseconds left_now = left();
  if (left_now == milliseconds(0) || at_least > left_now || stopped()) return false;

  const int doublings = std::min(retries_, 20);
  const milliseconds ceiling =
      std::min({policy_.first_delay * (1 << doublings), policy_.longest_delay, left_now});
  const auto chosen = milliseconds(
      static_cast<int64_t>(clock_.random() * static_cast<double>(ceiling.count() + 1)));
  auto delay = std::max(chosen, at_least);
  for (; delay > milliseconds(0) && !stopped(); delay -= stop_check_interval) {
    clock_.sleep(std::min(delay, stop_check_interval));
  }
  if (stopped()) return false;
  ++retries_;
  return true;
}

Status Backoff::Outcome(Status status) const {
  if (status.ok() || retries_ == 0) return status;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - start_).count();
  return {status.code(),
          fmt::format("{} (tried {} times in {} s)", status.message(), retries_ + 1, seconds)};
}

}  // namespace matome::base
