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
