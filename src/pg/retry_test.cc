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

TEST(RetryTest, WhatPassesIsTriedAgainUntilTheDeadline) {
  Retry retry({.first_delay = milliseconds(1), .deadline = milliseconds(5)});
  while (retry.WaitFor(kPasses)) {
  }
  EXPECT_GT(retry.retries(), 0);
  EXPECT_THAT(retry.Outcome(kPasses.status).message(), HasSubstr("gone (tried "));
  EXPECT_EQ(retry.Outcome(kPasses.status).code(), base::Code::kDatabaseUnavailable);
}

TEST(RetryTest, WhatStaysIsNotTriedAgain) {
  Retry retry({});
  EXPECT_FALSE(retry.WaitFor(kStays));
  EXPECT_EQ(retry.Outcome(kStays.status).message(), "no table");
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
