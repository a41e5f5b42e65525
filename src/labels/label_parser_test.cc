// SPDX-License-Identifier: Apache-2.0
#include "labels/label_parser.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utf8.h"
#include "testing/naive_labels.h"

namespace matome::labels {
namespace {

using model::Semantics;
using ::testing::HasSubstr;

/// What a parse makes, in a form that compares: "NULL", "key=value key=null" in order of
/// appearance, or "error".
std::string Parsed(std::string_view text, Semantics semantics = Semantics::kTrino) {
  LabelParser parser(semantics);
  const auto parsed = parser.Parse(text);
  if (!parsed.ok()) {
    EXPECT_EQ(parsed.status().code(), base::Code::kBadInput);
    return "error";
  }
  if (!*parsed) return "NULL";
  std::string result;
  for (const Label& label : parser.labels()) {
    if (!result.empty()) result += ' ';
    result += std::string(label.key) + "=" + (label.value ? std::string(*label.value) : "<null>");
  }
  return result;
}

std::string PostgresqlParsed(std::string_view text) {
  return Parsed(text, Semantics::kKokuPostgresql);
}

std::string ErrorOf(std::string_view text, Semantics semantics = Semantics::kTrino) {
  LabelParser parser(semantics);
  const auto parsed = parser.Parse(text);
  return parsed.ok() ? "no error" : parsed.status().message();
}

TEST(LabelParser, ReadsFlatObjects) {
  EXPECT_EQ(Parsed("{}"), "");
  EXPECT_EQ(Parsed(R"({"app": "shop", "team": "red"})"), "app=shop team=red");
  EXPECT_EQ(Parsed(R"({"b":"1","a":"2"})"), "b=1 a=2");
  EXPECT_EQ(Parsed(" \t\r\n{ \"a\"\n:\t\"1\" , \"b\" : null } "), "a=1 b=<null>");
  EXPECT_EQ(Parsed(R"({"": ""})"), "=");
  EXPECT_EQ(Parsed("{\"k\xC3\xA9\": \"\xF0\x9F\x98\x80\"}"), "k\xC3\xA9=\xF0\x9F\x98\x80");
}

TEST(LabelParser, TurnsValuesIntoTextAsTrinoDoes) {
  EXPECT_EQ(Parsed(R"({"a": true, "b": false, "c": null})"), "a=true b=false c=<null>");
  EXPECT_EQ(Parsed(R"({"a": 7, "b": -0, "c": 123456789012345678901234567890})"),
            "a=7 b=-0 c=123456789012345678901234567890");
  EXPECT_EQ(Parsed(R"({"a": 1.50, "b": 1e3, "c": 0.001, "d": 0.0, "e": -0.0})"),
            "a=1.5E0 b=1.0E3 c=1.0E-3 d=0E0 e=-0E0");
  EXPECT_EQ(Parsed(R"({"a": 1e400, "b": -1e400, "c": 1e-400, "d": -1e-400, "e": 0e999999})"),
            "a=Infinity b=-Infinity c=0E0 d=-0E0 e=0E0");
  EXPECT_EQ(
      Parsed(R"({"a": 4.9e-324, "b": 2.2250738585072014E-308, "c": 1.7976931348623157e+308})"),
      "a=5.0E-324 b=2.2250738585072014E-308 c=1.7976931348623157E308");
  EXPECT_EQ(Parsed(R"({"a": 12345678.9})"), "a=1.23456789E7");
}

TEST(LabelParser, TurnsValuesIntoTextAsPostgresqlDoes) {
  EXPECT_EQ(PostgresqlParsed(R"({"a": 1.50, "b": 1e3, "c": -0, "d": -0.0, "e": 12e-3})"),
            "a=1.50 b=1000 c=0 d=0.0 e=0.012");
  EXPECT_EQ(PostgresqlParsed(R"({"a": true, "b": null, "c": 007e})"), "error");
  EXPECT_EQ(PostgresqlParsed(R"({"a": 0e5, "b": 1.50e1, "c": 0.5E+2, "d": -1.5e-2})"),
            "a=0 b=15.0 c=50 d=-0.015");
  EXPECT_EQ(PostgresqlParsed(R"({"a": 1e10000})"), "error");
}

TEST(LabelParser, NestedValuesFailInTrinoAndAreTextInPostgresql) {
  EXPECT_EQ(Parsed(R"({"a": {}})"), "error");
  EXPECT_EQ(Parsed(R"({"a": []})"), "error");
  EXPECT_EQ(PostgresqlParsed(R"({"a": {}})"), "a={}");
  EXPECT_EQ(PostgresqlParsed(R"({"a": [1,"x" ,null, [true]]})"), R"(a=[1, "x", null, [true]])");
  // A jsonb object orders its keys by length, then by bytes, and keeps the last of equal ones.
  EXPECT_EQ(PostgresqlParsed(R"({"a": {"bb": 1, "c": 2, "bb": 3}})"), R"(a={"c": 2, "bb": 3})");
  EXPECT_EQ(PostgresqlParsed(R"({"a": [1,]})"), "error");
  EXPECT_EQ(PostgresqlParsed(R"({"a": {"b" 1}})"), "error");
  EXPECT_EQ(PostgresqlParsed(R"({"a": [)"), "error");
  EXPECT_EQ(PostgresqlParsed(R"({"a": )" + std::string(5000, '[')), "error");
}

TEST(LabelParser, NullMapOrEmptyMapOrErrorBesidesObjects) {
  EXPECT_EQ(Parsed("null"), "NULL");
  EXPECT_EQ(Parsed(" null\n"), "NULL");
  EXPECT_EQ(PostgresqlParsed("null"), "error");
  for (const auto* blank : {"", " ", "   "}) {
    EXPECT_EQ(Parsed(blank), "error");
    EXPECT_EQ(PostgresqlParsed(blank), "");
  }
  EXPECT_EQ(Parsed("\t\r\n "), "error");
  EXPECT_EQ(PostgresqlParsed("\t\r\n "), "error");
}

TEST(LabelParser, RefusesWhatIsNotAFlatJsonObject) {
  for (const auto* text : {
           "[]",
           "1",
           "\"a\"",
           "true",
           "nul",
           "nullx",
           "null null",
           "NaN",
           "{",
           "}",
           "{]",
           "{\"a\"}",
           "{\"a\":}",
           "{\"a\":1,}",
           "{,}",
           "{,\"a\":1}",
           "{\"a\":1 \"b\":2}",
           "{\"a\":1}}",
           "{\"a\":1} x",
           "{\"a\":1}{}",
           "{a:1}",
           "{'a':1}",
           "{\"a\":'1'}",
           "{\"a\":NaN}",
           "{\"a\":Infinity}",
           "{\"a\":01}",
           "{\"a\":-}",
           "{\"a\":+1}",
           "{\"a\":.5}",
           "{\"a\":1.}",
           "{\"a\":1e}",
           "{\"a\":1e+}",
           "{\"a\":0x1}",
           "{\"a\":tru}",
           "{\"a\":\"x}",
           "{\"a\":\"\\x\"}",
           "{\"a\":\"\\u12g4\"}",
           "{\"a\":\"\\u12\"}",
           "{\"a\":\"\\",
           "{\"a\":\"\\u\"}",
           "{/**/}",
           "{} //",
           "{\"a\":\"\n\"}",
           "{\"a\x01\":1}",
           "\xEF\xBB\xBF{}",
           "{\"a\":\"\xFF\"}",
           "{\"a\":\"\xC0\x80\"}",
           "{\"a\":\"\xED\xA0\x80\"}",
           "\xC2\xA0{}",
       }) {
    EXPECT_EQ(Parsed(text), "error") << text;
    EXPECT_EQ(PostgresqlParsed(text), "error") << text;
  }
  EXPECT_EQ(Parsed(std::string_view("{\"a\":\"\0\"}", 9)), "error");
  EXPECT_EQ(Parsed(std::string_view("{}\0", 3)), "error");
}

TEST(LabelParser, DuplicateKeysFailInTrinoAndTheLastWinsInPostgresql) {
  EXPECT_EQ(Parsed(R"({"a": "1", "b": "2", "a": "1"})"), "error");
  EXPECT_EQ(PostgresqlParsed(R"({"a": "1", "b": "2", "a": "3"})"), "b=2 a=3");
  // Equal only once unescaped.
  EXPECT_EQ(Parsed(R"({"a": "1", "\u0061": "2"})"), "error");
  EXPECT_EQ(PostgresqlParsed(R"({"a": "1", "\u0061": "2"})"), "a=2");
  EXPECT_EQ(Parsed(R"({"a": "1", "A": "2"})"), "a=1 A=2");
}

TEST(LabelParser, FindsDuplicatesAmongManyKeys) {
  std::string text = "{";
  for (int key = 0; key < 100; ++key) text += "\"k" + std::to_string(key) + "\": \"v\", ";
  EXPECT_NE(Parsed(text + "\"k100\": \"v\"}"), "error");
  EXPECT_THAT(ErrorOf(text + "\"k63\": \"w\"}"), HasSubstr("duplicate label key \"k63\""));
  EXPECT_THAT(PostgresqlParsed(text + "\"k63\": \"w\"}"), ::testing::EndsWith("k99=v k63=w"));
}

TEST(LabelParser, Unescapes) {
  EXPECT_EQ(Parsed(R"({"a": "\"\\\/\b\f\n\r\t"})"), "a=\"\\/\b\f\n\r\t");
  EXPECT_EQ(Parsed(R"({"\u00e9": "\u20AC \uD83D\uDE00"})"),
            "\xC3\xA9=\xE2\x82\xAC \xF0\x9F\x98\x80");
  EXPECT_EQ(Parsed(R"({"a": "x\u0000y"})"), std::string("a=x\0y", 5));
  EXPECT_EQ(PostgresqlParsed(R"({"a": "x\u0000y"})"), "error");
}

TEST(LabelParser, LoneSurrogatesBecomeQuestionMarksOrFail) {
  EXPECT_EQ(Parsed(R"({"a": "\uD83D"})"), "a=?");
  EXPECT_EQ(Parsed(R"({"a": "\uDE00\uD83D"})"), "a=\?\?");
  EXPECT_EQ(Parsed(R"({"a": "\uD83D\uD83D\uDE00"})"), "a=?\xF0\x9F\x98\x80");
  EXPECT_EQ(Parsed(R"({"a": "\uD83D\u0041"})"), "a=?A");
  EXPECT_EQ(Parsed(R"({"a": "\uD83D\n"})"), "a=?\n");
  EXPECT_EQ(PostgresqlParsed(R"({"a": "\uD83D"})"), "error");
  EXPECT_EQ(PostgresqlParsed(R"({"a": "\uDE00"})"), "error");
}

TEST(LabelParser, ErrorsSayWhatAndWhere) {
  EXPECT_EQ(ErrorOf(""), "no JSON: the text is empty or blank at byte 0 of the label text");
  EXPECT_EQ(ErrorOf(R"({"a": {"b": "c"}})"),
            "a label value that is itself an object or array at byte 6 of the label text");
  EXPECT_EQ(ErrorOf(R"({"a": 1} x)"), "text after the JSON object at byte 9 of the label text");
  EXPECT_EQ(ErrorOf(R"({"a": 1, "a": 2})"), "duplicate label key \"a\"");
}

TEST(LabelParser, IsReusableAfterAnError) {
  LabelParser parser(Semantics::kTrino);
  EXPECT_FALSE(parser.Parse(R"({"a": "1", "b": [)").ok());
  const std::string text = R"({"c": "\u0032"})";
  ASSERT_TRUE(parser.Parse(text).ok());
  ASSERT_EQ(parser.labels().size(), 1U);
  EXPECT_EQ(parser.labels()[0].key, "c");
  EXPECT_EQ(parser.labels()[0].value, "2");
}

// The second opinion: a parser written from the rules alone.
TEST(LabelParser, AgreesWithTheNaiveParserOnMutatedTexts) {
  const std::string seeds[] = {R"({"app": "shop", "team": "red", "x": 1.5e3, "y": -0, "z": null})",
                               R"({"a": "\u00e9\uD83D\uDE00\\\"", "b": true, "a": false})",
                               R"({"k": {"n": [1, "2", {}]}, "m": [ ]})", R"( null )", R"({})"};
  constexpr std::string_view kAlphabet = "{}[]\":,\\u0dD8eE+-.1nulltrue \n\x01\xC3\xA9";
  uint64_t state = 20'251'103;
  const auto next = [&state](uint64_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % below;
  };
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seeds[next(std::size(seeds))];
    for (uint64_t edit = next(4); edit-- > 0 && !text.empty();) {
      const size_t at = next(text.size());
      const char byte = kAlphabet[next(kAlphabet.size())];
      switch (next(3)) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        default:
          text.erase(at, 1);
          break;
      }
    }
    if (!base::IsValidUtf8(text)) continue;  // Undefined by the rules; the parser refuses it.
    for (const auto semantics : {Semantics::kTrino, Semantics::kKokuPostgresql}) {
      const auto naive = testing::NaiveParseLabels(text, semantics == Semantics::kTrino
                                                             ? testing::Semantics::kTrino
                                                             : testing::Semantics::kKokuPostgresql);
      LabelParser parser(semantics);
      const auto parsed = parser.Parse(text);
      ASSERT_EQ(parsed.ok(), !naive.error) << text << "\n"
                                           << naive.error.value_or("accepted by the naive parser");
      if (!parsed.ok()) continue;
      ASSERT_EQ(*parsed, naive.map.has_value()) << text;
      if (!*parsed) continue;
      testing::NaiveLabelMap labels;
      for (const Label& label : parser.labels()) {
        labels[std::string(label.key)] =
            label.value ? std::optional(std::string(*label.value)) : std::nullopt;
      }
      ASSERT_EQ(labels, *naive.map) << text;
    }
  }
}

}  // namespace
}  // namespace matome::labels
