// SPDX-License-Identifier: Apache-2.0
#include "doctor/s3_checks.h"

#include <cstdlib>
#include <functional>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/http_fault_proxy.h"
#include "testing/minio_server.h"
#include "testing/server_process.h"

namespace matome::doctor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;
using ::testing::HasSubstr;
using testing::HttpFault;
using testing::HttpFaultProxy;
using testing::HttpMessage;
using testing::HttpReply;
using testing::HttpServer;
using testing::MinioServer;
using ::testing::Not;

constexpr const char* kExpiry = "2030-01-02 03:04";

class StoreChecksTest : public ::testing::Test {
 protected:
  StoreChecksTest() {
    // What is around the test must not decide.
    setenv("NO_PROXY", "*", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", 1);
    setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    for (const auto* name :
         {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_CA_BUNDLE",
          "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"}) {
      unsetenv(name);
    }
  }

  Checks Run() {
    Checks checks = CheckStores(input_, output_);
    EXPECT_THAT(FormatChecks(checks, false), Not(HasSubstr(MinioServer::kSecretKey)));
    return checks;
  }
  /// The check whose name begins so.
  Check Of(const std::string& name) {
    std::string all;
    for (auto& check : Run()) {
      if (check.name.starts_with(name)) return check;
      all += check.name + ": " + check.finding + "\n";
    }
    ADD_FAILURE() << "no check " << name << " among\n" << all;
    return {};
  }
  void ExpectFailure(const std::string& name, const std::string& finding) {
    const Check check = Of(name);
    EXPECT_EQ(check.verdict, Verdict::kFailed) << check.finding;
    EXPECT_EQ(check.exit_code, 10) << check.finding;
    EXPECT_THAT(check.finding, HasSubstr(finding));
    EXPECT_NE(check.remedy, "");
  }
  void ExpectWarning(const std::string& name, const std::string& finding) {
    const Check check = Of(name);
    EXPECT_EQ(check.verdict, Verdict::kWarning) << check.finding;
    EXPECT_THAT(check.finding, HasSubstr(finding));
    EXPECT_NE(check.remedy, "");
  }

  /// A store of one's own that answers everything so.
  void Script(HttpServer::Handler handler) {
    scripted_ = std::make_unique<HttpServer>(std::move(handler));
    input_ = s3::S3Options{.bucket = "b", .endpoint = scripted_->Url()};
    input_->credentials = {.access_key = "a", .secret_key = "s"};
    input_->retry = {.first_delay = milliseconds(1),
                     .longest_delay = milliseconds(5),
                     .request_deadline = milliseconds(200)};
  }

  std::unique_ptr<HttpServer> scripted_;
  std::optional<s3::S3Options> input_;
  std::optional<s3::S3Options> output_;
};

/// A real store with an object of 2 MiB, and a proxy in front of it.
class MinioChecksTest : public StoreChecksTest {
 protected:
  MinioChecksTest() : bucket_(MinioServer::Shared().MakeBucket()) {
    input_ = MinioServer::Shared().Options(bucket_);
    const auto store = MinioServer::Shared().Open(bucket_);
    testing::MustPut(*store, "data/large", std::string(2 << 20, 'x'));
    testing::MustPut(*store, "data/none", "");
  }

  /// From now on `harm` decides about each request; null leaves it alone.
  void Harm(const std::function<std::optional<HttpFault>(const HttpMessage&)>& harm) {
    proxy_.Decide(
        [harm](const HttpMessage& message, int) { return harm(message).value_or(HttpFault()); });
    for (auto* options : {&input_, &output_}) {
      if (!*options) continue;
      (*options)->endpoint = proxy_.Url();
      (*options)->retry.request_deadline = milliseconds(300);
    }
  }
  void Deny(const std::string& method, const std::string& part_of_target) {
    Harm([=](const HttpMessage& message) -> std::optional<HttpFault> {
      if (message.method != method || message.target.find(part_of_target) == std::string::npos)
        return std::nullopt;
      return HttpFault{.answer = testing::S3Error(403, "AccessDenied")};
    });
  }
  void WriteInstead() {
    output_ = MinioServer::Shared().Options(bucket_, "out/");
    input_.reset();
  }

