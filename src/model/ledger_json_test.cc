// SPDX-License-Identifier: Apache-2.0
#include "model/ledger_json.h"

#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace matome::model {
namespace {

using nlohmann::json;

/// By way of text, as it is stored.
json Stored(const json& value) { return json::parse(value.dump()); }

TEST(LedgerJson, ADayComesBack) {
  const LedgerDay day{.fingerprint = {"program", "options", "reference", "roles", "input"},
                      .stamp = "12",
                      .incomplete = true,
                      .pod_rows_in = 5,
                      .result = {.rows_out = {1, 2, 3},
                                 .cpu_core_hours = {1.5, 2.5, 3.5, std::nan("")},
                                 .memory_gigabyte_hours = {5, 6, 7, 8},
                                 .objects = 9,
                                 .rows_in = 10,
                                 .groups = 11},
                      .run_id = "run"};
  const auto read = LedgerDayFromJson(Stored(ToJson(day)));
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->fingerprint, day.fingerprint);
  EXPECT_EQ(read->stamp, day.stamp);
  EXPECT_TRUE(read->incomplete);
  EXPECT_EQ(read->pod_rows_in, 5);
  EXPECT_EQ(read->result.rows_out, day.result.rows_out);
  EXPECT_EQ(read->result.cpu_core_hours.capacity, 3.5);
  EXPECT_TRUE(std::isnan(read->result.cpu_core_hours.unallocated));
  EXPECT_EQ(read->result.memory_gigabyte_hours.unallocated, 8);
  EXPECT_EQ(read->result.objects, 9);
  EXPECT_EQ(read->result.rows_in, 10);
  EXPECT_EQ(read->result.groups, 11);
  EXPECT_EQ(read->run_id, "run");
  EXPECT_EQ(LedgerDayFromJson(Stored(ToJson(LedgerDay{})))->stamp, std::nullopt);
}

TEST(LedgerJson, RolesComeBack) {
  const LedgerRoles roles{.input = "input",
                          .nodes = {{"node", std::nullopt, "worker"}, {std::nullopt, "id", ""}},
                          .day_hashes = {{*Day::Parse("2025-10-03"), "hash"}}};
  const auto read = LedgerRolesFromJson(Stored(ToJson(roles)));
  ASSERT_TRUE(read.ok()) << read.status().message();
  ASSERT_EQ(read->nodes.size(), 2);
  EXPECT_EQ(read->nodes[0].node, "node");
  EXPECT_EQ(read->nodes[0].resource_id, std::nullopt);
  EXPECT_EQ(read->nodes[1].node_role, "");
  EXPECT_EQ(read->day_hashes, roles.day_hashes);
  json odd = ToJson(roles);
  odd["days"] = {{"2025-10", "hash"}};
  EXPECT_EQ(LedgerRolesFromJson(odd).status().message(), "not a date: 2025-10");
}

TEST(LedgerJson, WhatIsOtherwiseIsAnError) {
  EXPECT_FALSE(LedgerDayFromJson(json::array()).ok());
  EXPECT_FALSE(DayResultFromJson({{"rows_out", {1, 2}}}).ok());
  EXPECT_FALSE(DayResultFromJson(json(json::value_t::discarded)).ok());
}

TEST(LedgerJson, BadInputKeepsItsOrder) {
  EXPECT_EQ(ToJson(BadInput{.object = "o", .row = 3, .column = "c", .reason = "r", .raw_text = "t"})
                .dump(),
            R"({"object":"o","row_group":null,"row":3,"column":"c","reason":"r","raw_text":"t"})");
}

}  // namespace
}  // namespace matome::model
