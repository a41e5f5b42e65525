// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <memory>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/table_schema.h"
#include "sink/day_file.h"
#include "sink/day_for_test.h"
#include "sink/postgres_output.h"
#include "testing/postgres_server.h"

namespace matome::sink {

inline const model::RunConstants kPostgresConstantsForTest{
    .source_uuid = "11111111-1111-4111-8111-111111111111",
    .cluster_id = "cluster one",
    .cluster_alias = "alias",
    .report_period_id = 7};

/// A day with rows of all kinds: NULLs, empty and odd texts, numbers of all sizes.
inline DayForTest RandomDay(std::string_view date, uint32_t seed, int rows) {
  using model::Labels;
  using model::Name;
  using model::RowKind;
  std::mt19937 random(seed);
  const auto below = [&random](uint32_t limit) { return static_cast<uint32_t>(random()) % limit; };
  static constexpr std::array kTexts = {
      "", "shop", "a,b \"c\"", "größe 漢字 😀", "tab\tand\r\nline", "\\N", "NULL", " trailing "};
  static constexpr std::array kLabels = {R"({})", R"({"app":"shop"})",
                                         R"({"a":"\"quoted\" \\ back","größe":"😀"})",
                                         R"({"app":null,"z":""})"};
  DayForTest day(date);
  for (int count = 0; count < rows; ++count) {
    auto& row = day.Add(model::kRowKinds[below(3)]);
    for (size_t name = 0; name < model::kNameCount; ++name) {
      if (below(4) != 0) day.Set(row, static_cast<Name>(name), kTexts[below(kTexts.size())]);
    }
    for (size_t column = 0; column < model::kLabelsCount; ++column) {
      if (below(4) != 0) day.Set(row, static_cast<Labels>(column), kLabels[below(kLabels.size())]);
    }
    for (size_t number = 0; number < model::kNumberCount; ++number) {
      if (below(5) == 0) continue;
      const double sign = below(3) == 0 ? -1 : 1;
      const double size = std::pow(10.0, static_cast<double>(below(3500)) / 100 - 17);
      row.set(static_cast<model::Number>(number), below(4) == 0 ? below(100) / 2.0 : sign * size);
    }
    row.has_cost_category = below(2) == 0;
    row.cost_category_id = 1;
  }
  return day;
}

/// A tenant with two clusters of one report period each, 7 and 8.
class PostgresOutputTest : public ::testing::Test {
 protected:
  explicit PostgresOutputTest(testing::PostgresServer& server = testing::PostgresServer::Shared())
      : server_(server), database_(server.CreateDatabase()), admin_(server.Connect(database_)) {
    for (const int period : {7, 8}) {
      testing::MustExec(
          admin_,
          fmt::format("INSERT INTO org1234567.reporting_tenant_api_provider (uuid, name, type)"
                      " VALUES ('{0}1111111-1111-4111-8111-111111111111', 'c{0}', 'OCP');"
                      "INSERT INTO org1234567.reporting_ocpusagereportperiod (id, cluster_id,"
                      " report_period_start, report_period_end, provider_id) VALUES ({0}, 'c{0}',"
                      " '2025-10-01', '2025-11-01', '{0}1111111-1111-4111-8111-111111111111')",
                      period));
    }
    target_ = {.connection = {.conninfo = server.Url(database_)},
               .schema = std::string(testing::kTenant),
               .retry = {.first_delay = std::chrono::milliseconds(10),
                         .longest_delay = std::chrono::milliseconds(100),
                         .deadline = std::chrono::seconds(60)}};
  }

  base::Result<std::unique_ptr<PostgresOutput>> TryOpen(const PostgresTarget& target,
                                                        OpenFor purpose = OpenFor::kWriting) {
    return PostgresOutput::Open(target, {.source_uuid = kPostgresConstantsForTest.source_uuid,
                                         .month = {2025, 10},
                                         .semantics = semantics_,
                                         .run_id = fmt::format("run {}", ++runs_),
                                         .purpose = purpose});
  }
  std::unique_ptr<PostgresOutput> Open(const PostgresTarget& target,
                                       OpenFor purpose = OpenFor::kWriting) {
    auto output = TryOpen(target, purpose);
    if (!output.ok()) {
      ADD_FAILURE() << output.status().message();
      std::abort();
    }
    return std::move(output).value();
  }
  std::unique_ptr<PostgresOutput> Open() { return Open(target_); }

