// SPDX-License-Identifier: Apache-2.0
#include "s3/profile_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

ProfileKeys KeysOf(std::string_view text, const std::string& name, bool of_config) {
  const auto keys = ParseProfile(text, "f", name, of_config);
  EXPECT_TRUE(keys.ok()) << keys.status().message();
  return keys.ok() && *keys ? **keys : ProfileKeys{{"absent", ""}};
}

std::string ErrorOf(std::string_view text) {
  return ParseProfile(text, "f", "default", false).status().message();
}

TEST(ParseProfile, FindsASectionAndNoOther) {
  constexpr std::string_view kText =
      "[default]\naws_access_key_id = A\n\n# a comment\n; another\n"
      "[minio]\r\nAWS_Access_Key_ID=B\r\naws_secret_access_key = x/y+z==  \r\n"
      "[other]\naws_access_key_id = C\n";
  EXPECT_THAT(KeysOf(kText, "minio", false), ElementsAre(Pair("aws_access_key_id", "B"),
                                                         Pair("aws_secret_access_key", "x/y+z==")));
  EXPECT_THAT(KeysOf(kText, "default", false), ElementsAre(Pair("aws_access_key_id", "A")));
  EXPECT_THAT(KeysOf(kText, "absent", false), ElementsAre(Pair("absent", "")));
}

TEST(ParseProfile, InTheConfigFileSectionsAreCalledProfile) {
  constexpr std::string_view kText =
      "[default]\nregion = a\n[profile minio]\nregion = b\n[minio]\nregion = c\n";
  EXPECT_THAT(KeysOf(kText, "default", true), ElementsAre(Pair("region", "a")));
  EXPECT_THAT(KeysOf(kText, "minio", true), ElementsAre(Pair("region", "b")));
  EXPECT_THAT(KeysOf("[profile default]\nregion = d\n", "default", true),
              ElementsAre(Pair("region", "d")));
}

TEST(ParseProfile, LeavesOutCommentsAndWhatIsIndented) {
  EXPECT_THAT(KeysOf("[default]\nregion = a # here\ns3 =\n  endpoint_url = x\noutput = b;c ; d",
                     "default", true),
              ElementsAre(Pair("output", "b;c"), Pair("region", "a"), Pair("s3", "")));
}

TEST(ParseProfile, SaysWhereALineIsWrongAndNotWhatIsInIt) {
  EXPECT_EQ(ErrorOf("[default]\nhushhush\n"), "f:2: expected KEY = VALUE");
  EXPECT_EQ(ErrorOf("\n[default\n"), "f:2: a section without ]");
  EXPECT_EQ(ErrorOf("[other]\nhushhush\n"), "");
}

TEST(FindProfileFiles, FollowsTheVariables) {
  ProfileFiles files = FindProfileFiles("", {{"HOME", "/h"}});
  EXPECT_EQ(files.credentials_path, "/h/.aws/credentials");
  EXPECT_EQ(files.config_path, "/h/.aws/config");
  EXPECT_EQ(files.profile, "default");
  EXPECT_FALSE(files.asked_for);
  const Variables variables = {{"HOME", "/h"},
                               {"AWS_SHARED_CREDENTIALS_FILE", "~/c"},
                               {"AWS_CONFIG_FILE", "/x/d"},
                               {"AWS_PROFILE", "p"}};
  files = FindProfileFiles("", variables);
  EXPECT_EQ(files.credentials_path, "/h/c");
  EXPECT_EQ(files.config_path, "/x/d");
  EXPECT_EQ(files.profile, "p");
  EXPECT_TRUE(files.asked_for);
  EXPECT_EQ(FindProfileFiles("q", variables).profile, "q");
  EXPECT_EQ(FindProfileFiles("", {}).credentials_path, "");
}

}  // namespace
}  // namespace matome::s3
