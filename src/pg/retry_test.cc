// SPDX-License-Identifier: Apache-2.0
#include "pg/retry.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/postgres_server.h"

namespace matome::pg {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

const Error kPasses{.status = {base::Code::kDatabaseUnavailable, "gone"},
                    .recovery = Recovery::kReconnect};
const Error kStays{.status = {base::Code::kSchemaMismatch, "no table"}};

/// A clock that only sleeping moves.
struct Timeline {
  std::chrono::steady_clock::time_point now;
  double chance = 0;
  milliseconds slept{0};

  RetryClock Clock() {
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

TEST(RetryTest, WaitsLongerEachTimeUpToACap) {
  Timeline time{.chance = 0.9999};
  Retry retry({.first_delay = milliseconds(200),
               .longest_delay = milliseconds(1000),
               .deadline = milliseconds(60'000)},
              nullptr, time.Clock());
  for (const int expected : {200, 400, 800, 1000, 1000}) {
    EXPECT_TRUE(retry.WaitFor(kPasses));
    EXPECT_EQ(time.TakeSlept().count(), expected);
  }
  EXPECT_EQ(retry.retries(), 5);
}

TEST(RetryTest, TheJitterIsFull) {
  Timeline time{.chance = 0};
  Retry retry({}, nullptr, time.Clock());
  EXPECT_TRUE(retry.WaitFor(kPasses));
  EXPECT_EQ(time.TakeSlept().count(), 0);
  time.chance = 0.5;
  EXPECT_TRUE(retry.WaitFor(kPasses));
  EXPECT_EQ(time.TakeSlept().count(), 200);
}

TEST(RetryTest, EndsAtTheDeadline) {
  Timeline time{.chance = 0.9999};
  Retry retry({.first_delay = milliseconds(700),
               .longest_delay = milliseconds(700),
               .deadline = milliseconds(1000)},
              nullptr, time.Clock());
  EXPECT_TRUE(retry.WaitFor(kPasses));
  EXPECT_TRUE(retry.WaitFor(kPasses));  // The last try is at the deadline, not after it.
  EXPECT_EQ(time.TakeSlept().count(), 1000);
  EXPECT_FALSE(retry.WaitFor(kPasses));
  EXPECT_THAT(retry.Outcome(kPasses.status).message(), HasSubstr("gone (tried 3 times in 1 s)"));
  EXPECT_EQ(retry.Outcome(kPasses.status).code(), base::Code::kDatabaseUnavailable);
}

TEST(RetryTest, WhatStaysIsNotTriedAgain) {
  Timeline time;
  Retry retry({}, nullptr, time.Clock());
  EXPECT_FALSE(retry.WaitFor(kStays));
  EXPECT_EQ(retry.Outcome(kStays.status).message(), "no table");
}

TEST(RetryTest, StopsAmidAWait) {
  Timeline time{.chance = 0.9999};
  std::atomic<bool> stop = false;
  RetryClock clock = time.Clock();
  clock.sleep = [&](milliseconds slice) {
    time.slept += slice;
    stop = true;
  };
  Retry retry({.first_delay = milliseconds(5000)}, &stop, clock);
  EXPECT_FALSE(retry.WaitFor(kPasses));
  EXPECT_LE(time.slept.count(), 100);
}

TEST(RetryTest, OpeningDoesNotInsistOnWhatStays) {
  Error error;
  int64_t retries = 0;
  EXPECT_FALSE(OpenPatiently({.conninfo = "postgresql://a@b@c/d"}, {}, &retries, &error).ok());
  EXPECT_EQ(retries, 0);
  EXPECT_FALSE(error.retriable());
}

TEST(RetryTest, OpeningWaitsForAServerThatComesBack) {
  testing::PostgresServer server;
  server.Kill();
  std::atomic<bool> refused = false;
  std::thread starter([&] {
    while (!refused) std::this_thread::yield();
    server.Start();
  });
  EXPECT_FALSE(Connection::Open({server.Url("postgres")}).ok());
  refused = true;
  int64_t retries = 0;
  const auto connection = OpenPatiently(
      {server.Url("postgres")},
      {.first_delay = milliseconds(10), .longest_delay = milliseconds(100)}, &retries);
  starter.join();
  EXPECT_TRUE(connection.ok()) << connection.status().message();
}

}  // namespace
}  // namespace matome::pg
