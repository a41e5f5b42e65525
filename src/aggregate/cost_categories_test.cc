// SPDX-License-Identifier: Apache-2.0
#include "aggregate/cost_categories.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::aggregate {
namespace {

using model::Semantics;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CostCategories, FindsEveryMatchingPatternAndTheLargestCategory) {
  const std::vector<model::CostCategory> patterns = {{"a%", 2}, {"_pp", 7}, {"b", 9}, {"app", 3}};
  CostCategories categories(patterns, Semantics::kTrino);
  base::Interner namespaces;
  const auto app = namespaces.Intern("app");
  EXPECT_THAT(categories.Match(app, namespaces).cost_category_ids, ElementsAre(2, 7, 3));
  EXPECT_EQ(categories.Match(app, namespaces).largest, 7);
  EXPECT_EQ(categories.Match(app, namespaces).count(), 3U);
  EXPECT_THAT(categories.Match(namespaces.Intern("zzz"), namespaces).cost_category_ids, IsEmpty());
}

TEST(CostCategories, NullMatchesNothing) {
  const std::vector<model::CostCategory> patterns = {{"%", 1}};
  CostCategories categories(patterns, Semantics::kTrino);
  base::Interner namespaces;
  EXPECT_EQ(categories.Match(base::kNullText, namespaces).count(), 0U);
  EXPECT_EQ(categories.Match(namespaces.Intern(""), namespaces).count(), 1U);
}

TEST(CostCategories, LargestMayBeNegative) {
  const std::vector<model::CostCategory> patterns = {{"a", -5}, {"a%", -7}};
  CostCategories categories(patterns, Semantics::kTrino);
  base::Interner namespaces;
  EXPECT_EQ(categories.Match(namespaces.Intern("a"), namespaces).largest, -5);
}

TEST(CostCategories, RemembersPerNamespaceAsTheVocabularyGrows) {
  const std::vector<model::CostCategory> patterns = {{"n1%", 1}};
  CostCategories categories(patterns, Semantics::kTrino);
  base::Interner namespaces;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 200; ++i) {
      const std::string name = "n" + std::to_string(i);
      EXPECT_EQ(categories.Match(namespaces.Intern(name), namespaces).count(),
                name[1] == '1' ? 1U : 0U)
          << name;
    }
  }
}

TEST(CostCategories, EscapesAsTheSemanticsSay) {
  const std::vector<model::CostCategory> patterns = {{"a\\_b", 1}};
  base::Interner namespaces;
  const auto escaped = namespaces.Intern("a_b");
  EXPECT_EQ(CostCategories(patterns, Semantics::kTrino).Match(escaped, namespaces).count(), 0U);
  EXPECT_EQ(CostCategories(patterns, Semantics::kKokuPostgresql).Match(escaped, namespaces).count(),
            1U);
}

}  // namespace
}  // namespace matome::aggregate
