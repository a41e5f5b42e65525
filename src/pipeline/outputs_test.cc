// SPDX-License-Identifier: Apache-2.0
// A run with several outputs, and with a database: what is planned, committed and skipped.
#include <filesystem>

#include <gmock/gmock.h>

#include "catalog/lake_layout.h"
#include "pipeline/forget.h"
#include "pipeline/month_plan.h"
#include "pipeline/summarize.h"
#include "sink/directory_for_test.h"
#include "sink/month_lock.h"
#include "store/memory_store.h"
#include "testing/minio_server.h"
#include "testing/postgres_server.h"
#include "testing/text_parquet.h"

namespace matome::pipeline {
namespace {

using model::Day;
using model::DayState;
using model::PlanState;
using model::Report;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MustExec;
using testing::PostgresServer;

constexpr const char* kSource = "11111111-0000-4000-8000-000000000001";
constexpr const char* kTable = "org1234567.reporting_ocpusagelineitem_daily_summary";

class OutputsTest : public sink::DirectoryTest {
 protected:
  OutputsTest() {
    options_.account = "org1";
    options_.source_uuid = kSource;
    options_.days = {DayAt(1), DayAt(3)};
    options_.program_version = "test";
    Pods(1, "app");
    Pods(2, "app");
  }

  static Day DayAt(int day) { return *Day::Parse("2025-10-01") + (day - 1); }
  static std::string Date(int day) { return DayAt(day).ToString(); }

  /// The day's pods: one, with a label.
  void Pods(int day, const std::string& label) {
    Put(Report::kPodUsageDaily, day,
        "interval_start | namespace | node | pod | resource_id | pod_labels | "
        "pod_usage_cpu_core_seconds\n" +
            Date(day) + " | shop | n1 | p1 | i-1 | {\"" + label + "\": \"x\"} | 3600");
  }
  void Put(Report report, int day, const std::string& table) {
    lake_.Put(catalog::MonthPrefix(report, "org1", kSource, {2025, 10}) + "pods." + Date(day) +
                  ".parquet",
              testing::ParquetFromText(report, table, {}));
  }

  sink::TreeTarget Tree(const std::string& name) const {
    return {.directory = root() + "/" + name};
  }

  model::RunResult Summarize() {
    auto result = SummarizeSource(lake_, options_, {}, stop_);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? std::move(result).value() : model::RunResult();
  }
  std::vector<DayState> States() {
    std::vector<DayState> states;
    for (const auto& day : Summarize().days) states.push_back(day.state);
    return states;
  }
  model::PlanResult Plan() { return PlanSource(lake_, options_, stop_).value(); }

