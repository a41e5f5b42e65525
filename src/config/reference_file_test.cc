// SPDX-License-Identifier: Apache-2.0
#include "config/reference_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string ErrorOf(std::string_view text) {
  const auto result = ParseReference(text, "r.yaml");
  if (result.ok()) return "no error";
  EXPECT_EQ(result.status().code(), base::Code::kConfigInvalid);
  return result.status().message();
}

TEST(ParseReference, ReadsEveryKey) {
  const auto result = ParseReference(
      "cluster_id: my-cluster\n"
      "cluster_alias: My cluster\n"
      "report_period_id: 7\n"
      "storage_exists: false\n"
      "enabled_tag_keys: [app, 'env']\n"
      "cost_categories:\n"
      "  - {pattern: \"openshift-%\", cost_category_id: 1}\n"
      "  - {pattern: mine, cost_category_id: -2}\n"
      "nodes:\n"
      "  - {node: n1, resource_id: i-1, node_role: worker}\n"
      "  - {node: n2, resource_id: '', node_role: null}\n",
      "r.yaml");
  ASSERT_TRUE(result.ok()) << result.status().message();
  const auto& data = result->data;
  EXPECT_EQ(data.cluster_id, "my-cluster");
  EXPECT_EQ(data.cluster_alias, "My cluster");
  EXPECT_EQ(data.report_period_id, 7);
  EXPECT_FALSE(data.storage_exists);
  EXPECT_THAT(data.enabled_tag_keys, ::testing::Optional(ElementsAre("app", "env")));
  ASSERT_THAT(data.cost_categories, SizeIs(2));
  EXPECT_EQ(data.cost_categories[1].pattern, "mine");
  EXPECT_EQ(data.cost_categories[1].cost_category_id, -2);
  ASSERT_TRUE(data.nodes);
  ASSERT_THAT(*data.nodes, SizeIs(2));
  EXPECT_EQ((*data.nodes)[0].node_role, "worker");
  EXPECT_EQ((*data.nodes)[1].resource_id, "");
  EXPECT_EQ((*data.nodes)[1].node_role, std::nullopt);
  EXPECT_THAT(result->warnings, IsEmpty());
}

TEST(ParseReference, WithoutKeysGivesTheDefaults) {
  for (const auto* text :
       {"", "{}", "cluster_id:\nnodes: ~\ncost_categories: null\nenabled_tag_keys:\n"}) {
    const auto result = ParseReference(text, "r.yaml");
    ASSERT_TRUE(result.ok()) << result.status().message();
    EXPECT_EQ(result->data.cluster_id, std::nullopt);
    EXPECT_EQ(result->data.enabled_tag_keys, std::nullopt);
    EXPECT_FALSE(result->data.nodes);
    EXPECT_THAT(result->data.cost_categories, SizeIs(4));
    EXPECT_TRUE(result->data.storage_exists);
  }
}

TEST(ParseReference, AnEmptyListIsNotTheDefault) {
  const auto result =
      ParseReference("enabled_tag_keys: []\ncost_categories: []\nnodes: []\n", "r.yaml");
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_THAT(result->data.enabled_tag_keys, ::testing::Optional(IsEmpty()));
  EXPECT_THAT(result->data.cost_categories, IsEmpty());
  ASSERT_TRUE(result->data.nodes);
  EXPECT_THAT(*result->data.nodes, IsEmpty());
}

TEST(ParseReference, PlainWordsAreTextsWhereTextsAreMeant) {
  const auto result = ParseReference("cluster_id: 123\nenabled_tag_keys: [yes, 1.0]\n", "r.yaml");
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(result->data.cluster_id, "123");
  EXPECT_THAT(result->data.enabled_tag_keys, ::testing::Optional(ElementsAre("yes", "1.0")));
}

TEST(ParseReference, ErrorsNameThePlace) {
  EXPECT_EQ(ErrorOf("cluster_id: a\nclusteralias: b\n"),
            "r.yaml:2:1: unknown key \"clusteralias\"; did you mean \"cluster_alias\"?");
  EXPECT_EQ(ErrorOf("zzz: 1\n"), "r.yaml:1:1: unknown key \"zzz\"");
  EXPECT_EQ(ErrorOf("report_period_id: one\n"),
            "r.yaml:1:19: report_period_id: expected a whole number, found \"one\"");
  EXPECT_EQ(ErrorOf("report_period_id: \"1\"\n"),
            "r.yaml:1:19: report_period_id: expected a whole number, found the text \"1\"");
  EXPECT_EQ(ErrorOf("report_period_id: 3000000000\n"),
            "r.yaml:1:19: report_period_id: 3000000000 does not fit an integer column");
  EXPECT_EQ(ErrorOf("storage_exists: yes\n"),
            "r.yaml:1:17: storage_exists: expected true or false, found \"yes\"");
  EXPECT_EQ(ErrorOf("enabled_tag_keys: app\n"),
            "r.yaml:1:19: enabled_tag_keys: expected a list, found \"app\"");
  EXPECT_EQ(ErrorOf("enabled_tag_keys:\n  - app\n  - {a: b}\n"),
            "r.yaml:3:5: expected a text, found a map");
  EXPECT_EQ(ErrorOf("enabled_tag_keys: [app, ~]\n"),
            "r.yaml:1:25: expected a label key, found nothing");
  EXPECT_EQ(ErrorOf("cluster_id: [a]\n"), "r.yaml:1:13: cluster_id: expected a text, found a list");
  EXPECT_EQ(ErrorOf("cost_categories:\n  - {pattern: x}\n"),
            "r.yaml:2:5: a cost category needs a cost_category_id");
  EXPECT_EQ(ErrorOf("cost_categories:\n  - {cost_category_id: 1}\n"),
            "r.yaml:2:5: a cost category needs a pattern");
  EXPECT_EQ(ErrorOf("nodes:\n  - {node: n1, role: worker}\n"),
            "r.yaml:2:16: unknown key \"role\"; did you mean \"node_role\"?");
  EXPECT_EQ(ErrorOf("- a\n"), "r.yaml:1:1: expected a map of keys, found a list");
  EXPECT_EQ(ErrorOf("cluster_id: " + std::string(51, 'x') + "\n"),
            "r.yaml:1:13: cluster_id: the text is longer than the 50 characters its column holds");
}

TEST(ParseReference, WarnsOfNodesThatMatchNothing) {
  const auto result = ParseReference("nodes:\n  - {node: n1, node_role: worker}\n", "r.yaml");
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_THAT(result->warnings,
              ElementsAre("r.yaml:2:5: an entry of nodes without resource_id matches no pod"));
}

TEST(ReadReference, AFileThatIsNotThereIsAUsageError) {
  const auto result = ReadReference("/does/not/exist.yaml");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), base::Code::kUsage);
}

}  // namespace
}  // namespace matome::config
