// SPDX-License-Identifier: Apache-2.0
#include "pg/retry.h"

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace matome::pg {

using std::chrono::milliseconds;

RetryClock RetryClock::System() {
  return {.now = [] { return std::chrono::steady_clock::now(); },
          .sleep = [](milliseconds time) { std::this_thread::sleep_for(time); },
          .random =
              [] {
                thread_local std::minstd_rand generator{std::random_device()()};
                return std::uniform_real_distribution<double>()(generator);
              }};
}

Retry::Retry(const RetryPolicy& policy, const std::atomic<bool>* stop, RetryClock clock)
    : policy_(policy), stop_(stop), clock_(std::move(clock)), start_(clock_.now()) {}

bool Retry::WaitFor(const Error& error) {
  constexpr milliseconds kStopCheckInterval{100};
  const auto stopped = [&] { return stop_ != nullptr && *stop_; };
  const auto left =
      std::chrono::duration_cast<milliseconds>(start_ + policy_.deadline - clock_.now());
  if (!error.retriable() || left <= milliseconds(0) || stopped()) return false;

  const int doublings = std::min(retries_, 20);
  const milliseconds ceiling =
      std::min({policy_.first_delay * (1 << doublings), policy_.longest_delay, left});
  auto delay = milliseconds(
      static_cast<int64_t>(clock_.random() * static_cast<double>(ceiling.count() + 1)));
  for (; delay > milliseconds(0) && !stopped(); delay -= kStopCheckInterval) {
    clock_.sleep(std::min(delay, kStopCheckInterval));
  }
  if (stopped()) return false;
  ++retries_;
  return true;
}

base::Status Retry::Outcome(base::Status status) const {
  if (status.ok() || retries_ == 0) return status;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - start_).count();
  return {status.code(),
          fmt::format("{} (tried {} times in {} s)", status.message(), retries_ + 1, seconds)};
}

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
