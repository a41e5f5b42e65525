// SPDX-License-Identifier: Apache-2.0
#include "report/plan_table.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace matome::report {
namespace {

std::vector<SourcePlan> OneSource() {
  SourcePlan source;
  source.source_uuid = "u";
  source.range = {*model::Day::Parse("2025-10-01"), *model::Day::Parse("2025-10-04")};
  source.plan.objects = 5;
  source.plan.bytes = 2048;
  source.plan.rows = 1000;
  source.plan.days.resize(4);
  for (int32_t at = 0; at < 4; ++at)
    source.plan.days[static_cast<size_t>(at)].day = source.range.first + at;
  source.plan.days[0].state = model::PlanState::kChanged;
  source.plan.days[0].why = "new input";
  source.plan.days[0].objects = 5;
  source.plan.days[0].bytes = 2048;
  source.plan.days[0].rows = 1000;
  source.plan.days[1].state = model::PlanState::kUnchanged;
  return {source};
}

TEST(FormatPlan, ShowsEachDayAndWhy) {
  EXPECT_EQ(FormatPlan(OneSource(), false),
            "source u, 2025-10-01 to 2025-10-04\n"
            "\n"
            "day         objects     size   rows  what would be done, and why\n"
            "----------------------------------------------------------------\n"
            "2025-10-01        5  2.0 KiB  1,000  changed: new input\n"
            "2025-10-02        0      0 B      0  unchanged\n"
            "2025-10-03 to 2025-10-04: empty\n"
            "----------------------------------------------------------------\n"
            "to do             5  2.0 KiB  1,000\n"
            "\n"
            "4 days: 1 changed, 1 unchanged, 2 empty\n");
}

TEST(FormatPlan, ShowsASourceThatCannotBePlanned) {
  auto sources = OneSource();
  sources[0].status = base::BadInput("bad footer");
  EXPECT_EQ(FormatPlan(sources, false), "source u, 2025-10-01 to 2025-10-04\nerror: bad footer\n");
}

TEST(FormatPlanJson, HoldsTheSame) {
  const auto json = nlohmann::json::parse(FormatPlanJson(OneSource(), 0));
  EXPECT_EQ(json["sources"][0]["days"][0]["state"], "changed");
  EXPECT_EQ(json["sources"][0]["days"][0]["why"], "new input");
  EXPECT_EQ(json["sources"][0]["rows"], 1000);
  EXPECT_TRUE(json["sources"][0]["error"].is_null());
}

}  // namespace
}  // namespace matome::report
