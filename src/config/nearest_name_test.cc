// SPDX-License-Identifier: Apache-2.0
#include "config/nearest_name.h"

#include <array>

#include <gtest/gtest.h>

namespace matome::config {
namespace {

TEST(EditDistance, CountsInsertRemoveReplaceAndSwap) {
  EXPECT_EQ(EditDistance("", ""), 0U);
  EXPECT_EQ(EditDistance("abc", ""), 3U);
  EXPECT_EQ(EditDistance("threads", "threads"), 0U);
  EXPECT_EQ(EditDistance("thread", "threads"), 1U);
  EXPECT_EQ(EditDistance("thraeds", "threads"), 1U);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3U);
}

TEST(NearestName, IsTheNearestOrNone) {
  constexpr std::array<std::string_view, 3> kNames = {"threads", "format", "force"};
  EXPECT_EQ(NearestName("thred", kNames), "threads");
  EXPECT_EQ(NearestName("forc", kNames), "force");
  EXPECT_EQ(NearestName("read", kNames), "threads");
  EXPECT_EQ(NearestName("zzzzzz", kNames), "");
  EXPECT_EQ(Suggestion("formta", kNames), "; did you mean \"format\"?");
  EXPECT_EQ(Suggestion("zzzzzz", kNames), "");
}

}  // namespace
}  // namespace matome::config
