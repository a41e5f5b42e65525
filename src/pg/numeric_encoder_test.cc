// SPDX-License-Identifier: Apache-2.0
#include "pg/numeric_encoder.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "model/decimal.h"
#include "pg/numeric_text_for_test.h"

namespace matome::pg {
namespace {

using model::Semantics;

std::string Expected(double value, Semantics semantics) {
  std::string text;
  if (model::FitsDecimal(value, semantics)) model::AppendDecimal(value, semantics, text);
  return text;
}

std::string Encoded(double value, Semantics semantics) {
  const NumericField field = NumericField::Of(value, semantics);
  return field.empty() ? "" : NumericTextForTest(field.bytes());
}

void ExpectEqual(double value) {
  for (const auto semantics : {Semantics::kTrino, Semantics::kKokuPostgresql}) {
    ASSERT_EQ(Encoded(value, semantics), Expected(value, semantics)) << std::hexfloat << value;
  }
}

TEST(NumericField, IsLaidOutAsPostgresSendsIt) {
  using namespace std::string_literals;
  EXPECT_EQ(NumericField::Of(-12345.5, Semantics::kTrino).bytes(),
            "\0\0\0\x0e\0\x03\0\x01\x40\0\0\x0f\0\x01\x09\x29\x13\x88"s);
  EXPECT_EQ(NumericField::Of(0, Semantics::kTrino).bytes(), "\0\0\0\x08\0\0\0\0\0\0\0\x0f"s);
  EXPECT_EQ(NumericField::Of(std::nan(""), Semantics::kKokuPostgresql).bytes(),
            "\0\0\0\x08\0\0\0\0\xc0\0\0\0"s);
}

TEST(NumericField, EqualsTheDecimalTextAtTheEdges) {
  for (const double value : {0.0,
                             1.0,
                             0.1 + 0.2,
                             1234567.123456789,
                             0.9032696217873595,
                             0.0710549243647405,
                             5e-16,
                             4.9e-16,
                             2.5e-15,
                             3.5e-15,
                             28900.0 / 3600,
                             1000000000000000.3,
                             123456789012345680.0,
                             999999999999999872.0,
                             9e17,
                             1e18,
                             2e18,
                             1.5e300,
                             0.9999999999999996,
                             9.9999999999999995,
                             5e-324,
                             1e-15,
                             1e-12,
                             9999.0,
                             10000.0,
                             0.0001,
                             0.00001,
                             9007199254740991.0,
                             9007199254740993.0,
                             std::numeric_limits<double>::infinity(),
                             std::nan("")}) {
    ExpectEqual(value);
    ExpectEqual(-value);
  }
}

TEST(NumericField, EqualsTheDecimalTextAtAllPowers) {
  for (int power = -1074; power < 1024; ++power) {
    const double value = std::ldexp(1.0, power);
    ExpectEqual(value);
    ExpectEqual(std::nextafter(value, 0.0));
    ExpectEqual(std::nextafter(value, 1e308));
  }
  for (int power = -20; power < 20; ++power) {
    const double value = std::stod("1e" + std::to_string(power));
    for (const double near : {value, value / 2, 5 * value, std::nextafter(value, 0.0),
                              std::nextafter(value, 1e308), std::nextafter(value / 2, 0.0)}) {
      ExpectEqual(near);
    }
  }
}

TEST(NumericField, EqualsTheDecimalTextOfRandomValues) {
  constexpr uint64_t kSeed = 20251103;
  RecordProperty("seed", std::to_string(kSeed));
  std::mt19937_64 random(kSeed);
  std::uniform_real_distribution<double> exponent(-18, 19);
  for (int round = 0; round < 100'000; ++round) {
    ExpectEqual(std::pow(10.0, exponent(random)));
    ExpectEqual(static_cast<double>(random() % 1'000'000'000) / 3600);
    ExpectEqual(std::bit_cast<double>(random()));
    ExpectEqual(static_cast<double>(random() % 100'000) * 1e-15 / 2);
  }
}

TEST(NumericCache, GivesWhatItWasAskedFor) {
  NumericCache cache(Semantics::kTrino);
  for (int round = 0; round < 3; ++round) {
    for (int value = 0; value < 5000; ++value) {
      const double number = value / 7.0;
      ASSERT_EQ(cache.Field(number).bytes(), NumericField::Of(number, Semantics::kTrino).bytes());
    }
    EXPECT_TRUE(cache.Field(1e18).empty());
    EXPECT_EQ(cache.Field(-0.0).bytes(), cache.Field(0.0).bytes());
  }
}

}  // namespace
}  // namespace matome::pg
