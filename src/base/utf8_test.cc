// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <gtest/gtest.h>

namespace matome::base {
namespace {

TEST(Utf8, CountsCodePointsNotBytes) {
  EXPECT_EQ(CodePointCount(""), 0);
  EXPECT_EQ(CodePointCount("aé漢😀"), 4);
}

TEST(Utf8, AppendsEveryWidth) {
  std::string text;
  for (const uint32_t code_point : {0x61U, 0xE9U, 0x6F22U, 0x1F600U}) AppendUtf8(code_point, text);
  EXPECT_EQ(text, "aé漢😀");
}

TEST(Utf8, RefusesWhatIsNotUtf8) {
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8("aé漢😀"));
  for (const char* text : {"\xff", "\xc3", "\xed\xa0\x80", "\xc0\x80"})
    EXPECT_FALSE(IsValidUtf8(text));
}

}  // namespace
}  // namespace matome::base
