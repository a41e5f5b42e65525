// SPDX-License-Identifier: Apache-2.0
#include "config/s3_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Parsed(std::string_view text) {
  const auto url = ParseS3Url(text);
  return url.ok() ? url->bucket + "|" + url->prefix : url.status().message();
}

TEST(S3Url, IsABucketAndAPrefix) {
  EXPECT_EQ(Parsed("s3://koku-report"), "koku-report|");
  EXPECT_EQ(Parsed("s3://koku-report/"), "koku-report|");
  EXPECT_EQ(Parsed("s3://b.c_d/data/lake"), "b.c_d|data/lake/");
  EXPECT_EQ(Parsed("s3://b/a b/%20/"), "b|a b/%20/");
}

TEST(S3Url, MayLeaveOutTheBucket) {
  EXPECT_EQ(Parsed("s3://"), "|");
  EXPECT_EQ(Parsed("s3:///prefix"), "|prefix/");
}

TEST(S3Url, WhatIsNoneIsRefused) {
  EXPECT_THAT(Parsed("s3a://bucket"), HasSubstr("s3://bucket/prefix"));
  EXPECT_THAT(Parsed("s3://bu cket"), HasSubstr("not the name of a bucket"));
  EXPECT_THAT(Parsed("s3://../x"), HasSubstr("not the name of a bucket"));
  EXPECT_THAT(Parsed("s3://localhost:9000/bucket"), HasSubstr("--s3-endpoint"));
  EXPECT_THAT(Parsed("s3://bucket?region=x"), HasSubstr("--s3-region"));
  EXPECT_THAT(Parsed("s3://bucket//x"), HasSubstr("empty part"));
  EXPECT_THAT(Parsed("s3://bucket/x//"), HasSubstr("empty part"));
}

TEST(S3Url, KeysInItAreRefusedAndNotShown) {
  EXPECT_THAT(Parsed("s3://key:hush@bucket/x"), HasSubstr("MATOME_S3_SECRET_KEY"));
  EXPECT_THAT(Parsed("s3://key:hush@bucket/x"), Not(HasSubstr("hush")));
}

TEST(HasScheme, TellsAddressesFromPaths) {
  EXPECT_TRUE(HasScheme("s3://b"));
  EXPECT_TRUE(HasScheme("gs://b"));
  EXPECT_FALSE(HasScheme("./s3:/b"));
}

}  // namespace
}  // namespace matome::config
