// SPDX-License-Identifier: Apache-2.0
#include "testing/naive_labels.h"

#include <gtest/gtest.h>

namespace matome::testing {
namespace {

constexpr auto kTrino = Semantics::kTrino;
constexpr auto kPostgresql = Semantics::kKokuPostgresql;

/// The canonical text, "NULL" for the NULL map, "fails" for a failure.
std::string Read(const std::optional<std::string>& text, Semantics semantics) {
  const NaiveLabels labels = NaiveParseLabels(text, semantics);
  if (labels.error.has_value()) {
    return "fails";
  }
  return labels.map.has_value() ? NaiveCanonicalText(*labels.map) : "NULL";
}

std::string Trino(const std::optional<std::string>& text) { return Read(text, kTrino); }
std::string Postgresql(const std::optional<std::string>& text) { return Read(text, kPostgresql); }

TEST(NaiveParseLabels, KindsOfText) {
  EXPECT_EQ(Trino(std::nullopt), "NULL");
  EXPECT_EQ(Trino("null"), "NULL");
  EXPECT_EQ(Trino(" null\n"), "NULL");
  EXPECT_EQ(Trino("{}"), "{}");
  EXPECT_EQ(Trino(" {\t} \r\n"), "{}");
  EXPECT_EQ(Trino(R"({"b": "2", "a": "1"})"), R"({"a":"1","b":"2"})");
  EXPECT_EQ(Trino(R"({"": ""})"), R"({"":""})");
}

TEST(NaiveParseLabels, WhatFails) {
  for (const char* text : {"",
                           " ",
                           "\t",
                           "{",
                           "}",
                           "{\"a\": \"b\",}",
                           "{,}",
                           "{\"a\"}",
                           "{\"a\": }",
                           "{\"a\": \"b}",
                           "{\"a\": \"\t\"}",
                           "{\"a\": NaN}",
                           "{\"a\": 01}",
                           "{\"a\": 1.}",
                           "{\"a\": .5}",
                           "{\"a\": +1}",
                           "{\"a\": 1e}",
                           "{\"a\": -}",
                           "{\"a\": \"b\"} x",
                           "{}{}",
                           "/**/{}",
                           "{\"a\": 1 /**/}",
                           "{'a': 'b'}",
                           "{a: 1}",
                           "[]",
                           "1",
                           "\"text\"",
                           "true",
                           "nul",
                           "nulll",
                           "{\"a\": []}",
                           "{\"a\": {}}",
                           "{\"a\": \"\\x\"}",
                           "{\"a\": \"\\u12\"}",
                           "{\"a\": 1, \"a\": 2}",
                           "{\"a\": 1, \"\\u0061\": 1}",
                           "\xEF\xBB\xBF{}"}) {
    EXPECT_EQ(Trino(text), "fails") << text;
  }
  EXPECT_EQ(Trino(std::string("{\"a\": \"\0\"}", 10)), "fails");
}

TEST(NaiveParseLabels, Values) {
  EXPECT_EQ(Trino(R"({"a": true, "b": false, "c": null})"), R"({"a":"true","b":"false","c":null})");
  EXPECT_EQ(Trino(R"({"a": 12345678901234567890123456789012345678901234567890})"),
            R"({"a":"12345678901234567890123456789012345678901234567890"})");
  const auto value = [](const std::string& number) {
    return NaiveParseLabels("{\"a\":" + number + "}", kTrino).map.value().at("a").value();
  };
  EXPECT_EQ(value("-0"), "-0");
  EXPECT_EQ(value("7"), "7");
  EXPECT_EQ(value("1.50"), "1.5E0");
  EXPECT_EQ(value("1e3"), "1.0E3");
  EXPECT_EQ(value("0.001"), "1.0E-3");
  EXPECT_EQ(value("0.0"), "0E0");
  EXPECT_EQ(value("-0.0"), "-0E0");
  EXPECT_EQ(value("1e400"), "Infinity");
  EXPECT_EQ(value("1e-400"), "0E0");
  EXPECT_EQ(value(R"("\ud800")"), "?");
  EXPECT_EQ(value(R"("\ud83d\ud83d\ude00")"), "?\xF0\x9F\x98\x80");
  EXPECT_EQ(value(R"("\ude00\ud83d")"), "??");
  EXPECT_EQ(value(R"("\u00e9\/\"\\\b\f\n\r\t")"), "\u00e9/\"\\\b\f\n\r\t");
}

TEST(NaiveParseLabels, PostgresqlDiffers) {
  EXPECT_EQ(Postgresql(std::nullopt), "{}");
  EXPECT_EQ(Postgresql(""), "{}");
  EXPECT_EQ(Postgresql("  "), "{}");
  EXPECT_EQ(Postgresql("null"), "fails");
  EXPECT_EQ(Postgresql(R"({"a": {"bb": 1.50, "c": [ ]}})"), R"({"a":"{\"c\": [], \"bb\": 1.50}"})");
  EXPECT_EQ(Postgresql(R"({"a": [1, "x"]})"), R"({"a":"[1, \"x\"]"})");
  EXPECT_EQ(Postgresql(R"({"a": 1.50, "b": 1e3, "c": -0})"), R"({"a":"1.50","b":"1000","c":"0"})");
  EXPECT_EQ(Postgresql(R"({"a": 1, "a": 2})"), R"({"a":"2"})");
  EXPECT_EQ(Postgresql(R"({"a": "\ud800"})"), "fails");
  EXPECT_EQ(Postgresql("{"), "fails");
  EXPECT_EQ(Postgresql("[]"), "fails");
}

TEST(NaiveAllowedKeys, VirtualMachineKey) {
  EXPECT_EQ(NaiveAllowedKeys({}, kTrino), std::set<std::string>());
  EXPECT_EQ(NaiveAllowedKeys({}, kPostgresql), std::set<std::string>{"vm_kubevirt_io_name"});
  EXPECT_EQ(NaiveAllowedKeys({"env"}, kTrino),
            (std::set<std::string>{"env", "vm_kubevirt_io_name"}));
}

TEST(NaiveMerge, LastWinsAndNullSpreads) {
  const NaiveLabelMap first = {{"a", "1"}, {"b", "1"}};
  const NaiveLabelMap second = {{"b", std::nullopt}, {"c", "2"}};
  EXPECT_EQ(NaiveMerge({first, second}),
            (NaiveLabelMap{{"a", "1"}, {"b", std::nullopt}, {"c", "2"}}));
  EXPECT_EQ(NaiveMerge({first, std::nullopt}), std::nullopt);
  EXPECT_EQ(NaiveMerge({}), NaiveLabelMap{});
}

TEST(NaiveCanonicalText, Escapes) {
  EXPECT_EQ(NaiveCanonicalText({{"q\"", "\\/"}, {"\x01\n\x7F", "\xF0\x9F\x98\x80ü"}}),
            "{\"\\u0001\\n\x7F\":\"\\uD83D\\uDE00ü\",\"q\\\"\":\"\\\\/\"}");
}

}  // namespace
}  // namespace matome::testing
