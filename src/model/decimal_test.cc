// SPDX-License-Identifier: Apache-2.0
#include "model/decimal.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace matome::model {
namespace {

std::string Text(double value, Semantics semantics = Semantics::kTrino) {
  std::string text;
  AppendDecimal(value, semantics, text);
  return text;
}

TEST(Decimal, RoundsTheShortestTextHalfUp) {
  EXPECT_EQ(Text(1234567.123456789), "1234567.123456789000000");
  EXPECT_EQ(Text(0.1 + 0.2), "0.300000000000000");
  EXPECT_EQ(Text(0.9032696217873595), "0.903269621787360");
  EXPECT_EQ(Text(0.0710549243647405), "0.071054924364741");
  EXPECT_EQ(Text(5e-16), "0.000000000000001");
  EXPECT_EQ(Text(-5e-16), "-0.000000000000001");
  EXPECT_EQ(Text(4.9e-16), "0.000000000000000");
  EXPECT_EQ(Text(-4.9e-16), "0.000000000000000");
  EXPECT_EQ(Text(28900.0 / 3600), "8.027777777777779");
  EXPECT_EQ(Text(2.5e-15), "0.000000000000003");
  EXPECT_EQ(Text(3.5e-15), "0.000000000000004");
  EXPECT_EQ(Text(1000000000000000.3), "1000000000000000.200000000000000");
  EXPECT_EQ(Text(123456789012345680.0), "123456789012345680.000000000000000");
  EXPECT_EQ(Text(999999999999999872.0), "999999999999999900.000000000000000");
}

TEST(Decimal, ZeroHasNoSign) {
  EXPECT_EQ(Text(0.0), "0.000000000000000");
  EXPECT_EQ(Text(-0.0), "0.000000000000000");
}

TEST(Decimal, CarriesThroughNines) {
  EXPECT_EQ(Text(0.9999999999999996), "1.000000000000000");
  EXPECT_EQ(Text(9.9999999999999995), "10.000000000000000");
  EXPECT_EQ(Text(-1.0), "-1.000000000000000");
  EXPECT_EQ(Text(5e-324), "0.000000000000000");
}

TEST(Decimal, KnowsWhatDoesNotFit) {
  EXPECT_TRUE(FitsDecimal(999999999999999872.0, Semantics::kTrino));
  EXPECT_FALSE(FitsDecimal(999999999999999872.0, Semantics::kKokuPostgresql));
  for (const auto semantics : {Semantics::kTrino, Semantics::kKokuPostgresql}) {
    EXPECT_FALSE(FitsDecimal(1e18, semantics));
    EXPECT_FALSE(FitsDecimal(-1e18, semantics));
    EXPECT_FALSE(FitsDecimal(std::numeric_limits<double>::infinity(), semantics));
    EXPECT_TRUE(FitsDecimal(-9.1e17, semantics));
  }
  EXPECT_FALSE(FitsDecimal(std::nan(""), Semantics::kTrino));
  EXPECT_TRUE(FitsDecimal(std::nan(""), Semantics::kKokuPostgresql));
}

TEST(Decimal, PostgresqlKeepsFifteenDigits) {
  EXPECT_EQ(Text(1234567.123456789, Semantics::kKokuPostgresql), "1234567.123456790000000");
  EXPECT_EQ(Text(std::nan(""), Semantics::kKokuPostgresql), "NaN");
}

}  // namespace
}  // namespace matome::model