  store::MemoryStore lake_;
  SummarizeOptions options_;
  std::atomic<bool> stop_ = false;
};

TEST_F(OutputsTest, ADayIsReadOnceAndCommittedToAll) {
  options_.outputs = {Tree("a"), Tree("b")};
  EXPECT_THAT(States(), ElementsAre(DayState::kWritten, DayState::kWritten, DayState::kEmpty));
  const std::string file =
      "/reporting_ocpusagelineitem_daily_summary/source=" + std::string(kSource) +
      "/year=2025/month=10/day=1/part-0.parquet";
  EXPECT_NE(Content("a" + file), "");
  EXPECT_EQ(Content("a" + file), Content("b" + file));
  EXPECT_THAT(States(), ElementsAre(DayState::kUnchanged, DayState::kUnchanged, DayState::kEmpty));
}

TEST_F(OutputsTest, OnlyTheOutputThatNeedsADayGetsIt) {
  options_.outputs = {Tree("a")};
  Summarize();
  options_.outputs = {Tree("a"), Tree("b")};
  const auto plan = Plan();
  EXPECT_EQ(plan.days[0].state, PlanState::kNew);
  EXPECT_EQ(plan.days[0].why, root() + "/b: new");
  const std::string file =
      "a/reporting_ocpusagelineitem_daily_summary/source=" + std::string(kSource) +
      "/year=2025/month=10/day=1/part-0.parquet";
  const auto written = std::filesystem::last_write_time(root_ / file);
  EXPECT_THAT(States(), ElementsAre(DayState::kWritten, DayState::kWritten, DayState::kEmpty));
  EXPECT_EQ(std::filesystem::last_write_time(root_ / file), written);
  EXPECT_THAT(States(), ElementsAre(DayState::kUnchanged, DayState::kUnchanged, DayState::kEmpty));
}

TEST_F(OutputsTest, ADayThatVanishedForOneIsLeftAloneInAll) {
  options_.outputs = {Tree("a")};
  Summarize();
  store::MemoryStore gone;
  std::swap(lake_, gone);
  Put(Report::kPodUsageHourly, 1,
      "interval_start | node | node_capacity_cpu_core_seconds\n" + Date(1) + " | n1 | 3600");
  options_.outputs = {Tree("a"), Tree("b")};
  const auto result = Summarize();
  EXPECT_EQ(result.days[0].state, DayState::kFailed);
  EXPECT_EQ(result.days[0].status.code(), base::Code::kTemporary);
  EXPECT_FALSE(Exists("b/reporting_ocpusagelineitem_daily_summary"));
}

TEST_F(OutputsTest, ALockedOutputFailsTheRun) {
  options_.outputs = {Tree("a"), Tree("b")};
  const auto store = sink::OpenStore(Tree("b"), "other").value();
  const auto lock = sink::TakeMonthLock(*store, kSource, {2025, 10});
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(SummarizeSource(lake_, options_, {}, stop_).status().code(), base::Code::kLocked);
  EXPECT_FALSE(Exists("a/reporting_ocpusagelineitem_daily_summary"));
}

TEST_F(OutputsTest, OnlyTheGivenRolesThatADayAskedForMakeItChanged) {
  options_.outputs = {Tree("a")};
  options_.reference.nodes = std::vector<model::NodeRole>{{"n1", "i-1", "worker"}};
  Summarize();
  options_.reference.nodes->push_back({"elsewhere", "i-9", "infra"});
  EXPECT_THAT(States(), ElementsAre(DayState::kUnchanged, DayState::kUnchanged, DayState::kEmpty));
  options_.reference.nodes->front().node_role = "master";
  const auto plan = Plan();
  EXPECT_EQ(plan.days[0].state, PlanState::kChanged);
  EXPECT_EQ(plan.days[0].why, "other node roles");
  EXPECT_THAT(States(), ElementsAre(DayState::kWritten, DayState::kWritten, DayState::kEmpty));
  EXPECT_THAT(States(), ElementsAre(DayState::kUnchanged, DayState::kUnchanged, DayState::kEmpty));
}

TEST_F(OutputsTest, ForgettingLeavesOtherMonthsAndSources) {
  options_.outputs = {Tree("a")};
  Summarize();
  const std::string others = "a/reporting_ocpusagelineitem_daily_summary/source=";
  const std::string other_month = others + kSource + "/year=2025/month=11/day=1/part-0.parquet";
  const std::string other_source = others + "u-2/year=2025/month=10/day=1/part-0.parquet";
  const std::string record = std::string("a/_matome/quarantine/source=") + kSource;
  for (const auto& path :
       {other_month, other_source, record + "/2025-10-01.jsonl", record + "/2025-11-01.jsonl"}) {
    Write(path, "x");
  }
  const auto forgotten = Forget(Tree("a"), kSource, model::Month{2025, 10});
  ASSERT_TRUE(forgotten.ok()) << forgotten.status().message();
  EXPECT_EQ(forgotten->days, 2);
  EXPECT_EQ(forgotten->ledgers, 1);
  EXPECT_TRUE(Exists(other_month));
  EXPECT_TRUE(Exists(other_source));
  EXPECT_FALSE(Exists(record + "/2025-10-01.jsonl"));
  EXPECT_TRUE(Exists(record + "/2025-11-01.jsonl"));
  EXPECT_FALSE(Exists(others + kSource + "/year=2025/month=10"));
  EXPECT_EQ(Forget(Tree("a"), kSource, std::nullopt)->days, 1);
}

class BucketOutputTest : public OutputsTest {
 protected:
  testing::MinioServer& server_ = testing::MinioServer::Shared();
  const sink::TreeTarget bucket_{.s3 = server_.Options(server_.MakeBucket(), "out/")};
};

TEST_F(BucketOutputTest, GetsTheBytesThatADirectoryGets) {
  options_.outputs = {Tree("a"), bucket_};
  EXPECT_THAT(States(), ElementsAre(DayState::kWritten, DayState::kWritten, DayState::kEmpty));
  const auto store = sink::OpenStore(bucket_, "test").value();
  for (const int day : {1, 2}) {
    const std::string file =
        "reporting_ocpusagelineitem_daily_summary/source=" + std::string(kSource) +
        "/year=2025/month=10/day=" + std::to_string(day) + "/part-0.parquet";
    EXPECT_EQ(store->Get(file).value()->bytes, Content("a/" + file));
  }
  EXPECT_THAT(States(), ElementsAre(DayState::kUnchanged, DayState::kUnchanged, DayState::kEmpty));
  Pods(2, "other");
  EXPECT_THAT(States(), ElementsAre(DayState::kUnchanged, DayState::kWritten, DayState::kEmpty));
}

TEST_F(BucketOutputTest, ForgettingLeavesNothing) {
  options_.outputs = {bucket_};
  Summarize();
  const auto forgotten = Forget(bucket_, kSource, std::nullopt);
  ASSERT_TRUE(forgotten.ok()) << forgotten.status().message();
  EXPECT_EQ(forgotten->days, 2);
  EXPECT_EQ(forgotten->ledgers, 1);
  EXPECT_THAT(sink::OpenStore(bucket_, "test").value()->List("").value(), IsEmpty());
  const auto again = Forget(bucket_, kSource, std::nullopt);
  EXPECT_EQ(again->days + again->ledgers, 0);
}

TEST_F(BucketOutputTest, AMonthThatIsWorkedOnIsNotForgotten) {
  options_.outputs = {bucket_};
  Summarize();
  const auto store = sink::OpenStore(bucket_, "other").value();
  const auto lock = sink::TakeMonthLock(*store, kSource, {2025, 10});
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(Forget(bucket_, kSource, std::nullopt).status().code(), base::Code::kLocked);
  EXPECT_EQ(SummarizeSource(lake_, options_, {}, stop_).status().code(), base::Code::kLocked);
}

class DatabaseOutputTest : public OutputsTest {
 protected:
  DatabaseOutputTest()
      : database_(PostgresServer::Shared().CreateDatabase()),
        connection_(PostgresServer::Shared().Connect(database_)) {
    Exec("INSERT INTO org1234567.reporting_tenant_api_provider VALUES ('" + std::string(kSource) +
         "', 'c', 'OCP')");
    target_.connection.conninfo = PostgresServer::Shared().Url(database_);
    target_.schema = testing::kTenant;
  }

