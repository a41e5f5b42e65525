// SPDX-License-Identifier: Apache-2.0
#include "base/backoff.h"

#include <utility>

#include <gtest/gtest.h>

namespace matome::base {
namespace {

using std::chrono::milliseconds;

/// A clock that only sleeping moves.
struct Timeline {
  std::chrono::steady_clock::time_point now;
  double chance = 0;
  milliseconds slept{0};

  BackoffClock Clock() {
    return {.now = [this] { return now; },
            .sleep =
                [this](milliseconds time) {
                  now += time;
                  slept += time;
                },
            .random = [this] { return chance; }};
  }
  milliseconds TakeSlept() { return std::exchange(slept, milliseconds(0)); }
};

TEST(Backoff, WaitsLongerEachTimeUpToACap) {
  Timeline time{.chance = 0.9999};
  Backoff backoff({.first_delay = milliseconds(200),
                   .longest_delay = milliseconds(1000),
                   .deadline = milliseconds(60'000)},
                  nullptr, time.Clock());
  for (const int expected : {200, 400, 800, 1000, 1000}) {
    EXPECT_TRUE(backoff.Wait());
    EXPECT_EQ(time.TakeSlept().count(), expected);
  }
  EXPECT_EQ(backoff.retries(), 5);
}

TEST(Backoff, TheJitterIsFull) {
  Timeline time{.chance = 0};
  Backoff backoff({}, nullptr, time.Clock());
  EXPECT_TRUE(backoff.Wait());
  EXPECT_EQ(time.TakeSlept().count(), 0);
  time.chance = 0.5;
  EXPECT_TRUE(backoff.Wait());
  EXPECT_EQ(time.TakeSlept().count(), 200);
}

TEST(Backoff, WaitsAsLongAsToldIfThereIsTime) {
  Timeline time{.chance = 0};
  Backoff backoff({.deadline = milliseconds(5000)}, nullptr, time.Clock());
  EXPECT_TRUE(backoff.Wait(milliseconds(3000)));
  EXPECT_EQ(time.TakeSlept().count(), 3000);
  EXPECT_EQ(backoff.left().count(), 2000);
  EXPECT_FALSE(backoff.Wait(milliseconds(3000)));
  EXPECT_EQ(time.TakeSlept().count(), 0);
}

TEST(Backoff, EndsAtTheDeadline) {
  Timeline time{.chance = 0.9999};
  Backoff backoff({.first_delay = milliseconds(700),
                   .longest_delay = milliseconds(700),
                   .deadline = milliseconds(1000)},
                  nullptr, time.Clock());
  EXPECT_EQ(backoff.Outcome({Code::kTemporary, "gone"}).message(), "gone");
  EXPECT_TRUE(backoff.Wait());
  EXPECT_TRUE(backoff.Wait());  // The last try is at the deadline, not after it.
  EXPECT_EQ(time.TakeSlept().count(), 1000);
  EXPECT_FALSE(backoff.Wait());
  EXPECT_EQ(backoff.left().count(), 0);
  const Status outcome = backoff.Outcome({Code::kTemporary, "gone"});
  EXPECT_EQ(outcome.message(), "gone (tried 3 times in 1 s)");
  EXPECT_EQ(outcome.code(), Code::kTemporary);
  EXPECT_TRUE(backoff.Outcome({}).ok());
}

TEST(Backoff, StopsAmidAWait) {
  Timeline time{.chance = 0.9999};
  std::atomic<bool> stop = false;
  BackoffClock clock = time.Clock();
  clock.sleep = [&](milliseconds slice) {
    time.slept += slice;
    stop = true;
  };
  Backoff backoff({.first_delay = milliseconds(5000)}, &stop, clock);
  EXPECT_FALSE(backoff.Wait());
  EXPECT_LE(time.slept.count(), 100);
}

}  // namespace
}  // namespace matome::base
