// SPDX-License-Identifier: Apache-2.0
#include "testing/naive_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "testing/random_source.h"

namespace matome::testing {
namespace {

constexpr auto kTrino = Semantics::kTrino;
constexpr auto kPostgresql = Semantics::kKokuPostgresql;

std::string Trino(double value) { return NaiveNumericText(value, kTrino).value_or("fails"); }
std::string Postgresql(double value) {
  return NaiveNumericText(value, kPostgresql).value_or("fails");
}

double RandomDouble(RandomSource* random) {
  for (;;) {
    const uint64_t bits = random->Next();
    double value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    if (std::isfinite(value)) {
      return value;
    }
  }
}

/// The value in scientific notation with std::to_chars, the shortest form.
std::string ShortestScientific(double value) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific);
  return {buffer.data(), end.ptr};
}

std::string Scientific(const NaiveDecimal& decimal) {
  const std::string fraction = decimal.digits.size() > 1 ? "." + decimal.digits.substr(1) : "";
  const int64_t exponent = decimal.point - 1;
  const std::string digits = std::to_string(std::abs(exponent));
  return decimal.digits.substr(0, 1) + fraction + "e" + (exponent < 0 ? "-" : "+") +
         (digits.size() < 2 ? "0" : "") + digits;
}

TEST(NaiveNumericText, TableOfSemantics) {
  EXPECT_EQ(Trino(1234567.123456789), "1234567.123456789000000");
  EXPECT_EQ(Trino(0.1 + 0.2), "0.300000000000000");
  EXPECT_EQ(Trino(0.9032696217873595), "0.903269621787360");
  EXPECT_EQ(Trino(0.0710549243647405), "0.071054924364741");
  EXPECT_EQ(Trino(5e-16), "0.000000000000001");
  EXPECT_EQ(Trino(-5e-16), "-0.000000000000001");
  EXPECT_EQ(Trino(4.9e-16), "0.000000000000000");
  EXPECT_EQ(Trino(-4.9e-16), "0.000000000000000");
  EXPECT_EQ(Trino(28900.0 / 3600.0), "8.027777777777779");
  EXPECT_EQ(Trino(2.5e-15), "0.000000000000003");
  EXPECT_EQ(Trino(3.5e-15), "0.000000000000004");
  EXPECT_EQ(Trino(1000000000000000.3), "1000000000000000.200000000000000");
  EXPECT_EQ(Trino(123456789012345680.0), "123456789012345680.000000000000000");
  EXPECT_EQ(Trino(999999999999999872.0), "999999999999999900.000000000000000");
  EXPECT_EQ(Trino(1e18), "fails");
}

TEST(NaiveNumericText, Edges) {
  EXPECT_EQ(Trino(0.0), "0.000000000000000");
  EXPECT_EQ(Trino(-0.0), "0.000000000000000");
  EXPECT_EQ(Trino(-1e18), "fails");
  EXPECT_EQ(Trino(-12.5), "-12.500000000000000");
  EXPECT_EQ(Trino(1e-300), "0.000000000000000");
  EXPECT_EQ(Trino(0.9999999999999999), "1.000000000000000");
  EXPECT_EQ(Trino(std::numeric_limits<double>::quiet_NaN()), "fails");
  EXPECT_EQ(Trino(std::numeric_limits<double>::infinity()), "fails");
  EXPECT_EQ(Trino(-std::numeric_limits<double>::infinity()), "fails");
  EXPECT_EQ(Trino(std::numeric_limits<double>::max()), "fails");
}

