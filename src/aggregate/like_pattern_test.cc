// SPDX-License-Identifier: Apache-2.0
#include "aggregate/like_pattern.h"

#include <string>

#include <gtest/gtest.h>

#include "testing/naive_text.h"

namespace matome::aggregate {
namespace {

using model::Semantics;

bool Like(std::string_view text, std::string_view pattern,
          Semantics semantics = Semantics::kTrino) {
  return LikePattern(pattern, semantics).Matches(text);
}

TEST(LikePattern, MatchesTheWholeText) {
  EXPECT_TRUE(Like("openshift", "openshift"));
  EXPECT_FALSE(Like("openshift", "open"));
  EXPECT_FALSE(Like("openshift", "shift"));
  EXPECT_FALSE(Like("Openshift", "openshift"));
  EXPECT_TRUE(Like("", ""));
  EXPECT_FALSE(Like("a", ""));
  EXPECT_FALSE(Like("", "a"));
}

TEST(LikePattern, PercentIsAnyRun) {
  EXPECT_TRUE(Like("openshift-", "openshift-%"));
  EXPECT_TRUE(Like("openshift-kube-apiserver", "openshift-%"));
  EXPECT_FALSE(Like("openshift", "openshift-%"));
  EXPECT_TRUE(Like("", "%"));
  EXPECT_TRUE(Like("a\nb", "a%b"));
  EXPECT_TRUE(Like("abab", "%ab"));
  EXPECT_TRUE(Like("aab", "%ab%"));
  EXPECT_TRUE(Like("aXbXc", "a%b%c"));
  EXPECT_FALSE(Like("aXcXb", "a%b%c"));
  EXPECT_TRUE(Like("Worker unallocated", "%unalloc%"));
  EXPECT_TRUE(Like("anything", "%%"));
}

TEST(LikePattern, UnderscoreIsOneCodePoint) {
  EXPECT_TRUE(Like("app", "_pp"));
  EXPECT_FALSE(Like("pp", "_pp"));
  EXPECT_TRUE(Like("\xC3\xA9pp", "_pp"));
  EXPECT_TRUE(Like("\xF0\x9F\x98\x80", "_"));
  EXPECT_FALSE(Like("\xF0\x9F\x98\x80", "__"));
  EXPECT_TRUE(Like("a\xC3\xA9z", "a%_z"));
  EXPECT_FALSE(Like("az", "a%_z"));
  EXPECT_TRUE(Like("\n", "_"));
}

TEST(LikePattern, BackslashEscapesInPostgresqlOnly) {
  EXPECT_TRUE(Like("a%", "a\\%", Semantics::kKokuPostgresql));
  EXPECT_FALSE(Like("ab", "a\\%", Semantics::kKokuPostgresql));
  EXPECT_FALSE(Like("a%", "a\\%"));
  EXPECT_TRUE(Like("a\\xyz", "a\\%"));
  EXPECT_TRUE(Like("a_", "a\\_", Semantics::kKokuPostgresql));
  EXPECT_FALSE(Like("ab", "a\\_", Semantics::kKokuPostgresql));
  EXPECT_TRUE(Like("a\\", "a\\\\", Semantics::kKokuPostgresql));
  EXPECT_TRUE(Like("ab", "\\a\\b", Semantics::kKokuPostgresql));
  // A last backslash escapes nothing, so the pattern matches nothing.
  EXPECT_FALSE(Like("a\\", "a\\", Semantics::kKokuPostgresql));
  EXPECT_FALSE(Like("a", "%\\", Semantics::kKokuPostgresql));
}

// Without care this takes exponential time.
TEST(LikePattern, IsQuickWithManyRuns) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "%a";
  EXPECT_FALSE(Like(std::string(5000, 'a') + "b", pattern));
}

TEST(LikePattern, AgreesWithTheNaiveMatcher) {
  uint64_t state = 42;
  const auto next = [&state](uint64_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % below;
  };
  const auto make = [&](std::initializer_list<std::string_view> pieces, uint64_t most) {
    std::string text;
    for (uint64_t count = next(most + 1); count-- > 0;) text += pieces.begin()[next(pieces.size())];
    return text;
  };
  int matches = 0;
  for (int round = 0; round < 40'000; ++round) {
    const auto text = make({"a", "b", "\xC3\xA9", "%", "_", "\\"}, 6);
    const auto pattern = make({"a", "b", "\xC3\xA9", "%", "_", "\\"}, 5);
    for (const auto semantics : {Semantics::kTrino, Semantics::kKokuPostgresql}) {
      const auto naive_semantics = semantics == Semantics::kTrino
                                       ? testing::Semantics::kTrino
                                       : testing::Semantics::kKokuPostgresql;
      const bool expected = testing::NaiveLike(text, pattern, naive_semantics);
      ASSERT_EQ(Like(text, pattern, semantics), expected) << text << " LIKE " << pattern;
      matches += expected;
    }
  }
  EXPECT_GT(matches, 1000);
}

}  // namespace
}  // namespace matome::aggregate
