// SPDX-License-Identifier: Apache-2.0
#include "s3/client.h"

#include <deque>

#include <gmock/gmock.h>

#include "s3/client_for_test.h"
#include "s3/object.h"

namespace matome::s3 {
namespace {

using base::Code;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::HttpMessage;
using testing::HttpReply;
using testing::HttpServer;
using ::testing::Not;

const S3Request kGetK{.kind = S3Request::Kind::kGet, .key = "k"};

/// Gives these answers one after the other, the last of them for ever.
HttpServer::Handler Script(std::deque<HttpReply> replies) {
  return [replies = std::move(replies)](const HttpMessage&) mutable {
    HttpReply reply = replies.front();
    if (replies.size() > 1) replies.pop_front();
    return reply;
  };
}

TEST(Client, SignsWhatItSends) {
  HttpServer server(Script({{.body = "v"}}));
  S3Options options = OptionsFor(server);
  options.credentials.session_token = "to/ken+==";
  const auto client = MustMake(options);
  ASSERT_TRUE(client->Send(kGetK).ok());
  ASSERT_TRUE(client->Send({.kind = S3Request::Kind::kPut, .key = "a b", .body = "abc"}).ok());
  const auto requests = server.requests();
  EXPECT_EQ(requests[0].target, "/b/k");
  EXPECT_THAT(requests[0].Header("authorization"),
              AllOf(HasSubstr("Credential=AK/"), HasSubstr("/us-east-1/s3/aws4_request"),
                    HasSubstr("SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
                              "x-amz-security-token,")));
  EXPECT_EQ(requests[0].Header("x-amz-security-token"), "to/ken+==");
  EXPECT_THAT(requests[0].Header("x-amz-content-sha256"), HasSubstr("e3b0c442"));
  EXPECT_THAT(requests[0].Header("user-agent"), HasSubstr("matome/"));
  EXPECT_EQ(requests[1].target, "/b/a%20b");
  EXPECT_THAT(requests[1].Header("x-amz-content-sha256"), HasSubstr("ba7816bf"));
  EXPECT_EQ(requests[1].body, "abc");

  options.credentials = {.anonymous = true};
  ASSERT_TRUE(MustMake(options)->Send(kGetK).ok());
  EXPECT_EQ(server.requests()[2].Header("authorization"), "");
}

TEST(Client, TriesAgainWhatMayPassAndCountsIt) {
  // On a connection that was used before, libcurl itself would ask once more after the drop.
  HttpServer server(Script({{.drop = true},
                            ErrorReply(503, "SlowDown"),
                            ErrorReply(429, "TooManyRequests"),
                            ErrorReply(500, "InternalError"),
                            {.status = 502, .body = "<html>"},
                            {.status = 504},
                            ErrorReply(400, "RequestTimeout"),
                            {.body = "abcdef", .cut_after = 2},
                            {.body = "abcdef", .end_after = 3},
                            {.body = "abcdef", .chunked = true, .end_after = 3},
                            {.raw = "HTTP/1.1 20"},
                            {.body = "abcdef"}}));
  const auto client = MustMake(OptionsFor(server));
  const auto answer = client->Send(kGetK);
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_EQ(answer.value().body, "abcdef");
  EXPECT_EQ(server.requests().size(), 12U);
  EXPECT_EQ(client->traffic().requests["get"], 1);
  EXPECT_EQ(client->traffic().retries, 11);
  EXPECT_GT(client->traffic().wait_seconds, 0);
}

TEST(Client, AStallIsNotWaitedFor) {
  HttpServer server(Script({{.body = "abcdef", .stall_after = 1}, {.body = "abcdef"}}));
  S3Options options = OptionsFor(server);
  options.retry.stall_timeout = milliseconds(200);
  const auto answer = MustMake(options)->Send(kGetK);
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_EQ(answer.value().body, "abcdef");
}

TEST(Client, WhatStaysIsAnErrorAtOnceAndSaysWhatToDo) {
  HttpServer server(nullptr);
  const auto client = MustMake(OptionsFor(server));
  const auto message = [&](HttpReply reply) {
    server.Handle(Script({std::move(reply)}));
    const size_t before = server.requests().size();
    const auto status = client->Send(kGetK).status();
    EXPECT_EQ(status.code(), Code::kStoreUnavailable);
    EXPECT_EQ(server.requests().size(), before + 1);
    EXPECT_THAT(status.message(), Not(HasSubstr("SECRET")));
    return status.message();
  };
  EXPECT_THAT(message(ErrorReply(403, "AccessDenied", "No.")),
              AllOf(HasSubstr("s3://b/k: GET failed with 403 AccessDenied: No. (request R17)"),
                    HasSubstr("policy"), HasSubstr("credentials: ")));
  HttpReply skewed = ErrorReply(403, "RequestTimeTooSkewed");
  skewed.headers = {{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}};
  EXPECT_THAT(message(skewed), AllOf(HasSubstr("ahead of the store's"), HasSubstr("NTP")));
  HttpReply elsewhere = ErrorReply(301, "PermanentRedirect");
  elsewhere.headers = {{"x-amz-bucket-region", "eu-west-1"}, {"Location", "http://127.0.0.1:1/"}};
  EXPECT_THAT(message(elsewhere), HasSubstr("give --s3-region eu-west-1"));
  EXPECT_THAT(message(ErrorReply(404, "NoSuchBucket")), HasSubstr("check the bucket's name"));
  EXPECT_THAT(message(ErrorReply(403, "ExpiredToken")), HasSubstr("new session token"));
  EXPECT_THAT(message({.status = 418, .body = "<html>"}), HasSubstr("failed with 418"));
}

TEST(Client, AnAnswerToHeadThatSaysNothingIsAskedForAsGet) {
  HttpServer server([](const HttpMessage& message) {
    return message.method == "HEAD" ? HttpReply{.status = 403}
                                    : ErrorReply(403, "InvalidAccessKeyId");
  });
  const auto status = StateOf(*MustMake(OptionsFor(server)), "k").status();
  EXPECT_THAT(status.message(), HasSubstr("s3://b/k: HEAD failed with 403 InvalidAccessKeyId"));
  EXPECT_EQ(server.requests()[1].Header("range"), "bytes=0-0");
}

TEST(Client, EndsAtTheDeadlineWithWhatItLastSaw) {
  HttpServer server(Script({ErrorReply(503, "SlowDown", "Please.")}));
  S3Options options = OptionsFor(server);
  options.retry.request_deadline = milliseconds(200);
  const auto status = MustMake(options)->Send(kGetK).status();
  EXPECT_EQ(status.code(), Code::kStoreUnavailable);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("SlowDown: Please."), HasSubstr("(tried ")));
  EXPECT_GE(server.requests().size(), 2U);
}

