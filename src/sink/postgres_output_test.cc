// SPDX-License-Identifier: Apache-2.0
#include "sink/postgres_output.h"

#include <cmath>
#include <thread>

#include <gmock/gmock.h>

#include "sink/postgres_for_test.h"

namespace matome::sink {
namespace {

using base::Code;
using model::Day;
using model::RowKind;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MustExec;
using ::testing::SizeIs;

TEST_F(PostgresOutputTest, WritesWhatTheCsvHolds) {
  const auto output = Open();
  for (const uint32_t seed : {1, 2, 3}) {
    auto day = RandomDay(fmt::format("2025-10-{:02}", seed), seed, 1000);
    const auto status = Commit(*output, day);
    ASSERT_TRUE(status.ok()) << status.message();
    ExpectRows(day);
  }
  EXPECT_EQ(
      Query(fmt::format("SELECT count(DISTINCT uuid), count(*) FILTER (WHERE substr(uuid::text, "
                        "15, 1) = '4') FROM {}",
                        kTable)),
      "3000|3000\n");
  EXPECT_EQ(
      Query("SELECT count(*) FROM org1234567.reporting_ocpusagelineitem_daily_summary_2025_10"),
      "3000\n");
}

TEST_F(PostgresOutputTest, WritesWhatTheCsvHoldsWithPostgresqlSemantics) {
  semantics_ = model::Semantics::kKokuPostgresql;
  auto day = RandomDay("2025-10-03", 4, 1000);
  day.summary().rows[5].set(model::Number::kPodUsageCpuCoreHours, std::nan(""));
  day.summary().rows[6].set(model::Number::kPodUsageCpuCoreHours, 1234567.123456789);
  const auto output = Open();
  ASSERT_TRUE(Commit(*output, day).ok());
  ExpectRows(day);
}

TEST_F(PostgresOutputTest, WritesIntoATableWithoutPartitions) {
  MustExec(admin_, fmt::format("CREATE SCHEMA flat; CREATE TABLE "
                               "flat.reporting_ocpusagelineitem_daily_summary (LIKE {})",
                               kTable));
  target_.schema = "flat";
  auto day = RandomDay("2025-10-03", 5, 100);
  ASSERT_TRUE(Commit(*Open(), day).ok());
  EXPECT_EQ(Stamps(), "2025-10-03: 100; ");
}

// A column that the application has with a default must still be NULL in our rows: by these they
// are known.
TEST_F(PostgresOutputTest, LeavesColumnsWithDefaultsNull) {
  MustExec(admin_, fmt::format("ALTER TABLE {0} ALTER infrastructure_raw_cost SET DEFAULT 0;"
                               "ALTER TABLE {0} ADD \"odd Name\" integer DEFAULT 5;"
                               "ALTER TABLE {0} ADD kept integer NOT NULL DEFAULT 6",
                               kTable));
  auto day = RandomDay("2025-10-03", 6, 100);
  ASSERT_TRUE(Commit(*Open(), day).ok());
  EXPECT_EQ(Stamps(), "2025-10-03: 100; ");
  EXPECT_EQ(
      Query(fmt::format("SELECT count(infrastructure_raw_cost), count(\"odd Name\"), sum(kept) "
                        "FROM {}",
                        kTable)),
      "0|0|600\n");
}

TEST_F(PostgresOutputTest, ReplacesItsRowsAndLeavesThoseOfOthers) {
  const std::string columns =
      "(uuid, usage_start, usage_end, source_uuid, report_period_id, infrastructure_raw_cost, "
      "cost_model_rate_type, monthly_cost_type, namespace)";
  const auto insert = [&](std::string_view day, int period, std::string_view raw_cost,
                          std::string_view rate_type, std::string_view monthly,
                          std::string_view name) {
    MustExec(admin_,
             fmt::format("INSERT INTO {} {} VALUES (gen_random_uuid(), '{}', '{}', '{}', {}, "
                         "{}, {}, {}, '{}')",
                         kTable, columns, day, day, kPostgresConstantsForTest.source_uuid, period,
                         raw_cost, rate_type, monthly, name));
  };
  insert("2025-10-03", 7, "NULL", "NULL", "NULL", "ours");
  insert("2025-10-03", 7, "0", "NULL", "NULL", "zero");
  insert("2025-10-03", 7, "NULL", "'Infrastructure'", "NULL", "rate");
  insert("2025-10-03", 7, "NULL", "NULL", "'Node'", "monthly");
  insert("2025-10-03", 7, "1.5", "NULL", "NULL", "cloud");
  insert("2025-10-03", 7, "-1.5", "'Infrastructure'", "NULL", "credit");
  insert("2025-10-03", 8, "NULL", "NULL", "NULL", "other cluster");
  insert("2025-10-02", 7, "NULL", "NULL", "NULL", "day before");
  insert("2025-10-04", 7, "NULL", "NULL", "NULL", "day after");

  DayForTest day("2025-10-03");
  day.AddPod("new", "node", 1);
  CommitNotes notes;
  const auto output = Open();
  ASSERT_TRUE(Commit(*output, day, &notes).ok());
  EXPECT_EQ(notes.cost_model_rows_removed, 2);
  EXPECT_EQ(notes.retries, 0);
  const std::string all = fmt::format("SELECT namespace FROM {} ORDER BY 1", kTable);
  EXPECT_EQ(Query(all), "cloud\ncredit\nday after\nday before\nnew\nother cluster\n");

  ASSERT_TRUE(Commit(*output, day, &notes).ok());
  EXPECT_EQ(notes.cost_model_rows_removed, 2);  // None more.
  EXPECT_EQ(Query(all), "cloud\ncredit\nday after\nday before\nnew\nother cluster\n");

  DayForTest empty("2025-10-03");
  ASSERT_TRUE(Commit(*output, empty).ok());
  EXPECT_EQ(Query(all), "cloud\ncredit\nday after\nday before\nother cluster\n");
}

TEST_F(PostgresOutputTest, RemembersWhatADayWasMadeFrom) {
  auto day = RandomDay("2025-10-03", 7, 20);
  DayForTest empty("2025-10-04");
  {
    const auto output = Open();
    const std::vector<model::BadInput> bad = {
        {.object = "a.parquet",
         .row = 5,
         .column = "pod_labels",
         .reason = "no JSON",
         .raw_text = std::string("nul \0 and \\u0000 and \xff", 22)}};
    CommitNotes notes;
    const auto status =
        output->Commit({.summary = day.summary(),
                        .constants = kPostgresConstantsForTest,
                        .entry = {.fingerprint = {"1.0", "trino", "keys", "roles", "objects"},
                                  .incomplete = true,
                                  .pod_rows_in = 77,
                                  .result = {.rows_out = {1, 2, 3},
                                             .cpu_core_hours = {1.5, 2, 3, std::nan("")},
                                             .objects = 4,
                                             .rows_in = 5,
                                             .groups = 6},
                                  .run_id = "the run"},
                        .quarantined = bad},
                       notes);
    ASSERT_TRUE(status.ok()) << status.message();
    ASSERT_TRUE(Commit(*output, empty).ok());
  }
  std::vector<std::string> warnings;
  const auto state = Open(target_, OpenFor::kReading)->Load(kOctober, warnings);
  ASSERT_TRUE(state.ok()) << state.status().message();
  EXPECT_THAT(warnings, IsEmpty());
  ASSERT_THAT(state->days, SizeIs(2));
  const auto& entry = state->days.at(*Day::Parse("2025-10-03"));
  EXPECT_EQ(entry.fingerprint, (model::Fingerprint{"1.0", "trino", "keys", "roles", "objects"}));
  EXPECT_EQ(entry.stamp, "20");
  EXPECT_TRUE(entry.incomplete);
  EXPECT_EQ(entry.pod_rows_in, 77);
  EXPECT_EQ(entry.result.rows_out, (std::array<int64_t, 3>{1, 2, 3}));
  EXPECT_EQ(entry.result.objects, 4);
  EXPECT_EQ(entry.result.rows_in, 5);
  EXPECT_EQ(entry.result.groups, 6);
  EXPECT_EQ(entry.result.cpu_core_hours.usage, 1.5);
  EXPECT_TRUE(std::isnan(entry.result.cpu_core_hours.unallocated));
  EXPECT_EQ(entry.run_id, "the run");
  EXPECT_EQ(state->days.at(*Day::Parse("2025-10-04")).stamp, std::nullopt);
  EXPECT_EQ(state->stamps.at(*Day::Parse("2025-10-03")), "20");
  EXPECT_FALSE(state->stamps.contains(*Day::Parse("2025-10-04")));
  EXPECT_EQ(Query("SELECT quarantined->0->>'object', quarantined->0->>'row', "
                  "quarantined->0->>'raw_text' FROM matome.day WHERE incomplete"),
            "a.parquet|5|nul \xEF\xBF\xBD and \\u0000 and \xEF\xBF\xBD\n");
}

TEST_F(PostgresOutputTest, CountsOnlyItsRows) {
  auto day = RandomDay("2025-10-03", 8, 10);
  ASSERT_TRUE(Commit(*Open(), day).ok());
  MustExec(admin_, fmt::format("INSERT INTO {0} (uuid, usage_start, usage_end, source_uuid,"
                               " cost_model_rate_type) SELECT gen_random_uuid(), usage_start,"
                               " usage_end, source_uuid, 'Supplementary' FROM {0}",
                               kTable));
  EXPECT_EQ(Stamps(), "2025-10-03: 10; ");
  MustExec(admin_, fmt::format("UPDATE {} SET infrastructure_raw_cost = 1", kTable));
  EXPECT_EQ(Stamps(), "");
}

TEST_F(PostgresOutputTest, WorksWithoutALedger) {
  target_.ledger = false;
  auto day = RandomDay("2025-10-03", 9, 10);
  const auto output = Open();
  ASSERT_TRUE(Commit(*output, day).ok());
  ExpectRows(day);
  std::vector<std::string> warnings;
  const auto state = output->Load(kOctober, warnings);
  ASSERT_TRUE(state.ok());
  EXPECT_THAT(state->days, IsEmpty());
  EXPECT_THAT(state->stamps, SizeIs(1));
  EXPECT_EQ(Query("SELECT count(*) FROM pg_namespace WHERE nspname = 'matome'"), "0\n");
}

TEST_F(PostgresOutputTest, ReadingChangesNothing) {
  EXPECT_EQ(Stamps(), "");
  EXPECT_EQ(Query("SELECT count(*) FROM pg_namespace WHERE nspname = 'matome'"), "0\n");
  EXPECT_EQ(Query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0\n");
}

TEST_F(PostgresOutputTest, ADayOfALaterRunStays) {
  auto day = RandomDay("2025-10-03", 10, 10);
  auto other = RandomDay("2025-10-03", 11, 30);
  const auto output = Open();
  ASSERT_TRUE(Commit(*output, day).ok());
  MustExec(admin_, "UPDATE matome.day SET fence = fence + 1, run_id = 'the later one'");
  CommitNotes notes;
  const auto status = Commit(*output, other, &notes);
  EXPECT_EQ(status.code(), Code::kLocked);
  EXPECT_THAT(status.message(), HasSubstr("a later run (the later one) wrote the day"));
  EXPECT_EQ(notes.retries, 0);
  ExpectRows(day);
  auto next = RandomDay("2025-10-04", 12, 30);
  EXPECT_TRUE(Commit(*output, next).ok());
}

TEST_F(PostgresOutputTest, OneRunAtATime) {
  auto first = Open();
  const auto second = TryOpen(target_);
  EXPECT_EQ(second.status().code(), Code::kLocked);
  EXPECT_THAT(second.status().message(),
              AllOf(HasSubstr("another run summarises source 11111111-"), HasSubstr("2025-10"),
                    HasSubstr(": backend "), HasSubstr(", matome, user matome, from 127.0.0.1")));
  PostgresTarget without_ledger = target_;
  without_ledger.ledger = false;
  EXPECT_EQ(TryOpen(without_ledger).status().code(), Code::kLocked);
  EXPECT_TRUE(TryOpen(target_, OpenFor::kReading).ok());
  EXPECT_TRUE(PostgresOutput::Open(target_, {.source_uuid = kPostgresConstantsForTest.source_uuid,
                                             .month = {2025, 11}})
                  .ok());

  PostgresTarget patient = target_;
  patient.lock_timeout = std::chrono::seconds(60);
  std::thread waiting([&] { EXPECT_TRUE(TryOpen(patient).ok()); });
  first.reset();
  waiting.join();
}

TEST_F(PostgresOutputTest, ANewerLedgerIsLeftAlone) {
  Open();
  MustExec(admin_, "INSERT INTO matome.version (version) VALUES (2)");
  for (const auto purpose : {OpenFor::kWriting, OpenFor::kReading}) {
    const auto output = TryOpen(target_, purpose);
    EXPECT_EQ(output.status().code(), Code::kSchemaMismatch);
    EXPECT_THAT(output.status().message(), HasSubstr("the ledger in schema matome has version 2"));
  }
}

TEST_F(PostgresOutputTest, WarnsWhenAMonthHasNoPartition) {
  MustExec(admin_, "DROP TABLE org1234567.reporting_ocpusagelineitem_daily_summary_2025_10");
  const auto output = Open();
  std::vector<std::string> warnings;
  ASSERT_TRUE(output->Load(kOctober, warnings).ok());
  EXPECT_THAT(warnings, ::testing::ElementsAre(HasSubstr("has no partition for 2025-10")));
  auto day = RandomDay("2025-10-03", 13, 10);
  ASSERT_TRUE(Commit(*output, day).ok());
  ExpectRows(day);
}

TEST_F(PostgresOutputTest, MakesAMonthsPartition) {
  MustExec(admin_, "DROP TABLE org1234567.reporting_ocpusagelineitem_daily_summary_2025_10");
  target_.create_partitions = true;
  const auto output = Open();
  std::vector<std::string> warnings;
  ASSERT_TRUE(output->Load(kOctober, warnings).ok());
  EXPECT_THAT(warnings, IsEmpty());
  auto day = RandomDay("2025-10-31", 14, 10);
  ASSERT_TRUE(Commit(*output, day).ok());
  EXPECT_EQ(
      Query("SELECT count(*) FROM org1234567.reporting_ocpusagelineitem_daily_summary_2025_10"),
      "10\n");
}

TEST_F(PostgresOutputTest, AValueThatBreaksAConstraintIsBadInput) {
  DayForTest day("2025-10-03");
  day.AddPod("shop", "node", 1);
  day.summary().rows[0].has_cost_category = true;
  day.summary().rows[0].cost_category_id = 4711;
  CommitNotes notes;
  const auto output = Open();
  const auto status = Commit(*output, day, &notes);
  EXPECT_EQ(status.code(), Code::kBadInput);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("cost_category_id"), HasSubstr("4711"),
                                      HasSubstr("reporting_ocpusagelineitem_daily_summary")));
  EXPECT_EQ(notes.retries, 0);
  EXPECT_EQ(Stamps(), "");
  day.summary().rows[0].has_cost_category = false;
  EXPECT_TRUE(Commit(*output, day).ok());
}

TEST_F(PostgresOutputTest, SeveralDaysAtOnce) {
  target_.writers = 3;
  target_.synchronous_commit = false;
  const auto output = Open();
  std::vector<DayForTest> days;
  for (uint32_t date = 1; date <= 12; ++date) {
    days.push_back(RandomDay(fmt::format("2025-10-{:02}", date), date, 200));
  }
  std::vector<std::thread> threads;
  for (size_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (size_t at = thread; at < days.size(); at += 4) {
        const auto status = Commit(*output, days[at]);
        EXPECT_TRUE(status.ok()) << status.message();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (auto& day : days) ExpectRows(day);
  // The lock's session and the writers'.
  EXPECT_EQ(
      Query("SELECT count(*) <= 4 FROM pg_stat_activity WHERE application_name = 'matome' AND "
            "datname = current_database() AND pid <> pg_backend_pid()"),
      "t\n");
}

/// Runs that all start on a database without a ledger, each with the whole of its days.
class ConcurrentRunsTest : public PostgresOutputTest, public ::testing::WithParamInterface<int> {};

TEST_P(ConcurrentRunsTest, LeaveOneCleanResult) {
  target_.lock_timeout = std::chrono::seconds(120);
  auto expected = RandomDay("2025-10-03", 15, 100);
  std::vector<std::thread> threads;
  for (int run = 0; run < GetParam(); ++run) {
    threads.emplace_back([&, run] {
      auto own_day = RandomDay("2025-10-03", 15, 100);
      const auto output =
          PostgresOutput::Open(target_, {.source_uuid = kPostgresConstantsForTest.source_uuid,
                                         .month = {2025, 10},
                                         .run_id = fmt::format("run {}", run)});
      ASSERT_TRUE(output.ok()) << output.status().message();
      CommitNotes notes;
      const auto status = (*output)->Commit({.summary = own_day.summary(),
                                             .constants = kPostgresConstantsForTest,
                                             .entry = {.run_id = fmt::format("run {}", run)}},
                                            notes);
      EXPECT_TRUE(status.ok()) << status.message();
      // Other months of the same source run beside it.
      const auto other = PostgresOutput::Open(
          target_,
          {.source_uuid = kPostgresConstantsForTest.source_uuid, .month = {2025, 1 + run}});
      EXPECT_TRUE(other.ok()) << other.status().message();
    });
  }
  for (auto& thread : threads) thread.join();
  ExpectRows(expected);
  EXPECT_EQ(Query("SELECT count(*) FROM matome.version"), "1\n");
  EXPECT_EQ(Query("SELECT count(*) FROM matome.day"), "1\n");
  EXPECT_EQ(Query("SELECT last_value FROM matome.run_number"), fmt::format("{}\n", 2 * GetParam()));
  EXPECT_EQ(
      Query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid NOT IN (SELECT "
            "pid FROM pg_stat_activity WHERE datname <> current_database())"),
      "0\n");
}
INSTANTIATE_TEST_SUITE_P(Runs, ConcurrentRunsTest, ::testing::Values(2, 8));

}  // namespace
}  // namespace matome::sink
