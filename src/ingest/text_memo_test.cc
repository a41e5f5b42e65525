// SPDX-License-Identifier: Apache-2.0
#include "ingest/text_memo.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Convert(TextMemo& memo, const std::vector<std::string_view>& texts) {
  std::vector<int32_t> codes(texts.size());
  memo.Convert(texts, codes.data());
  std::vector<std::string> converted;
  for (const int32_t code : codes)
    converted.emplace_back(memo.converted()[static_cast<size_t>(code)]);
  return converted;
}

TEST(TextMemoTest, BlanksAndEscapes) {
  TextMemo memo(RuleOf("pod"), /*keep_na_words=*/false);
  EXPECT_THAT(Convert(memo, {"a&b", "", "null", "a", "a&b"}),
              ElementsAre("a&amp;b", "", "", "a", "a&amp;b"));
  ASSERT_EQ(memo.losses().size(), 5U);
  EXPECT_EQ(memo.losses()[2].blanked, 1U);
  EXPECT_EQ(memo.losses()[1].blanked, 0U);

  TextMemo keeping(RuleOf("zone"), /*keep_na_words=*/true);
  EXPECT_THAT(Convert(keeping, {"null", "<"}), ElementsAre("null", "<"));
  EXPECT_THAT(keeping.losses(), IsEmpty());
}

TEST(TextMemoTest, EqualTextsHaveOneCode) {
  TextMemo memo(RuleOf("pod_labels"), /*keep_na_words=*/false);
  const std::vector<std::string_view> texts = {"label_a:1", "a:1", "a:1|b", "", "NA"};
  std::vector<int32_t> codes(texts.size());
  memo.Convert(texts, codes.data());
  EXPECT_THAT(codes, ElementsAre(1, 1, 1, 2, 2));
  EXPECT_EQ(memo.losses()[2].dropped_labels, 1U);
  EXPECT_THAT(memo.TakeLabelKeys(1), ElementsAre("a"));
  EXPECT_THAT(memo.TakeLabelKeys(1), IsEmpty());
  EXPECT_THAT(memo.TakeLabelKeys(2), IsEmpty());
}

}  // namespace
}  // namespace matome::ingest
