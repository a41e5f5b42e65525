// SPDX-License-Identifier: Apache-2.0
#include "aggregate/sql_semantics.h"

#include <limits>

#include <gtest/gtest.h>

namespace matome::aggregate {
namespace {

using model::Semantics;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Greatest, IsTheLarger) {
  for (const auto semantics : {Semantics::kTrino, Semantics::kKokuPostgresql}) {
    EXPECT_EQ(Greatest(1.0, 2.0, semantics), 2.0);
    EXPECT_EQ(Greatest(2.0, 1.0, semantics), 2.0);
    EXPECT_EQ(Greatest(-1.0, -2.0, semantics), -1.0);
    EXPECT_EQ(Greatest(std::nullopt, std::nullopt, semantics), std::nullopt);
  }
}

TEST(Greatest, IsNullIfEitherSideIsNullInTrino) {
  EXPECT_EQ(Greatest(1.0, std::nullopt, Semantics::kTrino), std::nullopt);
  EXPECT_EQ(Greatest(std::nullopt, 1.0, Semantics::kTrino), std::nullopt);
}

TEST(Greatest, SkipsNullInPostgresql) {
  EXPECT_EQ(Greatest(1.0, std::nullopt, Semantics::kKokuPostgresql), 1.0);
  EXPECT_EQ(Greatest(std::nullopt, 1.0, Semantics::kKokuPostgresql), 1.0);
}

TEST(Greatest, KeepsANan) {
  EXPECT_TRUE(std::isnan(*Greatest(kNan, 1.0, Semantics::kTrino)));
  EXPECT_TRUE(std::isnan(*Greatest(1.0, kNan, Semantics::kTrino)));
}

TEST(IsGreater, ComparesNumbers) {
  for (const auto semantics : {Semantics::kTrino, Semantics::kKokuPostgresql}) {
    EXPECT_TRUE(IsGreater(2, 1, semantics));
    EXPECT_FALSE(IsGreater(1, 1, semantics));
    EXPECT_FALSE(IsGreater(1, 2, semantics));
    EXPECT_FALSE(IsGreater(0.0, -0.0, semantics));
    EXPECT_TRUE(IsGreater(kInfinity, 1e300, semantics));
    EXPECT_FALSE(IsGreater(kNan, kNan, semantics));
  }
}

TEST(IsGreater, NanIsSmallestInTrinoAndLargestInPostgresql) {
  EXPECT_FALSE(IsGreater(kNan, -kInfinity, Semantics::kTrino));
  EXPECT_TRUE(IsGreater(-kInfinity, kNan, Semantics::kTrino));
  EXPECT_TRUE(IsGreater(kNan, kInfinity, Semantics::kKokuPostgresql));
  EXPECT_FALSE(IsGreater(kInfinity, kNan, Semantics::kKokuPostgresql));
}

}  // namespace
}  // namespace matome::aggregate
