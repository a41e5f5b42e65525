// SPDX-License-Identifier: Apache-2.0
#include "report/summary_table.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/text.h"

namespace matome::report {
namespace {

using model::DayState;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

model::DayResult WrittenDay(model::Day day, double scale) {
  model::DayResult result;
  result.day = day;
  result.state = DayState::kWritten;
  result.rows_out = {880, 96, 49};
  result.cpu_core_hours = {612.31 * scale, 900.12 * scale, 1176 * scale, 563.69 * scale};
  result.memory_gigabyte_hours = {2449.2 * scale, 3600.5 * scale, 4704 * scale, 2254.8 * scale};
  return result;
}

RunOutcome October(double scale) {
  RunOutcome run;
  run.output = "./summary";
  run.tag_keys_given = true;
  run.wall_seconds = 0.42;
  run.peak_memory_bytes = 64'172'851;
  auto& source = run.sources.emplace_back();
  source.source_uuid = "6e2a3f10-0000-4000-8000-00000000abcd";
  const model::Month month{2025, 10};
  source.range = {month.first_day(), month.last_day()};
  source.result.cluster_id = source.source_uuid;
  source.result.rows_read = 1'000'000;
  for (int32_t day = 0; day < 31; ++day) {
    source.result.days.push_back(WrittenDay(source.range.first + day, scale));
  }
  return run;
}

size_t WidestLine(const std::string& text) {
  size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, DisplayWidth(line));
  return widest;
}

TEST(FormatSummary, ShowsDaysTotalsAndVerdict) {
  const std::string text = FormatSummary(October(1), {});
  EXPECT_THAT(text,
              HasSubstr("source 6e2a3f10-0000-4000-8000-00000000abcd, 2025-10-01 to 2025-10-31\n"));
  EXPECT_THAT(text, HasSubstr("CPU core-hours"));
  EXPECT_THAT(text, HasSubstr("\n10-31    880      96      49     612.3 "));
  EXPECT_THAT(text, HasSubstr("\ntotal 27,280   2,976   1,519"));
  EXPECT_THAT(text, HasSubstr("1,000,000 rows read, 31,775 written in 0.42 s: 2,380,952 rows/s, "
                              "peak memory 61.2 MiB\n"));
  EXPECT_THAT(text, EndsWith("\ndone: 31 days written; output in ./summary\n"));
}

TEST(FormatSummary, SaysWhatARemoteLakeTook) {
  auto run = October(1);
  EXPECT_THAT(FormatSummary(run, {}), Not(HasSubstr("fetched")));
  run.sources[0].result.traffic = {.requests = {{"get", 1'185}, {"list", 5}},
                                   .bytes_wanted = 25 << 20,
                                   .bytes_fetched = 38 << 20,
                                   .retries = 2,
                                   .worker_wait_seconds = 0.12,
                                   .read_ahead_peak_bytes = 31 << 20};
  EXPECT_THAT(
      FormatSummary(run, {}),
      HasSubstr("\n1,190 requests (1,185 get, 5 list), 2 failures tried again: 38.0 MiB "
                "fetched for 25.0 MiB of\n  columns, at most 31.0 MiB ahead; workers waited "
                "0.12 s\n"));
}

TEST(FormatSummary, FitsItsWidthWhateverTheAmounts) {
  for (double scale = 0.001; scale < 1e9; scale *= 10) {
    const std::string text = FormatSummary(October(scale), {});
    EXPECT_LE(WidestLine(text), 100U) << text;
  }
}

TEST(FormatSummary, SaysHowDaysEndedThatHaveNoNumbers) {
  auto run = October(1);
  auto& days = run.sources[0].result.days;
  for (size_t at = 20; at < days.size(); ++at) {
    const auto day = days[at].day;
    days[at] = {};
    days[at].day = day;
  }
  days[1].state = DayState::kFailed;
  days[1].status = base::BadInput("day 2025-10-02: pod_usage: x.parquet: bad footer");
  days[2].state = DayState::kIncomplete;
  days[2].quarantined.push_back({"y.parquet", 0, 17, "pod_labels", "not JSON", "{"});
  days[3].state = DayState::kUnchanged;
  run.exit_code = 3;
  const std::string text = FormatSummary(run, {});
  EXPECT_THAT(text, HasSubstr("\n10-02   failed, see below\n"));
  EXPECT_THAT(text, HasSubstr("\n10-03 *"));
  EXPECT_THAT(text, HasSubstr("\n10-04 ="));
  EXPECT_THAT(text, HasSubstr("\n10-21   to 10-31: no rows\n"));
  EXPECT_THAT(text, HasSubstr("* incomplete   = unchanged\n"));
  EXPECT_THAT(text, HasSubstr("error: 2025-10-02 failed: pod_usage: x.parquet: bad footer\n"));
  EXPECT_THAT(text, HasSubstr("warning: 2025-10-03 is incomplete: 1 row or object in quarantine\n"
                              "  - y.parquet, row group 0, row 17, column pod_labels: not JSON\n"));
  EXPECT_THAT(
      text,
      EndsWith("done in part: 17 days written, 1 unchanged, 1 incomplete, 1 failed; output in "
               "./summary (exit 3)\n"));
}

TEST(FormatSummary, NamesDaysThatFailForOneReasonTogether) {
  auto run = October(1);
  for (auto& day : run.sources[0].result.days) {
    day.state = DayState::kFailed;
    day.status = base::BadInput("day " + day.day.ToString() + ": x.parquet: bad footer");
  }
  run.exit_code = 14;
  const std::string text = FormatSummary(run, {});
  EXPECT_THAT(
      text,
      HasSubstr("error: 31 days from 2025-10-01 to 2025-10-31 failed: x.parquet: bad footer\n"));
  EXPECT_THAT(text, EndsWith("failed: 31 days failed (exit 14)\n"));
}

TEST(FormatSummary, TellsInterruptedDaysFromFailedOnes) {
  auto run = October(1);
  auto& days = run.sources[0].result.days;
  for (size_t at = 12; at < days.size(); ++at) {
    days[at].state = DayState::kFailed;
    days[at].status = {base::Code::kInterrupted, "interrupted"};
  }
  run.signal = "SIGINT";
  run.exit_code = 130;
  run.sources_not_begun = 1;
  const std::string text = FormatSummary(run, {});
  EXPECT_THAT(text, HasSubstr("\n10-13 to 10-31: not done, interrupted\n"));
  EXPECT_THAT(text, Not(HasSubstr("error:")));
  EXPECT_THAT(
      text,
      EndsWith("interrupted by SIGINT: 12 days written; 19 days left as they were, 1 source not "
               "begun (exit 130)\n"));
}

TEST(FormatSummary, ShowsTheAuditWithExamples) {
  auto run = October(1);
  auto& entry = run.sources[0].result.audit[static_cast<size_t>(model::AuditCause::kNodeLabelSets)];
  entry = {1200, 40, 123.4, 0, {"node n1 on 2025-10-03 has 2 label sets"}};
  const std::string text = FormatSummary(run, {});
  EXPECT_THAT(text,
              HasSubstr("Counted more than once by Koku's rules, and kept, as Koku keeps it:\n"));
  EXPECT_THAT(text, HasSubstr("1,200 input rows\n  in 40 rows of the summary"));
  EXPECT_THAT(text, HasSubstr("123.4 core-hours too many"));
  EXPECT_THAT(text, HasSubstr("  - node n1 on 2025-10-03 has 2 label sets\n"));
  EXPECT_LE(WidestLine(text), 100U);
}

TEST(FormatSummary, NamesTagKeysOnlyWhenNoneWereGiven) {
  auto run = October(1);
  run.sources[0].result.label_key_texts = {{"app", 42318}, {"env", 100}};
  EXPECT_THAT(FormatSummary(run, {}), Not(HasSubstr("--tag-keys")));
  run.tag_keys_given = false;
  const std::string text = FormatSummary(run, {});
  EXPECT_THAT(text, HasSubstr("app (42,318), env (100)"));
  EXPECT_THAT(text, HasSubstr("--tag-keys app,env"));
}

TEST(FormatSummary, TellsADryRunApart) {
  auto run = October(1);
  run.dry_run = true;
  run.sources[0].result.days[0].change = "new";
  run.sources[0].result.days[1].change = "changed: 2 objects new";
  const std::string text = FormatSummary(run, {});
  EXPECT_THAT(text, HasSubstr("\n10-01 +"));
  EXPECT_THAT(text, HasSubstr("\n10-02 ~"));
  EXPECT_THAT(text, HasSubstr("+ new   ~ changed\n1 day changed: 2 objects new\n"));
  EXPECT_THAT(text, EndsWith("done: 31 days would be written; dry run, nothing was written\n"));
}

TEST(FormatSummary, HeadsEachOfSeveralSources) {
  auto run = October(1);
  run.sources.emplace_back();
  run.sources[1].source_uuid = "other";
  run.sources[1].status = base::Status(base::Code::kLocked, "another run holds the lock");
  run.exit_code = 11;
  const std::string text = FormatSummary(run, {});
  EXPECT_THAT(text, HasSubstr("error: source other: another run holds the lock\n"));
  EXPECT_THAT(text, EndsWith("failed: 31 days written, 1 source failed (exit 11)\n"));
}

TEST(FormatSummary, KeepsNamesFromSteeringTheTerminal) {
  auto run = October(1);
  run.sources[0].result.cluster_id = "evil\x1b[2J";
  run.sources[0].result.warnings = {"node \x1b[31m"};
  EXPECT_THAT(FormatSummary(run, {}), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace matome::report