  std::string bucket_;
  HttpFaultProxy proxy_{MinioServer::Shared().port()};
};

TEST_F(StoreChecksTest, NothingAtS3IsNotLookedAt) { EXPECT_TRUE(Run().empty()); }

TEST_F(MinioChecksTest, AStoreAsItShouldBePassesAndStaysAsItWas) {
  output_ = MinioServer::Shared().Options(bucket_, "out/");
  for (const auto& check : Run()) {
    EXPECT_EQ(check.verdict, Verdict::kOk) << check.name << ": " << check.finding;
  }
  EXPECT_THAT(Of("writing of s3://" + bucket_ + "/out").finding, HasSubstr("put, and removed"));
  EXPECT_EQ(MinioServer::Shared().Open(bucket_)->List("")->size(), 2U);
}

TEST_F(MinioChecksTest, WhatIsCommonToInputAndOutputIsToldOnce) {
  output_ = MinioServer::Shared().Options(bucket_, "out/");
  int credentials = 0;
  int clocks = 0;
  for (const auto& check : Run()) {
    credentials += check.name == "S3 credentials" ? 1 : 0;
    clocks += check.name == "clock" ? 1 : 0;
  }
  EXPECT_EQ(credentials, 1);
  EXPECT_EQ(clocks, 1);
}

TEST_F(StoreChecksTest, ANameThatIsNotFoundFails) {
  input_ = s3::S3Options{.bucket = "b", .endpoint = "http://no-such-host.invalid:9000"};
  ExpectFailure("name no-such-host.invalid", "resolve");
  EXPECT_EQ(Run().size(), 1U);
}

TEST_F(StoreChecksTest, NoServerFails) {
  const uint16_t port = testing::FreePort();
  input_ = s3::S3Options{.bucket = "b", .endpoint = fmt::format("http://127.0.0.1:{}", port)};
  ExpectFailure(fmt::format("connection to 127.0.0.1:{}", port), "connect");
}

TEST_F(StoreChecksTest, AnEndpointThatCannotBeFails) {
  input_ = s3::S3Options{.bucket = "b", .endpoint = "ftp://h"};
  EXPECT_EQ(Of("S3 settings").verdict, Verdict::kFailed);
  input_ = s3::S3Options{.bucket = "b"};
  input_->credentials.profile = "absent";
  const Check check = Of("S3 settings");
  EXPECT_EQ(check.exit_code, 78);
  EXPECT_THAT(check.finding, HasSubstr("there is no profile absent"));
}

TEST_F(StoreChecksTest, TlsIsLookedAt) {
  MinioServer server({.tls = true});
  const std::string bucket = server.MakeBucket();
  input_ = server.Options(bucket);
  // The fixture's certificate lives for two days.
  ExpectWarning("TLS of localhost", "the certificate is believed, valid until");
  input_->ca_bundle.clear();
  ExpectFailure("TLS of localhost", "certificate");
  EXPECT_THAT(Of("TLS of localhost").remedy, HasSubstr("--s3-ca-bundle"));
  input_->insecure = true;
  ExpectWarning("TLS of localhost", "the certificate is not checked; it is valid until");
}

TEST_F(StoreChecksTest, TlsWhereNoneIsSpokenFails) {
  Script([](const HttpMessage&) { return HttpReply{}; });
  input_->endpoint.replace(0, 4, "https");
  ExpectFailure("TLS of 127.0.0.1", "timed out");
  input_->endpoint = fmt::format("https://127.0.0.1:{}", MinioServer::Shared().port());
  ExpectFailure("TLS of 127.0.0.1", "SSL");
  EXPECT_THAT(Of("TLS of 127.0.0.1").remedy, HasSubstr("write http://"));
}

TEST_F(StoreChecksTest, AServerThatDoesNotAnswerFails) {
  Script([](const HttpMessage&) { return HttpReply{.drop = true}; });
  ExpectFailure("answer of 127.0.0.1", "");
}

TEST_F(StoreChecksTest, AClockThatIsWrongFails) {
  const auto dated = [](seconds offset) {
    return [offset](const HttpMessage&) {
      const auto time = std::chrono::floor<seconds>(system_clock::now() + offset);
      return HttpReply{
          .status = 403,
          .headers = {{"Date", fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(time))}}};
    };
  };
  Script(dated(seconds(7200)));
  ExpectFailure("clock", "s behind the store's");
  Script(dated(seconds(-300)));
  ExpectWarning("clock", "s ahead of the store's");
  Script(dated(seconds(0)));
  EXPECT_EQ(Of("clock").verdict, Verdict::kOk);
  Script([](const HttpMessage&) { return HttpReply{.status = 403}; });
  ExpectWarning("clock", "does not say what time it is");
}

TEST_F(StoreChecksTest, NoCredentialsFail) {
  Script([](const HttpMessage&) { return HttpReply{.status = 403}; });
  input_->credentials = {};
  ExpectFailure("S3 credentials", "no credentials for S3: looked at");
}

TEST_F(MinioChecksTest, KeysThatTheStoreDoesNotTakeFail) {
  input_->credentials.secret_key = "wrong";
  ExpectFailure("S3 keys", "SignatureDoesNotMatch");
  input_->credentials.access_key = "wrong";
  ExpectFailure("S3 keys", "InvalidAccessKeyId");
}

TEST_F(MinioChecksTest, ABucketThatIsNotThereFails) {
  input_->bucket = "no-such-bucket";
  ExpectFailure("bucket no-such-bucket", "NoSuchBucket");
}