TEST(Client, ARunHasABudgetForFailures) {
  HttpServer server(Script({ErrorReply(503, "SlowDown")}));
  S3Options options = OptionsFor(server);
  options.retry.run_deadline = milliseconds(20);
  const auto client = MustMake(options);
  EXPECT_THAT(client->Send(kGetK).status().message(), HasSubstr("gives up"));
  // What is spent is spent.
  const size_t before = server.requests().size();
  EXPECT_THAT(client->Send(kGetK).status().message(), HasSubstr("gives up"));
  EXPECT_LE(server.requests().size(), before + 2);
}

TEST(Client, LeavesTheStoreAloneAsLongAsItAsks) {
  HttpReply busy = ErrorReply(503, "SlowDown");
  busy.headers = {{"Retry-After", "1"}};
  HttpServer server(Script({busy, {.body = "v"}}));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(MustMake(OptionsFor(server))->Send(kGetK).ok());
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));

  busy.headers = {{"Retry-After", "1000"}};
  server.Handle(Script({busy}));
  EXPECT_THAT(MustMake(OptionsFor(server))->Send(kGetK).status().message(), HasSubstr("SlowDown"));
}

TEST(Client, AnUnknownNameIsNotBelievedInForLong) {
  HttpServer server(nullptr);
  S3Options options = OptionsFor(server);
  options.endpoint = "http://matome.invalid";
  const auto status = MustMake(options)->Send(kGetK).status();
  EXPECT_EQ(status.code(), Code::kStoreUnavailable);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("http://matome.invalid"), HasSubstr("check the endpoint's name"),
                    HasSubstr("(tried 4 times")));
}

TEST(Client, AServerThatComesBackIsFound) {
  std::optional<HttpServer> server(std::in_place, Script({{.body = "v"}}));
  const auto client = MustMake(OptionsFor(*server));
  EXPECT_TRUE(client->Send(kGetK).ok());
  server.reset();
  S3Request impatient = kGetK;
  impatient.deadline = milliseconds(20);
  const auto status = client->Send(impatient).status();
  EXPECT_THAT(status.message(), HasSubstr("check the endpoint, the network and the proxy"));
}

/// Gives "AK1", and when that has expired "AK2".
class TwoCredentials final : public CredentialProvider {
 public:
  base::Result<Credentials> Get() override {
    return Credentials{.access_key = expired_ ? "AK2" : "AK1", .secret_key = Secret("S")};
  }
  bool Expired(const Credentials& used) override { return (expired_ = used.access_key == "AK1"); }
  std::string Describe() const override { return "two"; }

 private:
  bool expired_ = false;
};

TEST(Client, ExpiredCredentialsAreRenewedOnce) {
  const auto server_that_wants = [](std::string key) {
    return [key = std::move(key)](const HttpMessage& message) {
      const bool right =
          message.Header("authorization").find("Credential=" + key) != std::string::npos;
      return right ? HttpReply{.body = "v"} : ErrorReply(400, "ExpiredToken");
    };
  };
  HttpServer server(server_that_wants("AK2"));
  auto client = Client::Make(OptionsFor(server), std::make_unique<TwoCredentials>()).value();
  EXPECT_TRUE(client->Send(kGetK).ok());
  EXPECT_EQ(server.requests().size(), 2U);

  server.Handle(server_that_wants("AK3"));
  client = Client::Make(OptionsFor(server), std::make_unique<TwoCredentials>()).value();
  EXPECT_THAT(client->Send(kGetK).status().message(), HasSubstr("ExpiredToken"));
  EXPECT_EQ(server.requests().size(), 4U);
}