  void Exec(const std::string& sql) { MustExec(connection_, sql); }
  std::string Table(const std::string& sql) { return testing::Table(connection_, sql); }
  void AddReportPeriod() {
    Exec(
        "INSERT INTO org1234567.reporting_ocpusagereportperiod (id, cluster_id, cluster_alias, "
        "report_period_start, report_period_end, provider_id) VALUES (7, 'c-1', 'Cluster', "
        "'2025-10-01 00:00+00', '2025-11-01 00:00+00', '" +
        std::string(kSource) + "')");
  }

  std::string database_;
  pg::Connection connection_;
  sink::PostgresTarget target_;
};

TEST_F(DatabaseOutputTest, FactsComeFromItsTables) {
  AddReportPeriod();
  Exec(
      "INSERT INTO org1234567.reporting_enabledtagkeys VALUES (gen_random_uuid(), 'app', true, "
      "'OCP')");
  options_.outputs = {target_};
  options_.reference.enabled_tag_keys = {};
  options_.days = {DayAt(1), DayAt(1)};
  Summarize();
  EXPECT_EQ(Table(std::string("SELECT cluster_id, cluster_alias, report_period_id, source_uuid, "
                              "pod_labels FROM ") +
                  kTable + " WHERE namespace = 'shop'"),
            "c-1|Cluster|7|" + std::string(kSource) + "|{\"app\": \"x\"}\n");
  EXPECT_THAT(States(), Each(DayState::kUnchanged));
}

TEST_F(DatabaseOutputTest, WhatIsGivenStandsInForSomeOfThem) {
  AddReportPeriod();
  Exec(
      "INSERT INTO org1234567.reporting_enabledtagkeys VALUES (gen_random_uuid(), 'app', true, "
      "'OCP')");
  options_.outputs = {target_};
  options_.reference = {.cluster_id = "mine",
                        .cluster_alias = "Mine",
                        .report_period_id = 99,
                        .enabled_tag_keys = std::vector<std::string>{"other"}};
  options_.days = {DayAt(1), DayAt(1)};
  Summarize();
  EXPECT_EQ(
      Table(std::string("SELECT cluster_id, cluster_alias, report_period_id, pod_labels FROM ") +
            kTable + " WHERE namespace = 'shop'"),
      "mine|Mine|7|{}\n");
}

TEST_F(DatabaseOutputTest, WithoutAReportPeriodNothingIsDoneInAnyOutput) {
  options_.outputs = {Tree("a"), target_};
  const auto result = Summarize();
  EXPECT_EQ(result.months_without_report_period, 1);
  EXPECT_EQ(result.ExitCode(), 0);
  ASSERT_EQ(result.days.size(), 3U);
  for (const auto& day : result.days) EXPECT_EQ(day.state, DayState::kEmpty);
  EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("no report period")));
  EXPECT_FALSE(Exists("a/reporting_ocpusagelineitem_daily_summary"));
  EXPECT_THAT(Plan().days[0].why, HasSubstr("no report period"));
}

