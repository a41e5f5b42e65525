// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::config {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string ErrorOf(std::string_view text) {
  const auto result = ParseYaml(text, "f.yaml");
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), base::Code::kConfigInvalid);
  return result.status().message();
}

TEST(ParseYaml, KeepsPlacesAndQuotes) {
  const auto result = ParseYaml("a: 1\nb:\n  - 'x'\n  - ~\nc:\n", "f.yaml");
  ASSERT_TRUE(result.ok()) << result.status().message();
  ASSERT_EQ(result->items.size(), 3U);
  EXPECT_EQ(result->items[0].key, "a");
  EXPECT_EQ(result->items[0].text, "1");
  EXPECT_FALSE(result->items[0].quoted);
  EXPECT_EQ(result->items[0].position.column, 4);
  EXPECT_EQ(result->items[1].items[0].position.line, 3);
  EXPECT_EQ(result->items[1].items[0].position.column, 5);
  EXPECT_TRUE(result->items[1].items[0].quoted);
  EXPECT_EQ(result->items[1].items[1].kind, YamlNode::Kind::kNull);
  EXPECT_EQ(result->items[2].kind, YamlNode::Kind::kNull);
  EXPECT_EQ(result->items[2].position.line, 5);
}

TEST(ParseYaml, TakesAnEmptyTextForNothing) {
  for (const auto* text : {"", "# only a comment\n", "---\n"}) {
    const auto result = ParseYaml(text, "f.yaml");
    ASSERT_TRUE(result.ok()) << text;
    EXPECT_EQ(result->kind, YamlNode::Kind::kNull) << text;
  }
}

TEST(ParseYaml, NamesThePlaceOfAnError) {
  EXPECT_THAT(ErrorOf("a: 1\nb: [1, 2\n"), StartsWith("f.yaml:"));
  EXPECT_EQ(ErrorOf("a: 1\nb: 2\na: 3\n"), "f.yaml:3:1: key \"a\" is given twice");
  EXPECT_THAT(ErrorOf("[1]: 2\n"), HasSubstr("f.yaml:1:1: a key must be a plain word"));
  EXPECT_THAT(ErrorOf("a: 1\n---\nb: 2\n"), HasSubstr("a second document"));
}

TEST(ParseYaml, RefusesAliasesThatExplode) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 10; ++level) {
    const std::string last = "*a" + std::to_string(level - 1);
    text += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [";
    for (int item = 0; item < 9; ++item) text += last + ", ";
    text += last + "]\n";
  }
  EXPECT_THAT(ErrorOf(text), HasSubstr("too large"));
}

TEST(ReadTextFile, SaysWhatIsWrong) {
  EXPECT_EQ(ReadTextFile("/does/not/exist").status().message(),
            "cannot read /does/not/exist: No such file or directory");
  EXPECT_THAT(ReadTextFile("/tmp").status().message(), HasSubstr("it is a directory"));
}

}  // namespace
}  // namespace matome::config
