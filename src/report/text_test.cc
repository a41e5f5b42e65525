// SPDX-License-Identifier: Apache-2.0
#include "report/text.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace matome::report {
namespace {

TEST(WithThousands, SeparatesDigits) {
  EXPECT_EQ(WithThousands(int64_t{0}), "0");
  EXPECT_EQ(WithThousands(int64_t{999}), "999");
  EXPECT_EQ(WithThousands(int64_t{-1000}), "-1,000");
  EXPECT_EQ(WithThousands(int64_t{1234567}), "1,234,567");
  EXPECT_EQ(WithThousands(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
  EXPECT_EQ(WithThousands(1234.56, 1), "1,234.6");
  EXPECT_EQ(WithThousands(-123.0, 0), "-123");
  EXPECT_EQ(WithThousands(-0.001, 1), "0.0");
  EXPECT_EQ(WithThousands(std::nan(""), 1), "NaN");
}

TEST(BytesText, TakesTheLargestUnit) {
  EXPECT_EQ(BytesText(512), "512 B");
  EXPECT_EQ(BytesText(64'172'851), "61.2 MiB");
  EXPECT_EQ(BytesText(int64_t{3} << 30), "3.0 GiB");
}

TEST(SecondsText, IsShort) {
  EXPECT_EQ(SecondsText(0.416), "0.42 s");
  EXPECT_EQ(SecondsText(12.34), "12.3 s");
  EXPECT_EQ(SecondsText(125.2), "2 min 05 s");
}

TEST(Counted, KnowsThePlural) {
  EXPECT_EQ(Counted(1, "day", "days"), "1 day");
  EXPECT_EQ(Counted(0, "day", "days"), "0 days");
  EXPECT_EQ(Counted(1500, "day", "days"), "1,500 days");
}

TEST(Printable, DefusesControlCharacters) {
  EXPECT_EQ(Printable("a\x1b[2Jb\n"), "a\\x1b[2Jb\\x0a");
  EXPECT_EQ(Printable("まとめ"), "まとめ");
  EXPECT_EQ(DisplayWidth("まとめ"), 3U);
}

TEST(Wrapped, BreaksAtSpaces) {
  EXPECT_EQ(Wrapped("one two three", 7, 2), "one two\n  three\n");
  EXPECT_EQ(Wrapped("  one two three", 9, 4), "  one two\n    three\n");
  EXPECT_EQ(Wrapped("", 7, 2), "\n");
  EXPECT_EQ(Wrapped("a bcdefghij k", 6, 2), "a\n  bcdefghij\n  k\n");
}

}  // namespace
}  // namespace matome::report
