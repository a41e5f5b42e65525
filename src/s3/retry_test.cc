// SPDX-License-Identifier: Apache-2.0
#include "s3/retry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "s3/http_date.h"

namespace matome::s3 {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Judge, WhatMayPassIsTriedAgain) {
  for (const char* const code :
       {"SlowDown", "SlowDownRead", "SlowDownWrite", "Throttling", "ThrottlingException",
        "RequestThrottled", "RequestLimitExceeded", "TooManyRequests", "BandwidthLimitExceeded",
        "ServiceUnavailable", "InternalError", "OperationAborted", "RequestTimeout",
        "RequestTimeoutException", "IncompleteBody", "BadDigest", "XAmzContentSHA256Mismatch"}) {
    EXPECT_EQ(Judge(400, code).recovery, Recovery::kRetry) << code;
  }
  for (const int status : {408, 425, 429, 500, 502, 503, 504, 509, 520, 599}) {
    EXPECT_EQ(Judge(status, "").recovery, Recovery::kRetry) << status;
    EXPECT_EQ(Judge(status, "NeverHeardOf").recovery, Recovery::kRetry) << status;
  }
  for (const HttpFailure failure :
       {HttpFailure::kResolve, HttpFailure::kConnect, HttpFailure::kTls, HttpFailure::kTimeout,
        HttpFailure::kStall, HttpFailure::kBroken}) {
    EXPECT_EQ(Judge(failure).recovery, Recovery::kRetry);
  }
}

TEST(Judge, WhatStaysIsNotAndSaysWhatToDo) {
  struct Row {
    int status;
    const char* code;
    const char* advice;
  };
  for (const Row& row : {Row{403, "AccessDenied", "policy"},
                         Row{403, "InvalidAccessKeyId", "access key"},
                         Row{403, "SignatureDoesNotMatch", "secret key"},
                         Row{403, "RequestTimeTooSkewed", "clock"},
                         Row{400, "RequestExpired", "clock"},
                         Row{400, "InvalidToken", "session token"},
                         Row{403, "AccountProblem", "account"},
                         Row{403, "AllAccessDisabled", "account"},
                         Row{404, "NoSuchBucket", "bucket's name"},
                         Row{400, "InvalidBucketName", "bucket's name"},
                         Row{301, "PermanentRedirect", "region"},
                         Row{400, "AuthorizationHeaderMalformed", "region"},
                         Row{400, "IllegalLocationConstraintException", "region"},
                         Row{307, "TemporaryRedirect", "endpoint"},
                         Row{403, "InvalidObjectState", "archived"},
                         Row{501, "NotImplemented", "cannot"},
                         Row{301, "", "region"},
                         Row{302, "", "endpoint"},
                         Row{307, "", "endpoint"},
                         Row{308, "", "endpoint"},
                         Row{401, "", "policy"},
                         Row{403, "", "policy"},
                         Row{407, "", "proxy"},
                         Row{501, "", "cannot"},
                         Row{507, "", "full"}}) {
    const Verdict verdict = Judge(row.status, row.code);
    EXPECT_EQ(verdict.recovery, Recovery::kNone) << row.status << row.code;
    EXPECT_THAT(std::string(verdict.advice), HasSubstr(row.advice)) << row.status << row.code;
  }
  for (const HttpFailure failure : {HttpFailure::kUntrusted, HttpFailure::kTooLong,
                                    HttpFailure::kStopped, HttpFailure::kOther}) {
    EXPECT_EQ(Judge(failure).recovery, Recovery::kNone);
  }
  EXPECT_EQ(Judge(404, "NoSuchKey"), Verdict{});
  EXPECT_EQ(Judge(412, "PreconditionFailed"), Verdict{});
}

TEST(Judge, WhatExpiredIsRenewed) {
  for (const char* const code : {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}) {
    EXPECT_EQ(Judge(400, code).recovery, Recovery::kRenew);
  }
}

TEST(ParseS3Error, ReadsBodyAndHeaders) {
  const S3Error error = ParseS3Error(
      {.status = 301,
       .headers = {{"x-amz-bucket-region", "eu-west-1"}, {"x-amz-request-id", "other"}},
       .body =
           "<?xml version=\"1.0\"?>\n<Error><Code>PermanentRedirect</Code><Message>Go &lt;away&gt;"
           "\nnow</Message><RequestId>R1</RequestId></Error>"});
  EXPECT_EQ(error.code, "PermanentRedirect");
  EXPECT_EQ(error.message, "Go <away> now");
  EXPECT_EQ(error.region, "eu-west-1");
  EXPECT_EQ(error.request_id, "R1");
  EXPECT_EQ(ParseS3Error({.status = 403, .headers = {{"x-minio-error-code", "AccessDenied"}}}).code,
            "AccessDenied");
  EXPECT_EQ(ParseS3Error({.headers = {{"content-type", "text/plain; charset=utf-8"}},
                          .body = "Speak TLS.\n"})
                .message,
            "Speak TLS. ");
  EXPECT_THAT(ParseS3Error({.body = "<html><body>Bad gateway"}).code, IsEmpty());
  EXPECT_EQ(
      ParseS3Error({.body = "<Error><Message>" + std::string(5000, 'x') + "</Message></Error>"})
          .message.size(),
      300U);
}

TEST(RetryAfter, IsSecondsOrADate) {
  const auto of = [](std::string value) {
    return RetryAfter({.headers = {{"retry-after", std::move(value)},
                                   {"date", "Sun, 06 Nov 1994 08:49:37 GMT"}}})
        .count();
  };
  EXPECT_EQ(of("3"), 3000);
  EXPECT_EQ(of("-3"), 0);
  EXPECT_EQ(of("soon"), 0);
  EXPECT_EQ(of("99999999999999"), 0);
  EXPECT_EQ(of("Sun, 06 Nov 1994 08:49:39 GMT"), 2000);
  EXPECT_EQ(of("Sun, 06 Nov 1994 08:49:30 GMT"), 0);
  EXPECT_EQ(RetryAfter({}).count(), 0);
}

TEST(ParseHttpDate, ReadsOneFormAlone) {
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT")->time_since_epoch().count(), 784111777);
  EXPECT_EQ(ParseHttpDate("Thu, 29 Feb 2024 00:00:00 GMT")->time_since_epoch().count(), 1709164800);
  for (const char* const text : {"", "now", "Sun, 31 Feb 1994 08:49:37 GMT",
                                 "Sun, 06 anF 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
                                 "Sun, 06 Nov 1994 08:49:37 GMT+1", "Sun, 06 Nov 1994 08:49:37"}) {
    EXPECT_FALSE(ParseHttpDate(text)) << text;
  }
}

}  // namespace
}  // namespace matome::s3
