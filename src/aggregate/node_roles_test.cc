// SPDX-License-Identifier: Apache-2.0
#include "aggregate/node_roles.h"

#include <vector>

#include <gtest/gtest.h>

namespace matome::aggregate {
namespace {

TEST(NodeRoles, TakesTheByteLargestRoleOfEqualRows) {
  const std::vector<model::NodeRole> rows = {{"n1", "i-1", "infra"},
                                             {"n1", "i-1", "worker"},
                                             {"n1", "i-1", "master"},
                                             {"n1", "i-2", "master"}};
  const NodeRoles roles(rows);
  EXPECT_EQ(roles.Role("n1", "i-1"), "worker");
  EXPECT_EQ(roles.Role("n1", "i-2"), "master");
  EXPECT_EQ(roles.Role("n1", "i-3"), std::nullopt);
  EXPECT_EQ(roles.Role("n2", "i-1"), std::nullopt);
}

TEST(NodeRoles, NullMatchesNothingAndIsNoRole) {
  const std::vector<model::NodeRole> rows = {
      {std::nullopt, "i-1", "worker"}, {"n1", std::nullopt, "worker"}, {"n1", "i-1", std::nullopt}};
  const NodeRoles roles(rows);
  EXPECT_EQ(roles.Role("n1", "i-1"), std::nullopt);
  EXPECT_EQ(roles.Role("", "i-1"), std::nullopt);
  EXPECT_EQ(roles.Role("n1", ""), std::nullopt);
}

TEST(NodeRoles, EmptyTextsAreTexts) {
  const std::vector<model::NodeRole> rows = {{"n1", "", ""}, {"", "i-1", "worker"}};
  const NodeRoles roles(rows);
  EXPECT_EQ(roles.Role("n1", ""), "");
  EXPECT_EQ(roles.Role("", "i-1"), "worker");
}

TEST(NodeRoles, ComparesBytesAsUnsigned) {
  const std::vector<model::NodeRole> rows = {{"n1", "i-1", "\xC3\xA9"}, {"n1", "i-1", "z"}};
  EXPECT_EQ(NodeRoles(rows).Role("n1", "i-1"), "\xC3\xA9");
}

}  // namespace
}  // namespace matome::aggregate
