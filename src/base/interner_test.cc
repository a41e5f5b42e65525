// SPDX-License-Identifier: Apache-2.0
#include "base/interner.h"

#include <string>

#include <gtest/gtest.h>

namespace matome::base {
namespace {

TEST(Interner, GivesEqualTextsOneIdAndKeepsZeroForNull) {
  Interner interner;
  const TextId empty = interner.Intern("");
  const TextId a = interner.Intern("a");
  EXPECT_NE(empty, kNullText);
  EXPECT_NE(a, empty);
  EXPECT_EQ(interner.Intern(std::string("a")), a);
  EXPECT_EQ(interner.Find("b"), kNullText);
  EXPECT_EQ(interner.text(a), "a");
}

TEST(Interner, ViewsSurviveGrowthAndMoving) {
  Interner interner;
  const TextId first = interner.Intern("first");
  const std::string_view view = interner.text(first);
  for (int i = 0; i < 100'000; ++i) interner.Intern("text " + std::to_string(i));
  const Interner moved = std::move(interner);
  EXPECT_EQ(view, "first");
  EXPECT_EQ(moved.text(first).data(), view.data());
  EXPECT_EQ(moved.size(), 100'002U);
}

}  // namespace
}  // namespace matome::base
