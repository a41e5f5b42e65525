// SPDX-License-Identifier: Apache-2.0
#include "s3/http.h"

#include <unistd.h>

#include <array>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "testing/http_server.h"

namespace matome::s3 {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::HttpMessage;
using testing::HttpReply;
using testing::HttpServer;

HttpReply Hello(const HttpMessage&) {
  return {.headers = {{"X-Name", " some value "}}, .body = "hello"};
}

TEST(HttpConnection, KeepsItsConnection) {
  HttpServer server(Hello);
  const auto connection = HttpConnection::Make({}).value();
  for (int i = 0; i < 3; ++i) {
    const HttpOutcome outcome = connection->Send({.url = server.Url() + "/a/../b"});
    ASSERT_EQ(outcome.failure, HttpFailure::kNone) << outcome.error;
    EXPECT_EQ(outcome.answer.status, 200);
    EXPECT_EQ(outcome.answer.body, "hello");
    EXPECT_EQ(outcome.answer.body_bytes, 5);
    ASSERT_NE(outcome.answer.Header("x-name"), nullptr);
    EXPECT_EQ(*outcome.answer.Header("x-name"), "some value");
  }
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(server.requests()[0].target, "/a/../b");
}

TEST(HttpConnection, SendsMethodHeadersAndBody) {
  HttpServer server([](const HttpMessage& message) {
    return HttpReply{.body = message.method + " " + message.Header("x-a") + " " + message.body};
  });
  const auto connection = HttpConnection::Make({}).value();
  const std::string much(3 << 20, 'x');
  for (const std::string& body : {std::string(), std::string("some"), much}) {
    const auto outcome = connection->Send(
        {.method = "PUT", .url = server.Url(), .headers = {{"X-A", "1"}}, .body = body});
    EXPECT_EQ(outcome.answer.body, "PUT 1 " + body);
  }
  EXPECT_EQ(connection->Send({.method = "DELETE", .url = server.Url()}).answer.body, "DELETE  ");
  const auto head = connection->Send({.method = "HEAD", .url = server.Url()}).answer;
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(*head.Header("content-length"), "6");
  EXPECT_EQ(connection->Send({.url = server.Url()}).answer.body, "GET  ");
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpConnection, FillsASpanWithWhatWasAskedForAndNothingElse) {
  HttpServer server(Hello);
  const auto connection = HttpConnection::Make({}).value();
  std::array<uint8_t, 5> bytes{};
  const HttpRequest request{.url = server.Url(), .into = bytes};
  HttpOutcome outcome = connection->Send(request);
  EXPECT_EQ(outcome.failure, HttpFailure::kNone);
  EXPECT_EQ(outcome.answer.body_bytes, 5);
  EXPECT_EQ(outcome.answer.body, "");
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "hello");

  outcome = connection->Send({.url = server.Url(), .into = std::span(bytes).first(4)});
  EXPECT_EQ(outcome.failure, HttpFailure::kTooLong);

  server.Handle(
      [](const HttpMessage&) { return HttpReply{.status = 404, .body = "nothing here"}; });
  outcome = connection->Send(request);
  EXPECT_EQ(outcome.failure, HttpFailure::kNone);
  EXPECT_EQ(outcome.answer.body, "nothing here");
}

TEST(HttpConnection, TellsFailuresApart) {
  HttpServer server(nullptr);
  const auto connection = HttpConnection::Make({}).value();
  const auto failure = [&](HttpReply reply) {
    server.Handle([reply = std::move(reply)](const HttpMessage&) { return reply; });
    return connection->Send({.url = server.Url()}).failure;
  };
  EXPECT_EQ(failure({.body = "abcdef", .end_after = 2}), HttpFailure::kBroken);
  EXPECT_EQ(failure({.body = "abcdef", .cut_after = 2}), HttpFailure::kBroken);
  EXPECT_EQ(failure({.body = "abcdef", .chunked = true, .end_after = 2}), HttpFailure::kBroken);
  EXPECT_EQ(failure({.drop = true}), HttpFailure::kBroken);
  EXPECT_EQ(failure({.raw = "what is this\r\n\r\n"}), HttpFailure::kBroken);
  EXPECT_EQ(failure({.raw = ""}), HttpFailure::kBroken);
  EXPECT_EQ(failure({.body = "abcdef"}), HttpFailure::kNone);
  EXPECT_EQ(connection->Send({.url = "http://matome.invalid/"}).failure, HttpFailure::kResolve);
  EXPECT_EQ(connection->Send({.url = "http://127.0.0.1:1/"}).failure, HttpFailure::kConnect);
  EXPECT_EQ(connection->Send({.url = "http://a b/"}).failure, HttpFailure::kOther);
  EXPECT_NE(connection->Send({.url = "file:///etc/hostname"}).failure, HttpFailure::kNone);
}

TEST(HttpConnection, AStallIsAFailure) {
  HttpServer server(nullptr);
  const auto connection = HttpConnection::Make({.stall_timeout = milliseconds(100)}).value();
  for (const size_t bytes : {0, 5}) {
    server.Handle(
        [&](const HttpMessage&) { return HttpReply{.body = "abcdef", .stall_after = bytes}; });
    EXPECT_EQ(connection->Send({.url = server.Url()}).failure, HttpFailure::kStall);
  }
}

TEST(HttpConnection, TheDeadlineIsOfTheWholeRequest) {
  HttpServer server(
      [](const HttpMessage&) { return HttpReply{.body = "abcdef", .stall_after = 3}; });
  const auto connection = HttpConnection::Make({}).value();
  const auto outcome = connection->Send({.url = server.Url(), .deadline = milliseconds(300)});
  EXPECT_EQ(outcome.failure, HttpFailure::kTimeout);
  EXPECT_THAT(outcome.error, HasSubstr("timed out"));
}

TEST(HttpConnection, AConnectionThatIsNotMadeInTimeIsNoSlowAnswer) {
  // Nobody accepts, and there is room for one: further connections stay half made.
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{.sin_family = AF_INET,
                      .sin_port = 0,
                      .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                      .sin_zero = {}};
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(listener, generic, size), 0);
  ASSERT_EQ(listen(listener, 0), 0);
  ASSERT_EQ(getsockname(listener, generic, &size), 0);
  const int only = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(connect(only, generic, size), 0);
  const auto connection = HttpConnection::Make({.connect_timeout = milliseconds(50)}).value();
  const auto outcome = connection->Send(
      {.url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/"});
  EXPECT_EQ(outcome.failure, HttpFailure::kConnect) << outcome.error;
  close(only);
  close(listener);
}

TEST(HttpConnection, StopsAtOnce) {
  std::atomic<bool> stop = false;
  HttpServer server([&](const HttpMessage&) {
    stop = true;
    return HttpReply{.body = "abcdef", .stall_after = 3};
  });
  const auto connection = HttpConnection::Make({.stop = &stop}).value();
  EXPECT_EQ(connection->Send({.url = server.Url()}).failure, HttpFailure::kStopped);
}

TEST(SendOnce, AnyAnswerIsASuccess) {
  HttpServer server([](const HttpMessage&) { return HttpReply{.status = 500}; });
  EXPECT_EQ(SendOnce({}, {.url = server.Url()}).value().status, 500);
  EXPECT_EQ(SendOnce({}, {.url = "http://127.0.0.1:1/"}).status().code(), base::Code::kTemporary);
}

}  // namespace
}  // namespace matome::s3
