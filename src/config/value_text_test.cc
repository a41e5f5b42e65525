// SPDX-License-Identifier: Apache-2.0
#include "config/value_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ParseWholeNumber, TakesNothingButANumber) {
  EXPECT_EQ(ParseWholeNumber("42"), 42);
  EXPECT_EQ(ParseWholeNumber("-1"), -1);
  for (const auto* text : {"", " 1", "1 ", "1.0", "0x1", "+1", "9223372036854775808", "one"}) {
    EXPECT_EQ(ParseWholeNumber(text), std::nullopt) << text;
  }
}

TEST(ParseFraction, TakesNothingBelowZero) {
  EXPECT_EQ(ParseFraction("0.15"), 0.15);
  EXPECT_EQ(ParseFraction("2"), 2.0);
  for (const auto* text : {"", "-1", "-0", "nan", "inf", "1e3", "1x"}) {
    EXPECT_EQ(ParseFraction(text), std::nullopt) << text;
  }
}

TEST(ParseSizeBytes, KnowsBinaryAndDecimalUnits) {
  EXPECT_EQ(ParseSizeBytes("0"), 0);
  EXPECT_EQ(ParseSizeBytes("1000"), 1000);
  EXPECT_EQ(ParseSizeBytes("12B"), 12);
  EXPECT_EQ(ParseSizeBytes("512MiB"), int64_t{512} << 20);
  EXPECT_EQ(ParseSizeBytes("512Mi"), int64_t{512} << 20);
  EXPECT_EQ(ParseSizeBytes("1.5 GiB"), int64_t{3} << 29);
  EXPECT_EQ(ParseSizeBytes("2G"), 2'000'000'000);
  EXPECT_EQ(ParseSizeBytes("2gb"), 2'000'000'000);
  EXPECT_EQ(ParseSizeBytes("64k"), 64'000);
  EXPECT_EQ(ParseSizeBytes("1T"), 1'000'000'000'000);
  for (const auto* text : {"", "GiB", "-1G", "2X", "1.2.3M", "9999999999T", "2 G B"}) {
    EXPECT_EQ(ParseSizeBytes(text), std::nullopt) << text;
  }
}

TEST(ParseSwitch, KnowsTheUsualWords) {
  for (const auto* text : {"true", "True", "yes", "on", "1"}) EXPECT_EQ(ParseSwitch(text), true);
  for (const auto* text : {"false", "NO", "off", "0"}) EXPECT_EQ(ParseSwitch(text), false);
  EXPECT_EQ(ParseSwitch(""), std::nullopt);
  EXPECT_EQ(ParseSwitch("2"), std::nullopt);
}

TEST(SplitList, TrimsAndDropsEmptyParts) {
  EXPECT_THAT(SplitList("app, env ,,team"), ElementsAre("app", "env", "team"));
  EXPECT_THAT(SplitList(""), IsEmpty());
  EXPECT_THAT(SplitList(" , "), IsEmpty());
}

TEST(ParseUuid, LowersTheCase) {
  EXPECT_EQ(ParseUuid("6E2A3F10-0000-4000-8000-00000000ABCD"),
            "6e2a3f10-0000-4000-8000-00000000abcd");
  EXPECT_EQ(ParseUuid("6e2a3f1000004000800000000000abcd"), std::nullopt);
  EXPECT_EQ(ParseUuid("6e2a3f10-0000-4000-8000-00000000abcg"), std::nullopt);
  EXPECT_EQ(ParseUuid(""), std::nullopt);
}

}  // namespace
}  // namespace matome::config