TEST_F(MinioChecksTest, ListingReadingWritingAndRemovingMustBeAllowed) {
  Deny("GET", "list-type");
  ExpectFailure("listing", "AccessDenied");
  Deny("GET", "data/large");
  ExpectFailure("reading of", "AccessDenied");
  WriteInstead();
  Deny("PUT", "_matome/doctor-");
  ExpectFailure("writing of", "AccessDenied");
  Deny("DELETE", "_matome/doctor-");
  ExpectFailure("writing of", "AccessDenied");
  EXPECT_THAT(Of("writing of").remedy, HasSubstr("s3:DeleteObject"));
}

TEST_F(MinioChecksTest, NothingToReadIsAWarning) {
  input_->prefix = "elsewhere/";
  ExpectWarning("reading of s3://" + bucket_ + "/elsewhere", "no object");
}

TEST_F(MinioChecksTest, AStoreWithoutConditionalWritesIsAWarning) {
  WriteInstead();
  Harm([](const HttpMessage& message) -> std::optional<HttpFault> {
    if (message.Header("if-none-match").empty()) return std::nullopt;
    return HttpFault{.answer = testing::S3Error(501, "NotImplemented")};
  });
  ExpectWarning("writing of", "no conditional writes");
  Harm([](const HttpMessage& message) -> std::optional<HttpFault> {
    if (message.Header("if-none-match").empty()) return std::nullopt;
    return HttpFault{.answer = HttpReply{.headers = {{"ETag", "\"e\""}}}};
  });
  ExpectWarning("writing of", "no conditional writes");
}

TEST_F(MinioChecksTest, AStoreThatIsFarAwayIsAWarning) {
  Harm([](const HttpMessage& message) -> std::optional<HttpFault> {
    if (message.method != "HEAD") return std::nullopt;
    return HttpFault{.delay = milliseconds(210)};
  });
  ExpectWarning("speed of S3", "ms a round trip");
  EXPECT_THAT(Of("speed of S3").remedy, HasSubstr("far away"));
}

TEST_F(MinioChecksTest, AStoreThatIsSlowIsAWarning) {
  Harm([](const HttpMessage& message) -> std::optional<HttpFault> {
    if (message.target.find("data/large") == std::string::npos) return std::nullopt;
    return HttpFault{.drip_bytes = 32 << 10, .drip_pause = milliseconds(5)};
  });
  input_->retry.request_deadline = seconds(60);
  EXPECT_THAT(Of("speed of S3").remedy, HasSubstr("slow"));
}

TEST(JudgeCertificate, WarnsOfOneThatEndsSoon) {
  const auto end = system_clock::from_time_t(1893553440);  // 2030-01-02 03:04 UTC.
  const auto judged = [&](std::chrono::hours before, bool checked) {
    return JudgeCertificate("h", {.expires_at = end, .now = end - before, .checked = checked});
  };
  EXPECT_EQ(judged(std::chrono::days(15), true).verdict, Verdict::kOk);
  EXPECT_THAT(judged(std::chrono::days(15), true).finding, HasSubstr(kExpiry));
  const Check soon = judged(std::chrono::days(13), true);
  EXPECT_EQ(soon.verdict, Verdict::kWarning);
  EXPECT_THAT(soon.finding, HasSubstr("13 days from now"));
  EXPECT_EQ(judged(std::chrono::days(15), false).verdict, Verdict::kWarning);
}

TEST(JudgeClock, FollowsTheTimeThatSignaturesHold) {
  EXPECT_EQ(JudgeClock(seconds(59)).verdict, Verdict::kOk);
  EXPECT_EQ(JudgeClock(seconds(60)).verdict, Verdict::kWarning);
  EXPECT_EQ(JudgeClock(seconds(-899)).verdict, Verdict::kWarning);
  EXPECT_EQ(JudgeClock(seconds(-900)).verdict, Verdict::kFailed);
}

TEST(JudgeSpeed, WarnsOfDistanceAndOfSlowLines) {
  EXPECT_EQ(JudgeSpeed({.latency_seconds = 0.01}).verdict, Verdict::kOk);
  EXPECT_EQ(JudgeSpeed({.latency_seconds = 0.21}).verdict, Verdict::kWarning);
  EXPECT_EQ(JudgeSpeed({.latency_seconds = 0.01, .bytes = 8 << 20, .seconds = 0.1}).verdict,
            Verdict::kOk);
  EXPECT_EQ(JudgeSpeed({.latency_seconds = 0.01, .bytes = 8 << 20, .seconds = 2}).verdict,
            Verdict::kWarning);
  EXPECT_EQ(JudgeSpeed({.latency_seconds = 0.01, .bytes = 1000, .seconds = 1}).verdict,
            Verdict::kOk)
      << "too little to tell";
}

}  // namespace
}  // namespace matome::doctor
