// SPDX-License-Identifier: Apache-2.0
#include "pg/month_lock.h"

#include <string>

#include <gtest/gtest.h>

#include "testing/postgres_server.h"
#include "testing/tcp_proxy.h"

namespace matome::pg {
namespace {

using base::Code;
using testing::PostgresServer;

TEST(MonthLock, IsNotKeptByALostSessionOfTheSameRun) {
  PostgresServer& server = PostgresServer::Shared();
  const ConnectTarget target{.conninfo = server.Url(server.CreateDatabase())};
  const MonthKey key{"org1234567", "11111111-1111-4111-8111-111111111111", {2025, 10}};
  const auto acquire = [&](Error& error, std::vector<int> lost_pids) {
    auto connection = Connection::Open(target);
    EXPECT_TRUE(connection.ok());
    return MonthLock::Acquire(target, std::move(connection).value(), key, std::chrono::seconds(0),
                              &error, std::move(lost_pids));
  };
  Error error;
  const auto lost = acquire(error, {});  // Never let go: to the server it is alive.
  ASSERT_TRUE(lost.ok());
  EXPECT_EQ(acquire(error, {}).status().code(), Code::kLocked);
  EXPECT_FALSE(error.retriable());
  const int pid = (*lost)->backend_pid();
  auto again = acquire(error, {pid});
  EXPECT_EQ(again.status().code(), Code::kTemporary);
  while (!again.ok()) {
    ASSERT_TRUE(error.retriable()) << again.status().message();
    error = {};
    again = acquire(error, {pid});
  }
}

TEST(MonthLock, IsTakenAgainFromALostSessionThatTheServerStillKeeps) {
  PostgresServer& server = PostgresServer::Shared();
  const ConnectTarget target{.conninfo = server.Url(server.CreateDatabase())};
  const MonthKey key{"org1234567", "11111111-1111-4111-8111-111111111111", {2025, 10}};

  testing::TcpProxy proxy(server.port());
  ConnectTarget through_proxy = target;
  const std::string port = std::to_string(server.port());
  through_proxy.conninfo.replace(through_proxy.conninfo.find(port), port.size(),
                                 std::to_string(proxy.port()));
  auto connection = Connection::Open(through_proxy);
  ASSERT_TRUE(connection.ok()) << connection.status().message();
  const auto lock =
      MonthLock::Acquire(target, std::move(connection).value(), key, std::chrono::seconds(0));
  ASSERT_TRUE(lock.ok()) << lock.status().message();

  proxy.Stall();  // The server does not hear that its session is given up.
  Error error;
  base::Status renewed = (*lock)->Renew((*lock)->backend_pid(), error);
  EXPECT_EQ(renewed.code(), Code::kTemporary) << renewed.message();
  while (!renewed.ok()) {
    ASSERT_TRUE(error.retriable()) << renewed.message();
    error = {};
    renewed = (*lock)->Renew((*lock)->backend_pid(), error);
  }
  auto other = Connection::Open(target);
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(MonthLock::Acquire(target, std::move(other).value(), key, std::chrono::seconds(0))
                .status()
                .code(),
            Code::kLocked);
}

}  // namespace
}  // namespace matome::pg