TEST_F(DatabaseOutputTest, TheReportPeriodIsMadeWhereItMayBe) {
  target_.create_report_period = true;
  target_.cluster_id = "c-9";
  options_.outputs = {target_};
  // Who only looks makes nothing.
  options_.dry_run = true;
  EXPECT_EQ(Summarize().months_without_report_period, 1);
  options_.dry_run = false;
  EXPECT_THAT(States(), ElementsAre(DayState::kWritten, DayState::kWritten, DayState::kEmpty));
  EXPECT_EQ(Table("SELECT cluster_id, report_period_start FROM "
                  "org1234567.reporting_ocpusagereportperiod"),
            "c-9|2025-10-01 00:00:00+00\n");
}

TEST_F(DatabaseOutputTest, ReferenceTablesAreFilledOnlyIfAskedFor) {
  AddReportPeriod();
  Put(Report::kNodeLabelsDaily, 1,
      "interval_start | node | node_labels\n" + Date(1) + " | n1 | {}");
  options_.outputs = {target_};
  const std::string nodes = "SELECT node, node_role FROM org1234567.reporting_ocp_nodes";
  const std::string unallocated = std::string("SELECT namespace FROM ") + kTable +
                                  " WHERE usage_start = '2025-10-01' AND namespace IS DISTINCT "
                                  "FROM 'shop'";
  Summarize();
  EXPECT_EQ(Table(nodes), "");
  EXPECT_EQ(Table(unallocated), "NULL\n");
  options_.fill_reference = true;
  EXPECT_EQ(States()[0], DayState::kWritten);
  EXPECT_EQ(Table(nodes), "n1|worker\n");
  EXPECT_EQ(Table(unallocated), "Worker unallocated\n");
  EXPECT_EQ(States()[0], DayState::kUnchanged);
}

TEST_F(DatabaseOutputTest, ADayThatOthersChangedThereIsDoneAgainThereAlone) {
  AddReportPeriod();
  options_.outputs = {Tree("a"), target_};
  Summarize();
  Exec(std::string("DELETE FROM ") + kTable + " WHERE usage_start = '2025-10-02'");
  const auto plan = Plan();
  EXPECT_EQ(plan.days[0].state, PlanState::kUnchanged);
  EXPECT_EQ(plan.days[1].state, PlanState::kNew);
  EXPECT_THAT(plan.days[1].why, HasSubstr("schema org1234567: new"));
  EXPECT_THAT(States(), ElementsAre(DayState::kUnchanged, DayState::kWritten, DayState::kEmpty));
}

TEST_F(DatabaseOutputTest, CostModelRowsThatGoAreCounted) {
  AddReportPeriod();
  options_.outputs = {target_};
  Summarize();
  Exec(std::string("INSERT INTO ") + kTable +
       " (uuid, usage_start, usage_end, report_period_id, source_uuid, cost_model_rate_type) "
       "VALUES (gen_random_uuid(), '2025-10-01', '2025-10-01', 7, '" +
       kSource + "', 'Infrastructure')");
  // They are no rows of ours, so the day is unchanged.
  EXPECT_EQ(States()[0], DayState::kUnchanged);
  options_.force = true;
  const auto result = Summarize();
  EXPECT_EQ(result.days[0].cost_model_rows_removed, 1);
  EXPECT_EQ(result.days[1].cost_model_rows_removed, 0);
}

TEST_F(DatabaseOutputTest, ForgettingRemovesRowsAndLedger) {
  AddReportPeriod();
  options_.outputs = {target_};
  Summarize();
  const auto forgotten = Forget(target_, kSource, std::nullopt);
  ASSERT_TRUE(forgotten.ok()) << forgotten.status().message();
  EXPECT_EQ(forgotten->days, 2);
  EXPECT_EQ(forgotten->ledgers, 1);
  EXPECT_EQ(Table(std::string("SELECT count(*) FROM ") + kTable), "0\n");
  EXPECT_EQ(Table("SELECT count(*) FROM matome.day"), "0\n");
  const auto again = Forget(target_, kSource, std::nullopt);
  EXPECT_EQ(again->days + again->ledgers, 0);
}

}  // namespace
}  // namespace matome::pipeline
