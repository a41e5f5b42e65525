// SPDX-License-Identifier: Apache-2.0
#include "pipeline/fingerprint.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::pipeline {
namespace {

using model::Day;
using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(HashOf, TellsPartsApart) {
  EXPECT_EQ(HashOf({"a", "b"}), HashOf({"a", "b"}));
  EXPECT_NE(HashOf({"a", "b"}), HashOf({"ab"}));
  EXPECT_NE(HashOf({"a", "b"}), HashOf({"b", "a"}));
  EXPECT_NE(HashOf({}), HashOf({""}));
  EXPECT_NE(HashOf({"1:a;"}), HashOf({"a", ""}));
  EXPECT_THAT(HashOf({}), SizeIs(16));
}

TEST(HashOfRoles, DoesNotDependOnTheOrderAndKnowsNull) {
  const std::vector<model::NodeRole> rows = {{"n1", "i-1", "worker"}, {"n2", std::nullopt, ""}};
  EXPECT_EQ(HashOfRoles(rows), HashOfRoles({rows[1], rows[0]}));
  EXPECT_NE(HashOfRoles(rows), HashOfRoles({rows[0], {"n2", "", ""}}));
  EXPECT_NE(HashOfRoles(rows), HashOfRoles({rows[0], {"n2", std::nullopt, std::nullopt}}));
  EXPECT_NE(HashOfRoles(rows), HashOfRoles({rows[0]}));
}

TEST(CommonFingerprint, FollowsWhatCanAlterResults) {
  SummarizeOptions options;
  options.program_version = "1";
  options.reference.enabled_tag_keys = {"a", "b"};
  const model::RunConstants constants{.source_uuid = "u-1",
                                      .cluster_id = "c",
                                      .cluster_alias = std::nullopt,
                                      .report_period_id = 1};
  const auto common = CommonFingerprint(options, options.reference, constants);
  const auto differences =
      [&](const std::function<void(SummarizeOptions&, model::RunConstants&)>& change) {
        auto other = options;
        auto other_constants = constants;
        change(other, other_constants);
        return CommonFingerprint(other, other.reference, other_constants).DifferencesFrom(common);
      };
  EXPECT_EQ(differences([](auto& o, auto&) { o.threads = 8; }), "");
  EXPECT_EQ(differences([](auto& o, auto&) { o.memory_limit_bytes = 8; }), "");
  EXPECT_EQ(differences([](auto& o, auto&) { o.tuning.batch_rows = 1; }), "");
  EXPECT_EQ(differences([](auto& o, auto&) { o.reference.enabled_tag_keys = {"b", "a"}; }), "");
  EXPECT_EQ(differences([](auto& o, auto&) { o.program_version = "2"; }), "other program version");
  EXPECT_EQ(differences([](auto& o, auto&) { o.semantics = model::Semantics::kKokuPostgresql; }),
            "other options");
  EXPECT_EQ(differences([](auto& o, auto&) { o.on_bad_input = OnBadInput::kQuarantine; }), "");
  const std::string reference = "other tag keys or reference data";
  EXPECT_EQ(differences([](auto& o, auto&) { o.reference.enabled_tag_keys = {"a"}; }), reference);
  EXPECT_EQ(differences([](auto& o, auto&) { o.reference.storage_exists = false; }), reference);
  EXPECT_EQ(differences([](auto& o, auto&) { o.reference.cost_categories.pop_back(); }), reference);
  EXPECT_EQ(
      differences([](auto& o, auto&) { o.reference.cost_categories[0].cost_category_id = 9; }),
      reference);
  EXPECT_EQ(differences([](auto&, auto& c) { c.cluster_id = "d"; }), reference);
  EXPECT_EQ(differences([](auto&, auto& c) { c.cluster_alias = ""; }), reference);
  EXPECT_EQ(differences([](auto&, auto& c) { c.report_period_id = 2; }), reference);
}

TEST(FilesByDay, AFileCountsForTheDaysItMayHold) {
  catalog::MonthCatalog catalog;
  catalog.month = {2025, 10};
  const Day first = catalog.month.first_day();
  catalog.files.resize(4);
  catalog.files[1].status = base::BadInput("damaged");
  catalog.files[1].file.object.key = "x/pod_usage.2025-10-02.parquet";
  catalog.files[2].status = base::BadInput("damaged");
  catalog.files[2].file.object.key = "x/report_0.parquet";
  catalog.row_groups = {{.file = 0, .row_group = 0, .days = {first, first + 1}},
                        {.file = 0, .row_group = 1, .days = {first + 1, first + 2}}};
  const auto files = FilesByDay(catalog);
  EXPECT_THAT(files, SizeIs(31));
  EXPECT_THAT(files.at(first), ElementsAre(0, 2));
  EXPECT_THAT(files.at(first + 1), ElementsAre(0, 1, 2));
  EXPECT_THAT(files.at(first + 2), ElementsAre(0, 2));
  EXPECT_THAT(files.at(first + 3), ElementsAre(2));
}

TEST(IdentityOf, HasReportKeySizeAndVersion) {
  catalog::CatalogFile file;
  file.report = model::Report::kNodeLabelsDaily;
  file.file.object = {.key = "k", .size_bytes = 7, .version = "v"};
  EXPECT_EQ(IdentityOf(file), "node_labels (daily) k 7 v");
}

}  // namespace
}  // namespace matome::pipeline
