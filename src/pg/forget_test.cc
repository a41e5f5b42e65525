// SPDX-License-Identifier: Apache-2.0
#include "pg/forget.h"

#include <gmock/gmock.h>

#include "testing/postgres_server.h"

namespace matome::pg {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kSource = "11111111-0000-4000-8000-000000000001";
constexpr const char* kOther = "11111111-0000-4000-8000-000000000002";

class ForgetTest : public ::testing::Test {
 protected:
  ForgetTest()
      : database_(testing::PostgresServer::Shared().CreateDatabase()),
        connection_(testing::PostgresServer::Shared().Connect(database_)),
        table_(
            InspectSummaryTable(connection_, std::string(testing::kTenant), TableUse::kReplaceDays)
                .value()) {
    EXPECT_TRUE(MakeLedger(connection_).ok());
  }

  /// `columns` and `values` stand beside uuid, usage_start, usage_end and source_uuid.
  void Add(const std::string& source, const std::string& day, const std::string& columns = "",
           const std::string& values = "") {
    testing::MustExec(connection_, "INSERT INTO " + table_.name +
                                       " (uuid, usage_start, usage_end, source_uuid" + columns +
                                       ") VALUES (gen_random_uuid(), '" + day + "', '" + day +
                                       "', '" + source + "'" + values + ")");
  }
  void Remember(const std::string& source, model::Day day) {
    const auto query = UpsertDay({std::string(testing::kTenant), source, model::Month::Of(day)},
                                 day, 1, {}, 1, {});
    ASSERT_TRUE(connection_.ExecParams(query.sql, query.params).ok());
  }
  std::string Left() {
    return testing::Table(connection_,
                          "SELECT source_uuid, usage_start FROM " + table_.name + " ORDER BY 1, 2");
  }

  std::string database_;
  Connection connection_;
  SummaryTable table_;
};

TEST_F(ForgetTest, RemovesRowsWithoutInfrastructureCostAndTheirLedger) {
  Add(kSource, "2025-10-03");
  Add(kSource, "2025-10-03", ", infrastructure_raw_cost", ", 0");
  Add(kSource, "2025-10-04", ", cost_model_rate_type", ", 'Infrastructure'");
  Add(kSource, "2025-10-04", ", infrastructure_raw_cost", ", 1.5");
  Add(kSource, "2025-11-01");
  Add(kOther, "2025-10-03");
  Remember(kSource, *model::Day::Parse("2025-10-03"));
  Remember(kSource, *model::Day::Parse("2025-12-01"));
  Remember(kOther, *model::Day::Parse("2025-10-03"));

  const auto months = FindMonths(connection_, table_, kSource, /*ledger=*/true);
  ASSERT_TRUE(months.ok()) << months.status().message();
  EXPECT_THAT(*months,
              ElementsAre(model::Month{2025, 10}, model::Month{2025, 11}, model::Month{2025, 12}));
  EXPECT_THAT(*FindMonths(connection_, table_, kSource, /*ledger=*/false),
              ElementsAre(model::Month{2025, 10}, model::Month{2025, 11}));

  const auto forgotten =
      ForgetMonth(connection_, table_, {std::string(testing::kTenant), kSource, {2025, 10}},
                  /*ledger=*/true);
  ASSERT_TRUE(forgotten.ok()) << forgotten.status().message();
  EXPECT_EQ(forgotten->days, 2);
  EXPECT_EQ(forgotten->rows, 2);
  EXPECT_EQ(forgotten->cost_model_rows, 1);
  EXPECT_EQ(forgotten->rows_kept, 1);
  EXPECT_EQ(forgotten->ledger_days, 1);
  EXPECT_EQ(Left(), std::string(kSource) + "|2025-10-04\n" + kSource + "|2025-11-01\n" + kOther +
                        "|2025-10-03\n");
  EXPECT_EQ(testing::Table(connection_, "SELECT source_uuid, day FROM matome.day ORDER BY 1, 2"),
            std::string(kSource) + "|2025-12-01\n" + kOther + "|2025-10-03\n");
}

TEST_F(ForgetTest, NothingThereIsNothingRemoved) {
  EXPECT_THAT(*FindMonths(connection_, table_, kSource, /*ledger=*/true), IsEmpty());
  const auto forgotten =
      ForgetMonth(connection_, table_, {std::string(testing::kTenant), kSource, {2025, 10}},
                  /*ledger=*/false);
  ASSERT_TRUE(forgotten.ok());
  EXPECT_EQ(forgotten->days + forgotten->rows + forgotten->rows_kept, 0);
}

}  // namespace
}  // namespace matome::pg
