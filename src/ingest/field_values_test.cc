// SPDX-License-Identifier: Apache-2.0
#include "ingest/field_values.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/date_memo.h"
#include "model/day.h"
#include "testing/random_source.h"

namespace matome::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NaWordTest, KnowsTheWordsExactly) {
  for (const auto* word :
       {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
        "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}) {
    EXPECT_TRUE(IsNaWord(word)) << word;
  }
  for (const auto* word : {"none", "Null", "na", "NAN", " NA", "NA ", "nul", "#N/A N/A ", "N"})
    EXPECT_FALSE(IsNaWord(word)) << word;
}

TEST(EscapeHtmlTest, EscapesFiveCharacters) {
  EXPECT_EQ(EscapeHtml("a&b<c>\"d'"), "a&amp;b&lt;c&gt;&quot;d&#x27;");
  EXPECT_EQ(EscapeHtml("z&amp;z"), "z&amp;amp;z");
  EXPECT_EQ(EscapeHtml("plain/é"), "plain/é");
}

TEST(ParseFloatTest, ReadsWhatPythonReads) {
  EXPECT_EQ(ParseFloat("1"), 1.0);
  EXPECT_EQ(ParseFloat("+5"), 5.0);
  EXPECT_EQ(ParseFloat("-5"), -5.0);
  EXPECT_EQ(ParseFloat("5."), 5.0);
  EXPECT_EQ(ParseFloat(".5"), 0.5);
  EXPECT_EQ(ParseFloat("+.5"), 0.5);
  EXPECT_EQ(ParseFloat("1e5"), 1e5);
  EXPECT_EQ(ParseFloat("1E+5"), 1e5);
  EXPECT_EQ(ParseFloat("5.e1"), 50.0);
  EXPECT_EQ(ParseFloat("1_000"), 1000.0);
  EXPECT_EQ(ParseFloat("1e5_0"), 1e50);
  EXPECT_EQ(ParseFloat(" 12 "), 12.0);
  EXPECT_EQ(ParseFloat("\t12\n\v"), 12.0);
  // White space of str.strip(), but not of float().
  EXPECT_FALSE(ParseFloat("12\x1c").has_value());
  EXPECT_EQ(ParseFloat("\u00a0\u300012\u2028"), 12.0);
  EXPECT_EQ(ParseFloat("١٢"), 12.0);
  EXPECT_EQ(ParseFloat("１２．５"), std::nullopt);  // A full-width point is no point.
  EXPECT_EQ(ParseFloat("１_２.５"), 12.5);
  EXPECT_EQ(ParseFloat("𝟗"), 9.0);
  EXPECT_EQ(ParseFloat("123456.789012"), 123456.789012);
  EXPECT_EQ(ParseFloat("0.1"), 0.1);
  EXPECT_EQ(ParseFloat("1e400"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(ParseFloat("-1e400"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(ParseFloat("1e-400"), 0.0);
  EXPECT_EQ(ParseFloat("4.9e-324"), 4.9e-324);
  EXPECT_TRUE(std::signbit(*ParseFloat("-0")));
  for (const auto* word : {"inf", "INF", "+Inf", " infinity", "Infinity"})
    EXPECT_EQ(ParseFloat(word), std::numeric_limits<double>::infinity()) << word;
  EXPECT_EQ(ParseFloat("-inf"), -std::numeric_limits<double>::infinity());
  for (const auto* word : {"nan", "NAN", "+nan", " nan ", "-NaN"})
    EXPECT_TRUE(std::isnan(ParseFloat(word).value_or(0))) << word;
}

TEST(ParseFloatTest, RoundsCorrectly) {
  constexpr uint64_t seed = 7;
  SCOPED_TRACE(seed);
  testing::RandomSource random(seed);
  for (int round = 0; round < 100'000; ++round) {
    std::string text = std::to_string(random.Next() >> random.Below(64));
    if (random.Percent(90)) text.insert(random.Below(text.size()) + 1, ".");
    text += std::string(random.Percent(30) ? random.Below(12) : 0, text.find('.') < 20 ? '0' : '1');
    double expected = 0;
    std::from_chars(text.data(), text.data() + text.size(), expected);
    ASSERT_EQ(ParseFloat(text), expected) << text;
  }
}

TEST(ParseFloatTest, RefusesWhatPythonRefuses) {
  for (const auto* text : {"",    " ",  "1,5",    "0x10",    "1d",    "true", "junk", "1__0",
                           "_1",  "1_", "1_.0",   "1._0",    "1e_5",  "1_e5", "+_1",  "in_f",
                           ".",   "1e", "1e+",    "e5",      ".e5",   "- 1",  "1 2",  "--1",
                           "+-1", "+",  "nan(1)", "infinit", "1.2.3", "é",    "1é",   "\u200b1"}) {
    EXPECT_EQ(ParseFloat(text), std::nullopt) << text;
  }
}

constexpr int64_t kHour = 3'600'000;

int64_t Millis(std::string_view day) { return model::Day::Parse(day)->start_millis(); }

FieldDate Naive(int64_t millis) { return {millis, std::nullopt}; }

TEST(ParseFieldDateTest, ReadsDates) {
  const int64_t day = Millis("2025-10-01");
  EXPECT_EQ(ParseFieldDate("2025-10-01 03:00:00 +0000 UTC"), Naive(day + 3 * kHour));
  EXPECT_EQ(ParseFieldDate("2025-10-01"), Naive(day));
  EXPECT_EQ(ParseFieldDate("2025-10-01T03"), Naive(day + 3 * kHour));
  EXPECT_EQ(ParseFieldDate("2025-10-01 03:30"), Naive(day + 3 * kHour + kHour / 2));
  EXPECT_EQ(ParseFieldDate("2025-10-01T00:00:00.0019999"), Naive(day + 1));
  EXPECT_EQ(ParseFieldDate("2025-10-01T00:00:00.1234567891234"), Naive(day + 123));
  EXPECT_EQ(ParseFieldDate("2025-10-01T00:00:00Z"), (FieldDate{day, 0}));
  EXPECT_EQ(ParseFieldDate("2025-10-01T00:00:00+00:00"), (FieldDate{day, 0}));
  EXPECT_EQ(ParseFieldDate("2025-10-01T02:00:00+02:00"), (FieldDate{day, 7200}));
  EXPECT_EQ(ParseFieldDate("2025-10-01T02-0130"), (FieldDate{day + 7 * kHour / 2, -5400}));
  EXPECT_EQ(ParseFieldDate("2025-10-01T02+02"), (FieldDate{day, 7200}));
  EXPECT_EQ(ParseFieldDate("2025-10-01 24:00:00"), Naive(day + 24 * kHour));
  EXPECT_EQ(ParseFieldDate("2025 +0000 UTC-10-01 +0000 UTC +0000 UTC"), Naive(day));
  EXPECT_EQ(ParseFieldDate("1969-12-31 23:59:59.5"), Naive(-500));
}

TEST(ParseFieldDateTest, RefusesAllElse) {
  for (const auto* text : {"",
                           "NA",
                           "2025-10-1",
                           "2025-13-01",
                           "2025-02-29",
                           "2025-10-01 ",
                           "2025-10-01X00",
                           "2025-10-01 25:00:00",
                           "2025-10-01 24:00:01",
                           "2025-10-01 24:01",
                           "2025-10-01 00:60",
                           "2025-10-01 00:00:60",
                           "2025-10-01 00:00:00.",
                           "2025-10-01 00:00:00 UTC",
                           "2025-10-01 00:00:00 +0200 CEST",
                           "2025-10-01 00:00:00 m=+1",
                           "2025-10-01Z",
                           "2025-10-01T00:00:00z",
                           "2025-10-01T00:00:00+2",
                           "2025-10-01T00:00:00+24:00",
                           "2025-10-01T00:00:00+02:60",
                           "2025-10-01T00:00:00ZZ",
                           " 2025-10-01",
                           "20251001",
                           "1677-09-21 00:00:00",
                           "2262-04-12",
                           "1600-01-01",
                           "٢٠٢٥-10-01"}) {
    EXPECT_EQ(ParseFieldDate(text), std::nullopt) << text;
  }
  EXPECT_NE(ParseFieldDate("1677-09-22"), std::nullopt);
  EXPECT_NE(ParseFieldDate("2262-04-11"), std::nullopt);
}

TEST(CutDayTest, IsTheDayOfTheTextOrOfTheInstant) {
  const auto cut_day = [](std::string_view text) {
    return CutDayOf(text, *ParseFieldDate(text)).ToString();
  };
  EXPECT_EQ(cut_day("2025-10-01 24:00:00"), "2025-10-01");
  EXPECT_EQ(cut_day("2025-10-01T00:00:00Z"), "2025-10-01");
  EXPECT_EQ(cut_day("2025-10-01T01:00:00+02:00"), "2025-09-30");
}

TEST(DateMemoTest, SaysWhatIsNew) {
  DateMemo memo;
  EXPECT_FALSE(memo.Read("").date);
  EXPECT_TRUE(memo.Read("2025-10-01").is_new);
  EXPECT_FALSE(memo.Read("2025-10-01").is_new);
  EXPECT_TRUE(memo.Read("2025-10-02").is_new);
  EXPECT_FALSE(memo.Read("2025-10-01").is_new);
  EXPECT_FALSE(memo.Read("junk").date);
  EXPECT_EQ(memo.Read("2025-10-02").cut_day.ToString(), "2025-10-02");
}

TEST(DateMemoTest, ForgetsRatherThanGrows) {
  DateMemo memo;
  const int64_t day = Millis("2025-10-01");
  for (int count = 0; count < 120'000; ++count) {
    const auto text = "2025-10-01 00:00:00." + std::to_string(1'000'000 + count).substr(1);
    const auto& entry = memo.Read(text);
    ASSERT_TRUE(entry.is_new && entry.date);
    ASSERT_EQ(entry.date->utc_millis, day + count / 1000);
  }
}

std::string Json(std::string_view text) { return ConvertLabels(text).json; }

TEST(ConvertLabelsTest, FollowsTheVectors) {
  for (const auto* text : {"", "NA", "null", "label_a", "label_a:1,label_b:2"})
    EXPECT_EQ(Json(text), "{}") << text;
  EXPECT_EQ(Json("label_a:x|label_b:y"), R"({"a": "x", "b": "y"})");
  EXPECT_EQ(Json("label_b:1|label_a:2"), R"({"b": "1", "a": "2"})");
  EXPECT_EQ(Json("label_a:x|label_b:y|label_a:z"), R"({"a": "z", "b": "y"})");
  EXPECT_EQ(Json("label_a:x:y|label_b:z"), R"({"b": "z"})");
  EXPECT_EQ(Json("label_a:|label_b:"), R"({"a": "", "b": ""})");
  EXPECT_EQ(Json("|label_a:x||"), R"({"a": "x"})");
  EXPECT_EQ(Json("label_label_a:x"), R"({"a": "x"})");
  EXPECT_EQ(Json("app_label_x:1"), R"({"app_x": "1"})");
  EXPECT_EQ(Json(":v"), R"({"": "v"})");
  EXPECT_EQ(Json("label_:v"), R"({"": "v"})");
  EXPECT_EQ(Json("label_a: x "), R"({"a": " x "})");
  EXPECT_EQ(Json("LABEL_a:x"), R"({"LABEL_a": "x"})");
  EXPECT_EQ(Json("label_é:ü"), R"({"\u00e9": "\u00fc"})");
  EXPECT_EQ(Json("label_a:😀"), R"({"a": "\ud83d\ude00"})");
  EXPECT_EQ(Json("label_a:\"q\""), R"({"a": "\"q\""})");
  EXPECT_EQ(Json("label_a:b\\c"), R"({"a": "b\\c"})");
  EXPECT_EQ(Json("label_a:x/y&<z>"), R"({"a": "x/y&<z>"})");
  EXPECT_EQ(Json("label_a:\th\x7f"), R"({"a": "\th\u007f"})");
  EXPECT_EQ(Json("label_a:\n\r\b\f\x01"), R"({"a": "\n\r\b\f\u0001"})");
}

TEST(ConvertLabelsTest, CountsWhatIsNoLabel) {
  EXPECT_EQ(ConvertLabels("a:1||b:2|").dropped, 0);
  EXPECT_EQ(ConvertLabels("a|b:1:2|c:3").dropped, 2);
}

TEST(ConvertLabelsTest, TellsTheKeys) {
  EXPECT_THAT(LabelKeys("label_b:1|label_a:2|b:3|x|label_:1"), ElementsAre("b", "a", ""));
  EXPECT_THAT(LabelKeys(""), IsEmpty());
}

TEST(GpuTest, Names) {
  EXPECT_EQ(GpuVendor("nvidia_com_gpu"), "nvidia");
  EXPECT_EQ(GpuVendor("amd_com_gpu"), "amd_com_gpu");
  EXPECT_EQ(GpuModel("NVIDIA A100-SXM4-40GB"), "NVIDIA A100 SXM4 40GB");
  EXPECT_EQ(GpuModel("A&amp;B"), "A amp B");
  EXPECT_EQ(GpuModel("--é A  B_"), "A B");
  EXPECT_EQ(GpuModel("--"), "");
}

TEST(GpuTest, Profiles) {
  const auto profile = ParseMigProfile(" 1G.5gb ");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->slice_count, 1);
  EXPECT_EQ(profile->memory_mib, 5120);
  EXPECT_EQ(ParseMigProfile("12g.96GB")->memory_mib, 96 * 1024);
  for (const auto* text : {"", "1g", "1g.gb", "g.5gb", "1g.5gb+me", "x1g.5gb", "1.5gb", "1g.5"})
    EXPECT_FALSE(ParseMigProfile(text)) << text;
}

TEST(GpuTest, Slices) {
  EXPECT_EQ(MaxSlicesOf("NVIDIA A100 SXM4 40GB"), 7);
  EXPECT_EQ(MaxSlicesOf("A30"), 4);
  EXPECT_EQ(MaxSlicesOf("NVIDIA RTX PRO 6000 Blackwell"), 4);
  EXPECT_EQ(MaxSlicesOf("RTX PRO 5000"), 2);
  EXPECT_EQ(MaxSlicesOf("Tesla T4"), std::nullopt);
}

}  // namespace
}  // namespace matome::ingest