TEST(Client, StopEndsWaiting) {
  std::atomic<bool> stop = false;
  HttpServer server([&](const HttpMessage&) {
    stop = true;
    return ErrorReply(503, "SlowDown");
  });
  S3Options options = OptionsFor(server);
  options.stop = &stop;
  const auto status = MustMake(options)->Send(kGetK).status();
  EXPECT_EQ(status.code(), Code::kInterrupted);
  EXPECT_EQ(server.requests().size(), 1U);
}

class ReadRangeTest : public ::testing::Test {
 protected:
  base::Status Read(std::deque<HttpReply> replies) {
    server_.Handle(Script(std::move(replies)));
    return ReadRange(*client_, {.key = "k", .size_bytes = 10, .version = "v1"}, 2, bytes_);
  }
  static HttpReply Part(std::string body, std::string range, std::string etag = "\"v1\"") {
    return {.status = 206,
            .headers = {{"ETag", std::move(etag)}, {"Content-Range", std::move(range)}},
            .body = std::move(body)};
  }

  HttpServer server_{nullptr};
  const std::unique_ptr<Client> client_ = MustMake(OptionsFor(server_));
  std::array<uint8_t, 4> bytes_{};
};

TEST_F(ReadRangeTest, AsksForTheListedVersionAndTheRange) {
  EXPECT_TRUE(Read({Part("2345", "bytes 2-5/10", "W/\"v1\"")}).ok());
  EXPECT_EQ(std::string(bytes_.begin(), bytes_.end()), "2345");
  EXPECT_EQ(server_.requests()[0].Header("if-match"), "\"v1\"");
  EXPECT_EQ(server_.requests()[0].Header("range"), "bytes=2-5");
}

TEST_F(ReadRangeTest, WrongOrShortRangesAreAskedForAgain) {
  const HttpReply right = Part("2345", "bytes 2-5/10");
  EXPECT_TRUE(Read({Part("0123", "bytes 0-3/10"), right}).ok());
  EXPECT_TRUE(Read({Part("2345", "bytes 2-5/11"), right}).ok());
  EXPECT_TRUE(Read({Part("23", "bytes 2-5/10"), right}).ok());
  EXPECT_EQ(std::string(bytes_.begin(), bytes_.end()), "2345");
  EXPECT_EQ(client_->traffic().retries, 3);
}

TEST_F(ReadRangeTest, AStoreThatKnowsNoRangesIsAnError) {
  const auto status = Read({{.headers = {{"ETag", "\"v1\""}}, .body = "0123456789"}});
  EXPECT_EQ(status.code(), Code::kStoreUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("does not serve ranges"));
}

TEST_F(ReadRangeTest, AStoreThatKnowsNoConditionsIsStillFoundOut) {
  EXPECT_EQ(Read({Part("2345", "bytes 2-5/10", "\"v2\"")}).code(), Code::kInputChanged);
  EXPECT_EQ(Read({ErrorReply(412, "PreconditionFailed")}).code(), Code::kInputChanged);
  EXPECT_EQ(Read({ErrorReply(416, "InvalidRange")}).code(), Code::kInputChanged);
  EXPECT_EQ(Read({ErrorReply(404, "NoSuchKey")}).code(), Code::kInputChanged);
  EXPECT_EQ(Read({ErrorReply(404, "NoSuchBucket")}).code(), Code::kStoreUnavailable);
}

TEST(PutObject, AConditionalPutWhoseAnswerWasLostIsOurs) {
  std::string stored;
  HttpServer server([&](const HttpMessage& message) {
    if (message.method == "HEAD") {
      return HttpReply{.headers = {{"ETag", "\"v1\""}, {"x-amz-meta-matome-put", stored}}};
    }
    if (!stored.empty()) return ErrorReply(412, "PreconditionFailed");
    stored = message.Header("x-amz-meta-matome-put");
    return HttpReply{.drop = true};
  });
  const auto client = MustMake(OptionsFor(server));
  const auto first = PutObject(*client, {.key = "k", .bytes = "1", .expected_version = ""});
  ASSERT_TRUE(first.ok()) << first.status().message();
  EXPECT_EQ(first.value(), "v1");
  EXPECT_EQ(server.requests()[0].Header("if-none-match"), "*");
  const auto second = PutObject(*client, {.key = "k", .bytes = "1", .expected_version = ""});
  EXPECT_EQ(second.status().code(), Code::kLocked);
}

TEST(PutObject, RefusesMetadataThatNoHeaderHolds) {
  HttpServer server(nullptr);
  const auto client = MustMake(OptionsFor(server));
  for (const char* const value : {"a\r\nx-amz-acl: public-read", "ä"}) {
    EXPECT_EQ(
        PutObject(*client, {.key = "k", .bytes = "1", .metadata = {{"n", value}}}).status().code(),
        Code::kFailed);
  }
}

}  // namespace
}  // namespace matome::s3