  base::Status Commit(PostgresOutput& output, DayForTest& day, CommitNotes* notes = nullptr) {
    CommitNotes own;
    return output.Commit({.summary = day.summary(),
                          .constants = kPostgresConstantsForTest,
                          .entry = {.fingerprint = {.program = "1.0", .input = "objects"},
                                    .pod_rows_in = 5,
                                    .run_id = fmt::format("run {}", runs_)}},
                         notes == nullptr ? own : *notes);
  }

  /// The rows of the month by a new output: "2025-10-03: 12 rows; …".
  std::string Stamps() {
    std::vector<std::string> warnings;
    const auto state = Open(target_, OpenFor::kReading)->Load(kOctober, warnings);
    std::string text;
    for (const auto& [day, stamp] : state.value().stamps) {
      text += fmt::format("{}: {}; ", day.ToString(), stamp);
    }
    return text;
  }

  /// Compares the day's rows in the database with the CSV of the same day, text by text.
  void ExpectRows(DayForTest& day) {
    std::string csv;
    ASSERT_TRUE(WriteCsvDay(day.summary(), kPostgresConstantsForTest, semantics_,
                            [&csv](std::span<const uint8_t> bytes) {
                              csv.append(bytes.begin(), bytes.end());
                              return base::Status();
                            })
                    .ok());
    std::string columns, compared, actual;
    for (const auto& column : model::SummaryColumns()) {
      columns += fmt::format("{}{} text", columns.empty() ? "" : ", ", column.name);
      if (column.name == "uuid" || column.name == "csi_volume_handle") continue;
      const bool json = column.source == model::ColumnSource::kLabels ||
                        column.source == model::ColumnSource::kInfrastructureUsageCost;
      const char* const comma = compared.empty() ? "" : ", ";
      compared += fmt::format("{}{}{}", comma, column.name, json ? "::jsonb::text" : "");
      actual += fmt::format("{}{}::text", comma, column.name);
    }
    testing::MustExec(
        admin_,
        "DROP TABLE IF EXISTS pg_temp.expected; CREATE TEMP TABLE expected (" + columns + ")");
    ASSERT_TRUE(admin_.BeginCopy("COPY pg_temp.expected FROM STDIN (FORMAT csv, HEADER)").ok());
    ASSERT_TRUE(
        admin_.PutCopyData({reinterpret_cast<const uint8_t*>(csv.data()), csv.size()}).ok());
    const auto copied = admin_.EndCopy();
    ASSERT_TRUE(copied.ok()) << copied.status().message();
    const std::string expected_rows = "SELECT " + compared + " FROM pg_temp.expected";
    const std::string actual_rows = fmt::format(
        "SELECT {} FROM {} WHERE usage_start = '{}'"
        " AND report_period_id = 7",
        actual, kTable, day.summary().day.ToString());
    EXPECT_EQ(testing::Table(admin_, expected_rows + " EXCEPT ALL " + actual_rows), "");
    EXPECT_EQ(testing::Table(admin_, actual_rows + " EXCEPT ALL " + expected_rows), "");
  }

  std::string Query(const std::string& sql) { return testing::Table(admin_, sql); }

  static constexpr std::string_view kTable = "org1234567.reporting_ocpusagelineitem_daily_summary";
  static constexpr model::DayRange kOctober{model::Day{20362}, model::Day{20392}};

  testing::PostgresServer& server_;
  std::string database_;
  pg::Connection admin_;
  PostgresTarget target_;
  model::Semantics semantics_ = model::Semantics::kTrino;
  int runs_ = 0;
};

}  // namespace matome::sink
