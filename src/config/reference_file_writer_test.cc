// SPDX-License-Identifier: Apache-2.0
#include "config/reference_file_writer.h"

#include <gtest/gtest.h>

#include "config/reference_file.h"

namespace matome::config {
namespace {

/// `data` written, read again, and compared in every part.
void ExpectRoundTrip(const model::ReferenceData& data) {
  const std::string yaml = ReferenceYaml(data);
  const auto read = ParseReference(yaml, "r.yaml");
  ASSERT_TRUE(read.ok()) << read.status().message() << "\n" << yaml;
  EXPECT_EQ(read->data.cluster_id, data.cluster_id) << yaml;
  EXPECT_EQ(read->data.cluster_alias, data.cluster_alias) << yaml;
  EXPECT_EQ(read->data.report_period_id, data.report_period_id) << yaml;
  EXPECT_EQ(read->data.storage_exists, data.storage_exists) << yaml;
  EXPECT_EQ(read->data.enabled_tag_keys, data.enabled_tag_keys) << yaml;
  ASSERT_EQ(read->data.cost_categories.size(), data.cost_categories.size()) << yaml;
  for (size_t i = 0; i < data.cost_categories.size(); ++i) {
    EXPECT_EQ(read->data.cost_categories[i].pattern, data.cost_categories[i].pattern);
    EXPECT_EQ(read->data.cost_categories[i].cost_category_id,
              data.cost_categories[i].cost_category_id);
  }
  ASSERT_EQ(read->data.nodes.has_value(), data.nodes.has_value()) << yaml;
  if (!data.nodes) return;
  ASSERT_EQ(read->data.nodes->size(), data.nodes->size()) << yaml;
  for (size_t i = 0; i < data.nodes->size(); ++i) {
    EXPECT_EQ((*read->data.nodes)[i].node, (*data.nodes)[i].node);
    EXPECT_EQ((*read->data.nodes)[i].resource_id, (*data.nodes)[i].resource_id);
    EXPECT_EQ((*read->data.nodes)[i].node_role, (*data.nodes)[i].node_role);
  }
}

TEST(ReferenceYaml, IsMeantForPeopleToo) {
  EXPECT_EQ(ReferenceYaml({.cluster_id = "my-cluster",
                           .cluster_alias = "My \"cluster\"",
                           .report_period_id = 7,
                           .enabled_tag_keys = {{"app", "env"}},
                           .cost_categories = {{"kube-%", 1}},
                           .nodes = {{{"n1", "i-1", "worker"}, {"n2", "", std::nullopt}}}}),
            "cluster_id: \"my-cluster\"\n"
            "cluster_alias: \"My \\\"cluster\\\"\"\n"
            "report_period_id: 7\n"
            "storage_exists: true\n"
            "enabled_tag_keys:\n"
            "  - \"app\"\n"
            "  - \"env\"\n"
            "cost_categories:\n"
            "  - {pattern: \"kube-%\", cost_category_id: 1}\n"
            "nodes:\n"
            "  - {node: \"n1\", resource_id: \"i-1\", node_role: \"worker\"}\n"
            "  - {node: \"n2\", resource_id: \"\", node_role: null}\n");
}

TEST(ReferenceYaml, DefaultsAndEmptyListsComeBack) {
  ExpectRoundTrip({});
  ExpectRoundTrip({.cluster_id = "",
                   .report_period_id = -3,
                   .storage_exists = false,
                   .enabled_tag_keys = std::vector<std::string>(),
                   .cost_categories = {},
                   .nodes = std::vector<model::NodeRole>()});
}

TEST(ReferenceYaml, OddTextsComeBack) {
  model::ReferenceData data{.cost_categories = {{"", 0}, {"%: - #{}[]&*!|>'\"%@`, ?", -1}}};
  auto& keys = data.enabled_tag_keys.emplace();
  for (int code = 1; code < 128; ++code) {
    keys.emplace_back(1, static_cast<char>(code));
    keys.push_back("a" + std::string(2, static_cast<char>(code)) + "b");
  }
  for (const auto* text : {"",
                           "null",
                           "~",
                           "true",
                           "1.5",
                           "0x10",
                           "- a",
                           "a: b",
                           "a #b",
                           " lead",
                           "trail ",
                           "\\n",
                           "two\r\nlines",
                           "\xef\xbb\xbf!",
                           "\xc2\x85next",
                           "\xe2\x80\xa8line",
                           "日本語",
                           "😀",
                           "<<",
                           "=",
                           "---",
                           "...",
                           "%YAML",
                           "\\\"",
                           "\xc2\xa0"}) {
    keys.emplace_back(text);
  }
  data.nodes = {{std::nullopt, "i", "r"}, {"n", std::nullopt, ""}, {"null", "~", "NULL"}};
  ExpectRoundTrip(data);
}

}  // namespace
}  // namespace matome::config
