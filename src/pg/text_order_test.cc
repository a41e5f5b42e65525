// SPDX-License-Identifier: Apache-2.0
#include "pg/text_order.h"

#include <gtest/gtest.h>

#include "testing/postgres_server.h"

namespace matome::pg {
namespace {

using testing::PostgresServer;

std::unique_ptr<DatabaseTextOrder> OrderOf(const std::string& database) {
  PostgresServer& server = PostgresServer::Shared();
  Connection connection = server.Connect(database);
  auto order = FindTextOrder(connection, {.conninfo = server.Url(database)},
                             {.deadline = std::chrono::milliseconds(0)});
  EXPECT_TRUE(order.ok()) << order.status().message();
  return order.ok() ? std::move(order).value() : nullptr;
}

TEST(DatabaseTextOrder, IsNotNeededWhereBytesDecide) {
  EXPECT_EQ(OrderOf(PostgresServer::Shared().CreateDatabase()), nullptr);
}

TEST(DatabaseTextOrder, IsTheDatabases) {
  const auto order = OrderOf(PostgresServer::Shared().CreateCollatedDatabase());
  ASSERT_NE(order, nullptr);
  for (int round = 0; round < 2; ++round) {  // Asked, then remembered.
    EXPECT_TRUE(order->IsAfter("i-B", "i-a"));
    EXPECT_FALSE(order->IsAfter("i-a", "i-B"));
    EXPECT_TRUE(order->IsAfter("\u00e9t\u00e9", "etat"));
    EXPECT_FALSE(order->IsAfter("\u00e9t\u00e9", "z"));
    EXPECT_TRUE(order->IsAfter("it's", ""));
  }
  EXPECT_TRUE(order->status().ok());
}

TEST(DatabaseTextOrder, RemembersThatItCouldNotAsk) {
  PostgresServer& server = PostgresServer::Shared();
  const std::string database = server.CreateCollatedDatabase();
  const auto order = OrderOf(database);
  ASSERT_NE(order, nullptr);
  Connection connection = server.Connect("postgres");
  testing::MustExec(connection, "DROP DATABASE " + database);
  EXPECT_FALSE(order->IsAfter("i-B", "i-a"));
  EXPECT_EQ(order->status().code(), base::Code::kDatabaseUnavailable) << order->status().message();
  EXPECT_NE(order->status().message().find("order of texts"), std::string::npos);
}

}  // namespace
}  // namespace matome::pg
