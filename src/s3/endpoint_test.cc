// SPDX-License-Identifier: Apache-2.0
#include "s3/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::s3 {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string UrlOf(const S3Options& options, std::string_view key = "k",
                  const std::string& region = "us-east-1") {
  const auto endpoint = Endpoint::Make(options, region);
  return endpoint.ok() ? endpoint.value().Url(key) : endpoint.status().message();
}

TEST(PercentEncode, LeavesOnlyWhatASignatureLeaves) {
  EXPECT_EQ(PercentEncode("AZaz09-._~", false), "AZaz09-._~");
  EXPECT_EQ(PercentEncode("a/b c+d%e=f&g?h#i\"j'k(l)*!:@,;$", true),
            "a/b%20c%2Bd%25e%3Df%26g%3Fh%23i%22j%27k%28l%29%2A%21%3A%40%2C%3B%24");
  EXPECT_EQ(PercentEncode("a/b", false), "a%2Fb");
  EXPECT_EQ(PercentEncode("ä日", true), "%C3%A4%E6%97%A5");
  EXPECT_EQ(PercentEncode(std::string_view("\0\x7f\xff", 3), true), "%00%7F%FF");
}

TEST(PercentDecode, UndoesIt) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(PercentDecode(PercentEncode(all, false)), all);
  EXPECT_EQ(PercentDecode("a+b%2bc"), "a b+c");
  EXPECT_EQ(PercentDecode("100%"), "100%");
  EXPECT_EQ(PercentDecode("%2"), "%2");
  EXPECT_EQ(PercentDecode("%zz%41"), "%zzA");
}

TEST(Endpoint, IsAwsIfNoneIsGiven) {
  EXPECT_EQ(UrlOf({.bucket = "lake"}), "https://lake.s3.us-east-1.amazonaws.com/k");
  EXPECT_EQ(UrlOf({.bucket = "lake"}, "k", "cn-north-1"),
            "https://lake.s3.cn-north-1.amazonaws.com.cn/k");
  // A wildcard certificate covers no dots.
  EXPECT_EQ(UrlOf({.bucket = "my.lake"}), "https://s3.us-east-1.amazonaws.com/my.lake/k");
  EXPECT_EQ(UrlOf({.bucket = "Old_Lake"}), "https://s3.us-east-1.amazonaws.com/Old_Lake/k");
  EXPECT_EQ(UrlOf({.bucket = "lake", .addressing = Addressing::kPath}),
            "https://s3.us-east-1.amazonaws.com/lake/k");
}

TEST(Endpoint, TakesSchemePortAndPathAsGiven) {
  EXPECT_EQ(UrlOf({.bucket = "b", .endpoint = "minio:9000"}), "https://minio:9000/b/k");
  EXPECT_EQ(UrlOf({.bucket = "b", .endpoint = "http://minio:9000/"}), "http://minio:9000/b/k");
  EXPECT_EQ(UrlOf({.bucket = "b", .endpoint = "https://gate/s3/"}), "https://gate/s3/b/k");
  EXPECT_EQ(UrlOf({.bucket = "b", .endpoint = "http://[::1]:9000"}), "http://[::1]:9000/b/k");
  EXPECT_EQ(UrlOf({.bucket = "b", .endpoint = "https://s3.amazonaws.com"}),
            "https://b.s3.amazonaws.com/k");
  EXPECT_EQ(UrlOf({.bucket = "b", .endpoint = "http://rgw", .addressing = Addressing::kVirtual}),
            "http://b.rgw/k");

  const auto endpoint =
      Endpoint::Make({.bucket = "b", .endpoint = "http://[::1]:9000"}, "us-east-1").value();
  EXPECT_EQ(endpoint.host(), "::1");
  EXPECT_EQ(endpoint.port(), 9000);
  EXPECT_FALSE(endpoint.uses_tls());
  const auto aws = Endpoint::Make({.bucket = "b"}, "eu-west-1").value();
  EXPECT_EQ(aws.host(), "b.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(aws.port(), 443);
}

TEST(Endpoint, EncodesKeysAndSortsQueries) {
  const auto endpoint = Endpoint::Make({.bucket = "b", .endpoint = "http://h"}, "r").value();
  EXPECT_EQ(endpoint.Url("a b/c+d"), "http://h/b/a%20b/c%2Bd");
  EXPECT_EQ(endpoint.Url("", {{"prefix", "a/ä"}, {"list-type", "2"}, {"delimiter", ""}}),
            "http://h/b?delimiter=&list-type=2&prefix=a%2F%C3%A4");
  EXPECT_EQ(Endpoint::Make({.bucket = "b"}, "r").value().Url("", {{"location", ""}}),
            "https://b.s3.r.amazonaws.com/?location=");
}

TEST(Endpoint, RefusesWhatCannotBe) {
  for (const char* const bucket : {"", "a/b", "..", "a b"}) {
    EXPECT_EQ(Endpoint::Make({.bucket = bucket}, "r").status().code(), base::Code::kUsage);
  }
  for (const char* const endpoint :
       {"ftp://h", "http://", "http://h:0", "http://h:99999", "http://h:x", "http://h:", "h h",
        "http://h/p?q", "http://[::1"}) {
    const auto status = Endpoint::Make({.bucket = "b", .endpoint = endpoint}, "r").status();
    EXPECT_EQ(status.code(), base::Code::kConfigInvalid) << endpoint;
    EXPECT_THAT(status.message(), HasSubstr(endpoint));
  }
  const auto status = Endpoint::Make({.bucket = "b", .endpoint = "http://u:pw@h"}, "r").status();
  EXPECT_EQ(status.code(), base::Code::kConfigInvalid);
  EXPECT_THAT(status.message(), Not(HasSubstr("pw")));
}

}  // namespace
}  // namespace matome::s3
