// SPDX-License-Identifier: Apache-2.0
#include "config/database_url.h"

#include <gtest/gtest.h>

namespace matome::config {
namespace {

TEST(WithoutUrlSecrets, HidesPasswords) {
  EXPECT_EQ(WithoutUrlSecrets("postgresql://u:hush@h:5432/db"), "postgresql://u:***@h:5432/db");
  EXPECT_EQ(WithoutUrlSecrets("postgres://u:hush@h/db"), "postgres://u:***@h/db");
  EXPECT_EQ(WithoutUrlSecrets("--output=postgresql://u:hush@h/db"),
            "--output=postgresql://u:***@h/db");
  EXPECT_EQ(WithoutUrlSecrets("postgresql://h/db?password=hush&sslmode=require"),
            "postgresql://h/db?password=***&sslmode=require");
  EXPECT_EQ(WithoutUrlSecrets("postgresql://h?sslpassword=a&password=b"),
            "postgresql://h?sslpassword=***&password=***");
  EXPECT_EQ(WithoutUrlSecrets("postgresql://u:a@h/db?password=b"),
            "postgresql://u:***@h/db?password=***");
}

TEST(WithoutUrlSecrets, HidesPasswordsThatShouldHaveBeenEncoded) {
  EXPECT_EQ(WithoutUrlSecrets("postgresql://u:a@b@h/db"), "postgresql://u:***@h/db");
  EXPECT_EQ(WithoutUrlSecrets("postgresql://u:a:b@h/db"), "postgresql://u:***@h/db");
  EXPECT_EQ(WithoutUrlSecrets("postgresql://u:a/b@h/db"), "postgresql://u:***@h/db");
  EXPECT_EQ(WithoutUrlSecrets("postgresql://u:a?b@h/db"), "postgresql://u:***@h/db");
}

TEST(WithoutUrlSecrets, HidesKeysInAddressesOfS3) {
  EXPECT_EQ(WithoutUrlSecrets("s3://key:a/b+c@bucket/x"), "s3://key:***@bucket/x");
  EXPECT_EQ(WithoutUrlSecrets("--input=s3a://key:a@bucket"), "--input=s3a://key:***@bucket");
  EXPECT_EQ(WithoutUrlSecrets("s3://bucket/a:b"), "s3://bucket/a:b");
}

TEST(WithoutUrlSecrets, LeavesTheRest) {
  for (const auto* text :
       {"./summary", "", "postgresql://", "postgresql://h:5432/db", "postgresql://u@h/db",
        "postgresql://h:1/db?user=a@b", "a:b@c", "postgresql:///db?host=/run"}) {
    EXPECT_EQ(WithoutUrlSecrets(text), text);
  }
}

TEST(IsDatabaseUrl, KnowsBothSchemes) {
  EXPECT_TRUE(IsDatabaseUrl("postgresql://"));
  EXPECT_TRUE(IsDatabaseUrl("postgres://h/db"));
  EXPECT_FALSE(IsDatabaseUrl("./postgresql"));
  EXPECT_FALSE(IsDatabaseUrl("s3://b"));
}

}  // namespace
}  // namespace matome::config