TEST(NaiveNumericText, PostgresqlKeepsFifteenDigits) {
  EXPECT_EQ(Postgresql(1234567.123456789), "1234567.123456790000000");
  EXPECT_EQ(Postgresql(999999999999999872.0), "fails");
  EXPECT_EQ(Postgresql(100000000000000.5), "100000000000000.000000000000000");
  EXPECT_EQ(Postgresql(100000000000001.5), "100000000000002.000000000000000");
  EXPECT_EQ(Postgresql(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(Postgresql(std::numeric_limits<double>::infinity()), "fails");
}

TEST(NaiveShortestDecimal, AgreesWithTheStandardLibrary) {
  constexpr uint64_t kSeed = 20240229;
  SCOPED_TRACE(kSeed);
  RandomSource random(kSeed);
  for (int count = 0; count < 1000; ++count) {
    const double value = std::fabs(RandomDouble(&random));
    EXPECT_EQ(Scientific(NaiveShortestDecimal(value)), ShortestScientific(value));
    const double usual = static_cast<double>(random.Next() >> random.Below(60)) / 3600.0;
    EXPECT_EQ(Scientific(NaiveShortestDecimal(usual)), ShortestScientific(usual));
  }
  for (int exponent = -1074; exponent < 1024; exponent += 7) {
    const double power = std::ldexp(1.0, exponent);
    EXPECT_EQ(Scientific(NaiveShortestDecimal(power)), ShortestScientific(power));
  }
}

TEST(NaiveSignificantDecimal, AgreesWithTheStandardLibrary) {
  constexpr uint64_t kSeed = 7;
  SCOPED_TRACE(kSeed);
  RandomSource random(kSeed);
  for (int count = 0; count < 300; ++count) {
    const double value = std::fabs(RandomDouble(&random));
    std::array<char, 64> buffer{};
    ASSERT_GT(std::snprintf(buffer.data(), buffer.size(), "%.14e", value), 0);
    const NaiveDecimal decimal = NaiveSignificantDecimal(value, 15);
    std::string digits = decimal.digits;
    digits.resize(15, '0');
    EXPECT_EQ(Scientific({digits, decimal.point}), buffer.data());
  }
}

TEST(NaiveLabelDoubleText, LooksLikeTrino) {
  EXPECT_EQ(NaiveLabelDoubleText(1.5), "1.5E0");
  EXPECT_EQ(NaiveLabelDoubleText(1e3), "1.0E3");
  EXPECT_EQ(NaiveLabelDoubleText(0.001), "1.0E-3");
  EXPECT_EQ(NaiveLabelDoubleText(0.0), "0E0");
  EXPECT_EQ(NaiveLabelDoubleText(-0.0), "-0E0");
  EXPECT_EQ(NaiveLabelDoubleText(-123.25), "-1.2325E2");
  EXPECT_EQ(NaiveLabelDoubleText(std::numeric_limits<double>::infinity()), "Infinity");
}

TEST(NaiveJsonbNumberText, LooksLikePostgresql) {
  EXPECT_EQ(NaiveJsonbNumberText("1.50"), "1.50");
  EXPECT_EQ(NaiveJsonbNumberText("1e3"), "1000");
  EXPECT_EQ(NaiveJsonbNumberText("1.50e1"), "15.0");
  EXPECT_EQ(NaiveJsonbNumberText("15E-3"), "0.015");
  EXPECT_EQ(NaiveJsonbNumberText("-0"), "0");
  EXPECT_EQ(NaiveJsonbNumberText("-0.0"), "0.0");
  EXPECT_EQ(NaiveJsonbNumberText("-2.5e+1"), "-25");
  EXPECT_EQ(NaiveJsonbNumberText("1e200000"), std::nullopt);
}

TEST(NaiveLike, WholeTextCaseSensitive) {
  EXPECT_TRUE(NaiveLike("openshift-x", "openshift-%", kTrino));
  EXPECT_TRUE(NaiveLike("openshift-", "openshift-%", kTrino));
  EXPECT_FALSE(NaiveLike("openshift", "openshift-%", kTrino));
  EXPECT_FALSE(NaiveLike("xopenshift-", "openshift-%", kTrino));
  EXPECT_FALSE(NaiveLike("Openshift-x", "openshift-%", kTrino));
  EXPECT_TRUE(NaiveLike("", "", kTrino));
  EXPECT_TRUE(NaiveLike("", "%", kTrino));
  EXPECT_FALSE(NaiveLike("", "_", kTrino));
  EXPECT_FALSE(NaiveLike("a", "", kTrino));
  EXPECT_TRUE(NaiveLike("a\nb", "a%b", kTrino));
  EXPECT_TRUE(NaiveLike("aXbXc", "%b%c", kTrino));
  EXPECT_TRUE(NaiveLike("ababab", "%ab", kTrino));
  EXPECT_FALSE(NaiveLike("ababa", "%ab", kTrino));
}

TEST(NaiveLike, UnderscoreIsOneCodePoint) {
  EXPECT_TRUE(NaiveLike("app", "_pp", kTrino));
  EXPECT_TRUE(NaiveLike("\xF0\x9F\x98\x80pp", "_pp", kTrino));
  EXPECT_TRUE(NaiveLike("üpp", "_pp", kTrino));
  EXPECT_FALSE(NaiveLike("üpp", "__pp", kTrino));
  EXPECT_TRUE(NaiveLike("\n", "_", kTrino));
}

TEST(NaiveLike, OnlyPostgresqlHasAnEscape) {
  EXPECT_TRUE(NaiveLike("a\\b", "a\\_", kTrino));
  EXPECT_FALSE(NaiveLike("a_", "a\\_", kTrino));
  EXPECT_TRUE(NaiveLike("a_", "a\\_", kPostgresql));
  EXPECT_FALSE(NaiveLike("ab", "a\\_", kPostgresql));
  EXPECT_TRUE(NaiveLike("a%", "a\\%", kPostgresql));
  EXPECT_TRUE(NaiveLike("ab", "a\\b", kPostgresql));
  EXPECT_TRUE(NaiveLike("a\\", "a\\\\", kPostgresql));
  EXPECT_TRUE(NaiveLike("a\\", "a\\", kTrino));
  EXPECT_FALSE(NaiveLike("a\\", "a\\", kPostgresql));
}

TEST(NaiveFitText, CutsSpacesOnly) {
  EXPECT_EQ(NaiveFitText("abc", 3), "abc");
  EXPECT_EQ(NaiveFitText("abc  ", 3), "abc");
  EXPECT_EQ(NaiveFitText("ab   ", 4), "ab  ");
  EXPECT_EQ(NaiveFitText("a ", 3), "a ");
  EXPECT_EQ(NaiveFitText("abcd", 3), std::nullopt);
  EXPECT_EQ(NaiveFitText("abc x", 3), std::nullopt);
  EXPECT_EQ(NaiveFitText("üüü", 3), "üüü");
  EXPECT_EQ(NaiveFitText(std::string_view("a\0b", 3), 3), std::nullopt);
}

}  // namespace
}  // namespace matome::testing
