// SPDX-License-Identifier: Apache-2.0
#include "report/summary_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace matome::report {
namespace {

RunOutcome OneDay() {
  RunOutcome run;
  run.program_version = "1.2.3";
  run.output = "./summary";
  run.exit_code = 3;
  run.wall_seconds = 0.5;
  auto& source = run.sources.emplace_back();
  source.account = "org1";
  source.source_uuid = "u";
  source.range = {*model::Day::Parse("2025-10-01"), *model::Day::Parse("2025-10-02")};
  auto& result = source.result;
  result.rows_read = 10;
  result.phases = {{"read", 0.25}};
  result.label_key_texts = {{"app", 3}};
  result.audit[0] = {4, 2, 1.5, 0.25, {"node n1"}};
  auto& day = result.days.emplace_back();
  day.day = source.range.first;
  day.state = model::DayState::kIncomplete;
  day.rows_out = {1, 2, 3};
  day.cpu_core_hours.usage = 1.25;
  day.quarantined.push_back({"o.parquet", 1, 2, "pod_labels", "not JSON", "{\xff"});
  auto& failed = result.days.emplace_back();
  failed.day = source.range.last;
  failed.state = model::DayState::kFailed;
  failed.status = base::BadInput("bad footer");
  return run;
}

TEST(FormatSummaryJson, HoldsWhatTheTableShows) {
  const auto json = nlohmann::json::parse(FormatSummaryJson(OneDay()));
  EXPECT_EQ(json["version"], "1.2.3");
  EXPECT_EQ(json["exit_code"], 3);
  const auto& source = json["sources"][0];
  EXPECT_EQ(source["source"], "u");
  EXPECT_EQ(source["start"], "2025-10-01");
  EXPECT_TRUE(source["error"].is_null());
  EXPECT_EQ(source["days"][0]["state"], "incomplete");
  EXPECT_EQ(source["days"][0]["rows"]["storage"], 2);
  EXPECT_EQ(source["days"][0]["cpu_core_hours"]["usage"], 1.25);
  EXPECT_EQ(source["days"][0]["quarantined"], 1);
  EXPECT_EQ(source["days"][1]["error"]["exit_code"], 14);
  EXPECT_EQ(source["days"][1]["error"]["message"], "bad footer");
  EXPECT_EQ(source["audit"][0]["cause"], "node_label_sets");
  EXPECT_EQ(source["audit"][0]["examples"][0], "node n1");
  EXPECT_EQ(json["totals"]["rows_read"], 10);
  EXPECT_EQ(json["totals"]["rows_written"], 6);
  EXPECT_EQ(json["totals"]["rows_per_second"], 20);
  EXPECT_EQ(json["label_keys_seen"]["app"], 3);
  EXPECT_FALSE(source["days"][0].contains("quarantine"));
}

TEST(FormatSummaryJson, SaysWhatARemoteLakeTook) {
  auto run = OneDay();
  EXPECT_FALSE(
      nlohmann::json::parse(FormatSummaryJson(run))["sources"][0].contains("input_traffic"));
  run.sources[0].result.traffic = {
      .requests = {{"get", 7}}, .bytes_wanted = 3, .bytes_fetched = 5, .retries = 2};
  const auto json = nlohmann::json::parse(FormatSummaryJson(run))["sources"][0]["input_traffic"];
  EXPECT_EQ(json["requests"]["get"], 7);
  EXPECT_EQ(json["bytes_wanted"], 3);
  EXPECT_EQ(json["bytes_fetched"], 5);
  EXPECT_EQ(json["retries"], 2);
}

TEST(FormatRunReport, AddsHowItCameAbout) {
  RunParameters parameters;
  parameters.settings = {{"threads", "2"}};
  parameters.versions = {{"arrow", "26"}};
  parameters.threads = 2;
  const auto json = nlohmann::json::parse(FormatRunReport(OneDay(), parameters));
  const auto& source = json["sources"][0];
  EXPECT_EQ(source["days"][0]["quarantine"][0]["row"], 2);
  EXPECT_EQ(source["days"][0]["quarantine"][0]["raw_text"], "{\xef\xbf\xbd");
  EXPECT_EQ(source["phase_cpu_seconds"]["read"], 0.25);
  EXPECT_EQ(json["parameters"]["threads"], "2");
  EXPECT_EQ(json["versions"]["arrow"], "26");
  EXPECT_EQ(json["threads"], 2);
}

}  // namespace
}  // namespace matome::report
